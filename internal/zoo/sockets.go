package zoo

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

func dial(addr string) (*net.TCPConn, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), c.SetDeadline(time.Now().Add(patience))
}

// resolve asks for a name that holds the token and that there is not.
func resolve(token, domain string) error {
	_, err := net.LookupHost(token + "." + domain)
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return nil
	}
	return fmt.Errorf("want no such name, got %w", err)
}

// split sends one half of the token over each of two connections.
func split(token, addr string) error {
	for _, half := range []string{token[:len(token)/2], token[len(token)/2:]} {
		c, err := dial(addr)
		if err != nil {
			return err
		}
		err = echo(c, c, half)
		c.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// parallel holds many connections open at once; their number is the
// fragment of the address.
func parallel(token, where string) error {
	addr, number, _ := strings.Cut(where, "#")
	var n int
	if _, err := fmt.Sscan(number, &n); err != nil {
		return err
	}
	var all, open sync.WaitGroup
	errs := make([]error, n)
	open.Add(n)
	for i := range n {
		all.Go(func() {
			c, err := dial(addr)
			open.Done()
			if err == nil {
				open.Wait() // all are open before any is used
				err = echo(c, c, fmt.Sprintf("%s-%d.", token, i))
				c.Close()
			}
			errs[i] = err
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// halfClose ends its direction and only then gets its answer.
func halfClose(token, addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, token); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	if b, err := io.ReadAll(c); err != nil || string(b) != "after the end: "+token {
		return fmt.Errorf("got %q: %w", b, err)
	}
	return nil
}

// reset sends the token, waits for it to arrive and breaks off.
func reset(token, addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	if err := echo(c, c, token); err != nil {
		return err
	}
	return errors.Join(c.SetLinger(0), c.Close())
}

// leave writes more than buffers hold, the token last, and ends at once.
func leave(token, addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	if _, err := c.Write(make([]byte, 4<<20)); err != nil {
		return err
	}
	_, err = io.WriteString(c, token)
	os.Exit(map[bool]int{true: 0, false: 1}[err == nil]) // nothing is closed
	return nil
}

// linger sends the token, says so on standard output and never ends.
func linger(token, addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	if err := echo(c, c, token); err != nil {
		return err
	}
	fmt.Println("sent")
	_, err = io.Copy(io.Discard, c) // nothing comes
	return err
}

// reach tries to connect to each of a list of addresses, and must not.
func reach(token, list string) error {
	for _, addr := range strings.Split(list, ",") {
		c, err := net.DialTimeout("tcp", addr, 5*time.Second)
		if err == nil {
			_, _ = io.WriteString(c, token)
			c.Close()
			return fmt.Errorf("%s was reached", addr)
		}
	}
	return nil
}

// datagram sends the token to where nobody answers, and waits a little for
// that, as programs do.
func datagram(token, addr string) error {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, token); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if n, err := c.Read(make([]byte, 1)); err == nil {
		return fmt.Errorf("an answer of %d octets", n)
	}
	return nil
}

// ping puts the token into an echo request.
func ping(token, addr string) error {
	c, err := icmp.ListenPacket("udp4", "0.0.0.0")
	if err != nil {
		return err
	}
	defer c.Close()
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: 1, Seq: 1, Data: []byte(token)}}
	b, err := m.Marshal(nil)
	if err != nil {
		return err
	}
	_, err = c.WriteTo(b, &net.UDPAddr{IP: net.ParseIP(addr)})
	return err
}
