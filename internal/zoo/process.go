package zoo

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// again runs this program as another animal.
func again(name, token, where string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", name, token, where)
	cmd.Args[0] = os.Args[0]
	return cmd
}

// daemon leaves a child in a session of its own and ends.
func daemon(token, url string) error {
	cmd := again("daemon-child", token, url)
	cmd.SysProcAttr = ownSession()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.ExtraFiles = []*os.File{r} // its end comes when this process ends
	_ = w
	return cmd.Start()
}

// daemonChild waits for its parent's end and then asks for the URL.
func daemonChild(token, url string) error {
	if _, err := io.ReadAll(os.NewFile(3, "pipe")); err != nil {
		return err
	}
	return get(token, url)
}

// throughHelper lets another process send, over a Unix socket.
func throughHelper(token, url string) error {
	dir, err := os.MkdirTemp("", "zoo")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "socket")
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	cmd := again("helper", path, url)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	c, err := l.Accept()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(c, token); err != nil {
		return err
	}
	c.Close()
	return cmd.Wait()
}

// helper takes the token over a Unix socket and sends it.
func helper(socket, url string) error {
	c, err := net.DialTimeout("unix", socket, patience)
	if err != nil {
		return err
	}
	token, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	return get(string(token), url)
}

// exit ends with the status given.
func exit(_, status string) error {
	n, err := strconv.Atoi(status)
	if err != nil {
		return err
	}
	return statusError(n)
}

// signalled ends itself by a signal.
func signalled(_, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Signal(syscall.Signal(n)); err != nil {
		return err
	}
	time.Sleep(patience) // the signal ends it
	return fmt.Errorf("signal %d did nothing", n)
}
