//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// inside is the program that runs in the box: one of its functions, by name.
func inside(args []string) int {
	functions := map[string]func([]string) error{
		"hello":       hello,
		"datagram":    datagram,
		"burst":       burst,
		"descriptors": descriptors,
		"privileges":  privileges,
		"stubborn":    stubborn,
		"nested":      nested,
		"escape":      escape,
		"reach":       func(args []string) error { return dial(os.ExpandEnv(args[0])) },
	}
	f, ok := functions[args[0]]
	if !ok {
		fmt.Println("no function", args[0])
		return 99
	}
	if err := f(args[1:]); err != nil {
		fmt.Println(err)
		return 98
	}
	return 0
}

func hello([]string) error {
	fmt.Println("hello")
	return nil
}

// datagram sends one as often as is said, and waits for the answer each time.
func datagram(args []string) error {
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	conn, err := net.Dial("udp", args[0])
	if err != nil {
		return err
	}
	for range times {
		if err := ask(conn); err != nil {
			return err
		}
	}
	return nil
}

// ask sends a datagram until it is answered: the kernel may lose some.
func ask(conn net.Conn) error {
	b := make([]byte, 100)
	for {
		if _, err := conn.Write([]byte("hello")); err != nil {
			return err
		}
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return err
		}
		n, err := conn.Read(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return err
		case string(b[:n]) != "hello":
			return fmt.Errorf("the answer is %q", b[:n])
		default:
			return nil
		}
	}
}

// burst sends datagrams and waits for nothing.
func burst(args []string) error {
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	conn, err := net.Dial("udp", args[0])
	if err != nil {
		return err
	}
	for range times {
		if _, err := conn.Write([]byte("burst")); err != nil {
			return err
		}
	}
	return nil
}

// descriptors fails if there are others than the standard ones and those
// that the runtime opens.
func descriptors([]string) error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || slices.Contains([]string{"0", "1", "2"}, e.Name()) || strings.HasPrefix(target, "anon_inode:") {
			continue
		}
		if !strings.HasPrefix(target, "/proc/") {
			return fmt.Errorf("descriptor %s is %s", e.Name(), target)
		}
	}
	return nil
}

// privileges fails if there are more than raw sockets for root.
func privileges([]string) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	allowed := []string{"0000000000000000"}
	if os.Geteuid() == 0 {
		allowed = append(allowed, fmt.Sprintf("%016x", 1<<unix.CAP_NET_RAW))
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		if strings.HasPrefix(name, "Cap") && !slices.Contains(allowed, value) || name == "NoNewPrivs" && value != "1" {
			return fmt.Errorf("%s is %s", name, value)
		}
	}
	return nil
}

// stubborn says that it is there, and ends for SIGKILL alone.
func stubborn([]string) error {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("ready")
	for {
		_ = unix.Pause() // which the runtime does not take for a deadlock
	}
}

// nested makes namespaces as the sandbox of a browser does.
func nested([]string) error {
	uid := os.Geteuid()
	attr := &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}},
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"self", "inside", "hello"}, &syscall.ProcAttr{
		Files: []uintptr{0, 1, 2}, Sys: attr,
	})
	if err != nil {
		return err
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return err
	}
	if status.ExitStatus() != 0 {
		return errors.New("the nested process failed")
	}
	return nil
}
