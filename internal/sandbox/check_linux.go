//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// otherWays is what still works where there is no sandbox.
const otherWays = "`telltale proxy` and `telltale import` work without a sandbox"

// Check says whether a sandbox can be made here. The error names the setting
// that forbids it and what works without.
func Check() error {
	if err := crippled(); err != nil {
		return err
	}
	// Nothing is run: the namespaces are made, and then the file is missing.
	attr := &syscall.ProcAttr{Sys: attributes()}
	pid, err := syscall.ForkExec("/proc/self/fd/telltale: no such file", nil, attr)
	if err == nil {
		_, err = syscall.Wait4(pid, nil, 0, nil)
		return err
	}
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return explain(err)
}

// crippled says whether namespaces could be made, but would be of no use.
func crippled() error {
	if restricted("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") && os.Geteuid() != 0 && unconfined() {
		return fmt.Errorf("AppArmor keeps user namespaces from ordinary users: set the sysctl "+
			"kernel.apparmor_restrict_unprivileged_userns=0, or give telltale a profile with `userns,`; %s", otherWays)
	}
	return nil
}

// explain says why the namespaces could not be made.
func explain(err error) error {
	const sysctl = "user namespaces are switched off: set the sysctl %s; %s"
	switch {
	case zero("/proc/sys/user/max_user_namespaces"), errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EUSERS):
		return fmt.Errorf(sysctl+" (%w)", "user.max_user_namespaces to a number such as 10000", otherWays, err)
	case zero("/proc/sys/kernel/unprivileged_userns_clone") && os.Geteuid() != 0:
		return fmt.Errorf(sysctl+" (%w)", "kernel.unprivileged_userns_clone=1", otherWays, err)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("the kernel lacks namespaces (user, mount, network, PID, IPC, UTS and cgroup are needed); %s (%w)", otherWays, err)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("user namespaces are forbidden here, as in a chroot or a container with the usual restrictions "+
			"(seccomp profile, AppArmor); %s (%w)", otherWays, err)
	}
	return fmt.Errorf("starting the sandbox: %w", err)
}

func zero(sysctl string) bool {
	value, err := os.ReadFile(sysctl)
	return err == nil && strings.TrimSpace(string(value)) == "0"
}

func restricted(sysctl string) bool {
	value, err := os.ReadFile(sysctl)
	return err == nil && strings.TrimSpace(string(value)) == "1"
}

// unconfined says whether no AppArmor profile holds for this process. One
// that does may allow what is otherwise kept.
func unconfined() bool {
	profile, err := os.ReadFile("/proc/self/attr/current")
	return err != nil || strings.HasPrefix(string(profile), "unconfined")
}
