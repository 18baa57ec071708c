package zoo

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience bounds everything that is waited for.
const patience = 60 * time.Second

// client speaks HTTP/2 where it can.
func client(config *tls.Config) *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
}

// fetch asks for a URL and wants the token in the answer.
func fetch(c *http.Client, token, url string) error {
	resp, err := c.Get(url + token)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && !bytes.Contains(b, []byte(token)) {
		err = fmt.Errorf("the answer is %q", b)
	}
	return err
}

// get asks for a URL that ends with the token.
func get(token, url string) error { return fetch(client(nil), token, url) }

// getHTTP1 does not speak HTTP/2.
func getHTTP1(token, url string) error {
	c := &http.Client{Timeout: patience, Transport: &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}}
	return fetch(c, token, url)
}

// pipeline sends three requests before it reads an answer.
func pipeline(token, addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	var all []byte
	for i := range 3 {
		all = fmt.Appendf(all, "GET /%s-%d HTTP/1.1\r\nHost: pipeline.test\r\n\r\n", token, i)
	}
	if _, err := c.Write(all); err != nil {
		return err
	}
	r := bufio.NewReader(c)
	for i := range 3 {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(resp.Body)
		if want := fmt.Sprintf("%s-%d", token, i); err != nil || !bytes.Contains(b, []byte(want)) {
			return fmt.Errorf("answer %d: %q %w", i, b, err)
		}
	}
	return nil
}

// upload posts as many octets as the URL's fragment says, the token last.
func upload(token, where string) error {
	url, number, _ := strings.Cut(where, "#")
	size, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	body := io.MultiReader(io.LimitReader(rand.Reader, size-int64(len(token))), strings.NewReader(token))
	req, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		return err
	}
	req.ContentLength = size
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != number {
		return fmt.Errorf("the server got %q: %w", b, err)
	}
	return nil
}

// events reads three server-sent events and goes away.
func events(token, url string) error {
	resp, err := client(nil).Get(url + token)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for seen := 0; seen < 3; {
		if !lines.Scan() {
			return errors.Join(errors.New("the stream ended"), lines.Err())
		}
		if strings.HasPrefix(lines.Text(), "data: ") {
			seen++
		}
	}
	return nil
}

// upgrade leaves HTTP for a protocol of its own.
func upgrade(token, addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /own HTTP/1.1\r\nHost: own.test\r\nConnection: Upgrade\r\nUpgrade: zoo/1\r\n\r\n"); err != nil {
		return err
	}
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("no upgrade: %v %w", resp, err)
	}
	return echo(c, r, "\x00\x01own "+token)
}

// echo sends a text and wants it back.
func echo(c net.Conn, r io.Reader, text string) error {
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	back := make([]byte, len(text))
	if _, err := io.ReadFull(r, back); err != nil || string(back) != text {
		return fmt.Errorf("got %q back: %w", back, err)
	}
	return nil
}

// websocket sends one masked text message and wants it back.
func websocket(token, addr string) error {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	head := "GET /ws HTTP/1.1\r\nHost: ws.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(c, head); err != nil {
		return err
	}
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("no upgrade: %v %w", resp, err)
	}
	mask := []byte{1, 2, 3, 4}
	frame := append([]byte{0x81, 0x80 | byte(len(token))}, mask...)
	for i := range len(token) {
		frame = append(frame, token[i]^mask[i&3])
	}
	if _, err := c.Write(frame); err != nil {
		return err
	}
	back := make([]byte, 2+len(token))
	if _, err := io.ReadFull(r, back); err != nil || string(back[2:]) != token {
		return fmt.Errorf("got %q back: %w", back, err)
	}
	return nil
}
