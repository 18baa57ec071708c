//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sandbox"
)

// TestForbidden: where user namespaces are switched off, the error names the
// setting and the ways that are left.
func TestForbidden(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	// The setting counts for a user namespace and those below it.
	cmd := exec.Command("/proc/self/exe", "forbidden")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"user.max_user_namespaces", "telltale proxy", "telltale import"} {
		if strings.Count(string(out), want) != 2 {
			t.Errorf("nothing of %s in:\n%s", want, out)
		}
	}
}

// forbidden switches user namespaces off for itself and says what Check and
// Start have to say.
func forbidden() int {
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(sandbox.Check())
	_, err := sandbox.Start(context.Background(), sandbox.Config{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Args: []string{"true"}, Dir: "/",
	})
	fmt.Println(err)
	return 0
}
