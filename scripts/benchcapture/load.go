package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// target is how a client gets to the origin: straight, through an explicit
// proxy, or by dialling a transparent one.
type target struct {
	origin string
	proxy  *url.URL
	dial   string
}

func (t target) client(keepAlive bool) *http.Client {
	transport := &http.Transport{
		// The proxies show certificates of authorities made for them.
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // loopback, throw-away names
		DisableKeepAlives: !keepAlive, MaxIdleConnsPerHost: 64,
	}
	if t.proxy != nil {
		transport.Proxy = http.ProxyURL(t.proxy)
	}
	if t.dial != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, t.dial)
		}
	}
	return &http.Client{Transport: transport, Timeout: 10 * time.Minute}
}

// load is what n requests of 1 KB took.
type load struct {
	n        int
	wall     time.Duration
	p50, p99 time.Duration
}

// requests puts n requests, so many at a time.
func (t target) requests(ctx context.Context, n, abreast int, keepAlive bool) (load, error) {
	client := t.client(keepAlive)
	defer client.CloseIdleConnections()
	times := make([]time.Duration, n)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	began := time.Now()
	for range abreast {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && failed.Load() == nil; i = next.Add(1) - 1 {
				at := time.Now()
				if err := t.get(ctx, client); err != nil {
					failed.Store(&err)
				}
				times[i] = time.Since(at)
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return load{}, *err
	}
	l := load{n: n, wall: time.Since(began)}
	slices.Sort(times)
	l.p50, l.p99 = times[n/2], times[min(n-1, n*99/100)]
	return l, nil
}

func (t target) get(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+t.origin+"/b/1024", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != 1024 {
		return fmt.Errorf("%d of 1024 bytes came: %w", n, err)
	}
	return nil
}

// upload posts size bytes in one body.
func (t target) upload(ctx context.Context, size int64) (time.Duration, error) {
	client := t.client(true)
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+t.origin+"/sink", io.LimitReader(noise{}, size))
	if err != nil {
		return 0, err
	}
	req.ContentLength = size
	began := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err == nil && string(got) != fmt.Sprint(size) {
		err = fmt.Errorf("%s of %d bytes arrived", got, size)
	}
	return time.Since(began), err
}

// noise is a stream that costs next to nothing to make.
type noise struct{}

func (noise) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = byte(i >> 12)
	}
	return len(b), nil
}
