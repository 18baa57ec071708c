package zoo

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // the handshake of WebSocket
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Keeper is the world outside: servers on loopback, and what they received.
type Keeper struct {
	// Cert is that of all servers. It names every host it is asked for.
	Cert tls.Certificate
	// The addresses: HTTP, HTTPS with and without HTTP/2, octets that come
	// back, an answer after the end, the same over TLS, with a client's
	// certificate demanded, mail, and UDP that nobody answers.
	Web, Secure, SecureH1, Echo, After, Sealed, Demanding, Mail, Silent string
	// QUIC speaks HTTP/3, and zoo/1, which sends everything back.
	QUIC string

	mu       sync.Mutex
	received strings.Builder
	closers  []io.Closer
	closed   bool
	jobs     sync.WaitGroup
}

// NewKeeper starts the servers; hosts are the names of their certificate.
func NewKeeper(hosts ...string) (*Keeper, error) {
	k := &Keeper{}
	var err error
	if k.Cert, err = selfSigned(hosts...); err != nil {
		return nil, err
	}
	k.Web = k.web(nil, &err)
	k.Secure = k.web(&tls.Config{Certificates: []tls.Certificate{k.Cert}, NextProtos: []string{"h2", "http/1.1"}}, &err)
	k.SecureH1 = k.web(&tls.Config{Certificates: []tls.Certificate{k.Cert}, NextProtos: []string{"http/1.1"}}, &err)
	k.Echo = k.serve(nil, k.echo, &err)
	k.After = k.serve(nil, k.after, &err)
	k.Sealed = k.serve(&tls.Config{Certificates: []tls.Certificate{k.Cert}, NextProtos: []string{"zoo/1"}}, k.echo, &err)
	k.Demanding = k.serve(&tls.Config{Certificates: []tls.Certificate{k.Cert}, ClientAuth: tls.RequireAnyClientCert}, k.echo, &err)
	k.Mail = k.serve(nil, k.mail, &err)
	k.QUIC = k.quic(&err)
	silent, e := net.ListenPacket("udp", "127.0.0.1:0")
	if e == nil {
		k.Silent = silent.LocalAddr().String()
		k.keep(silent)
	}
	if err = errors.Join(err, e); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// Close ends all servers.
func (k *Keeper) Close() {
	k.mu.Lock()
	closers := k.closers
	k.closers, k.closed = nil, true
	k.mu.Unlock()
	for _, c := range closers {
		c.Close()
	}
	k.jobs.Wait()
}

// keep notes what is to be closed; at once if all else was.
func (k *Keeper) keep(c io.Closer) {
	k.mu.Lock()
	closed := k.closed
	if !closed {
		k.closers = append(k.closers, c)
	}
	k.mu.Unlock()
	if closed {
		c.Close()
	}
}

// Received is what came to Echo, After, Mail and QUIC.
func (k *Keeper) Received() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.received.String()
}

func (k *Keeper) note(b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.received.Write(b)
}

func (k *Keeper) listen(err *error) net.Listener {
	l, e := net.Listen("tcp", "127.0.0.1:0")
	if e != nil {
		*err = errors.Join(*err, e)
		return nil
	}
	return l
}

// web serves HTTP.
func (k *Keeper) web(config *tls.Config, err *error) string {
	l := k.listen(err)
	if l == nil {
		return ""
	}
	addr := l.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(k.answer)}
	k.keep(server)
	k.jobs.Go(func() {
		if config == nil {
			_ = server.Serve(l)
			return
		}
		server.TLSConfig = config
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetHTTP2(config.NextProtos[0] == "h2")
		_ = server.ServeTLS(l, "", "")
	})
	return addr
}

// serve hands every connection to f.
func (k *Keeper) serve(config *tls.Config, f func(net.Conn), err *error) string {
	l := k.listen(err)
	if l == nil {
		return ""
	}
	addr := l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	k.keep(l)
	k.jobs.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			k.keep(c)
			k.jobs.Go(func() {
				defer c.Close()
				f(c)
			})
		}
	})
	return addr
}

// echo sends back what it gets.
func (k *Keeper) echo(c net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		k.note(b[:n])
		if _, e := c.Write(b[:n]); err != nil || e != nil {
			return
		}
	}
}

// after answers when everything has come.
func (k *Keeper) after(c net.Conn) {
	b, err := io.ReadAll(c)
	k.note(b)
	if err == nil {
		_, _ = io.WriteString(c, "after the end: "+string(b))
	}
}

// answer is the handler of the web servers.
func (k *Keeper) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	case strings.HasPrefix(r.URL.Path, "/events/"):
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			fmt.Fprintf(w, "data: %s\n\n", r.URL.Path)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done() // the stream has no end
	case r.Header.Get("Upgrade") != "":
		k.takeOver(w, r)
	default:
		fmt.Fprintf(w, "you asked for %s", r.URL.Path)
	}
}

// takeOver leaves HTTP: for WebSocket, one message comes back, of anything
// else every octet.
func (k *Keeper) takeOver(w http.ResponseWriter, r *http.Request) {
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	head := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + r.Header.Get("Upgrade") + "\r\n"
	key := r.Header.Get("Sec-WebSocket-Key")
	if key != "" {
		sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see the import
		head += "Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n"); err != nil {
		return
	}
	if key == "" {
		_, _ = io.Copy(c, rw.Reader)
		return
	}
	frame := make([]byte, 6)
	if _, err := io.ReadFull(rw, frame); err != nil {
		return
	}
	text := make([]byte, frame[1]&0x7f)
	if _, err := io.ReadFull(rw, text); err != nil {
		return
	}
	for i := range text {
		text[i] ^= frame[2+i&3]
	}
	_, _ = c.Write(append([]byte{0x81, byte(len(text))}, text...))
	_, _ = io.Copy(io.Discard, rw)
}

// mail takes one message by SMTP with STARTTLS.
func (k *Keeper) mail(c net.Conn) {
	r := bufio.NewReader(c)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 mail.test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		k.note([]byte(line))
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.ToUpper(word) {
		case "EHLO":
			say("250-mail.test\r\n250 STARTTLS")
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{k.Cert}})
			r = bufio.NewReader(c)
		case "DATA":
			say("354 go on")
			for line != ".\r\n" && err == nil {
				line, err = r.ReadString('\n')
				k.note([]byte(line))
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 well")
		}
	}
}
