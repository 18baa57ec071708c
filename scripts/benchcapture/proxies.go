package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// sizes of the measurements.
type sizes struct {
	requests, conns, latency int
	upload                   int64
}

// measured is what one peer took.
type measured struct {
	keepAlive, conns float64 // CPU seconds for 10,000
	rate             float64 // requests a second, 16 connections
	p50, p99         time.Duration
	speed, uploadCPU float64 // bytes and CPU seconds a second and a GiB
	peak, growth     int64
}

// proxyRows measures all peers in turn.
func proxyRows(o options) ([]row, error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "benchcapture-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := startOrigin(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = server.server.Close() }()
	s := sizes{requests: 10_000, conns: 1000, latency: 1000, upload: int64(o.size)}
	straight, err := target{origin: server.addr}.requests(ctx, s.latency, 1, true)
	if err != nil {
		return nil, err
	}
	all := map[string]measured{}
	for _, p := range peers(o.telltale) {
		m, err := p.measure(ctx, server, s)
		if errors.Is(err, errMissing) && p.name != ours {
			fmt.Fprintln(os.Stderr, "benchcapture:", err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		m.p50, m.p99 = m.p50-straight.p50, m.p99-straight.p99
		all[p.name] = m
	}
	inside, err := throughSandbox(ctx, o.telltale, server, s.upload)
	if err != nil {
		return nil, err
	}
	return tabulate(all, inside, s), nil
}

// measure runs a peer once for the small requests and twice for uploads.
func (p peer) measure(ctx context.Context, o *origin, s sizes) (measured, error) {
	var m measured
	r, err := p.start(ctx, o)
	if err != nil {
		return m, err
	}
	err = m.small1KB(ctx, r, s, p.name)
	r.stop()
	if err != nil {
		return m, err
	}
	big := s.upload
	if p.name == "mitmdump -w" { // its time grows with the square of the body
		big = min(big, 50<<20)
	}
	for _, size := range []int64{big / 10, big} {
		if r, err = p.start(ctx, o); err != nil {
			return m, err
		}
		err = m.uploaded(ctx, r, size)
		r.stop()
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m *measured) small1KB(ctx context.Context, r *running, s sizes, name string) error {
	requests, conns := s.requests, s.conns
	if name == "mitmdump -w" { // some twenty times slower than the others
		requests, conns = max(requests/4, 1), max(conns/4, 1)
	}
	if _, err := r.requests(ctx, 50, 4, true); err != nil { // warm
		return err
	}
	l, err := r.requests(ctx, s.latency, 1, true)
	if err != nil {
		return err
	}
	m.p50, m.p99 = l.p50, l.p99
	if m.keepAlive, l, err = r.costs(ctx, requests, 16, true); err != nil {
		return err
	}
	m.rate = float64(l.n) / l.wall.Seconds()
	m.conns, _, err = r.costs(ctx, conns, 4, false)
	return err
}

// costs are the CPU seconds that 10,000 requests take.
func (r *running) costs(ctx context.Context, n, abreast int, keepAlive bool) (float64, load, error) {
	before, err := r.cpu()
	if err != nil {
		return 0, load{}, err
	}
	l, err := r.requests(ctx, n, abreast, keepAlive)
	if err != nil {
		return 0, l, err
	}
	after, err := r.cpu()
	return (after - before) * 10_000 / float64(n), l, err
}

func (m *measured) uploaded(ctx context.Context, r *running, size int64) error {
	before, err := r.cpu()
	if err != nil {
		return err
	}
	took, err := r.upload(ctx, size)
	if err != nil {
		return err
	}
	after, err := r.cpu()
	if err != nil {
		return err
	}
	peak, err := r.peak()
	m.speed, m.uploadCPU = float64(size)/took.Seconds(), (after-before)*float64(1<<30)/float64(size)
	m.growth, m.peak = peak-m.peak, peak
	return err
}

// tabulate sets telltale beside its peers. inside is the speed of an upload
// through the sandbox, bytes a second.
func tabulate(all map[string]measured, inside float64, s sizes) []row {
	own := all[ours]
	ms := func(d time.Duration) string { return fmt.Sprintf("%.3f", float64(d.Microseconds())/1000) }
	mb := func(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
	part := func(a, b float64) string { return fmt.Sprintf("1/%.1f", b/a) }
	var rows []row
	if m, ok := all["mitmdump -w"]; ok {
		rows = append(rows,
			row{"1 KB HTTPS, kept alive, beside mitmdump -w: CPU s/10k", fmt.Sprintf("%.2f", own.keepAlive), fmt.Sprintf("%.2f", m.keepAlive), part(own.keepAlive, m.keepAlive), "1/20", "1/35"},
			row{"new connections, beside mitmdump -w: CPU s/10k", fmt.Sprintf("%.1f", own.conns), fmt.Sprintf("%.1f", m.conns), part(own.conns, m.conns), "27 s", "10 s"},
			row{"added latency, beside mitmdump -w: p50/p99 ms", ms(own.p50) + "/" + ms(own.p99), ms(m.p50) + "/" + ms(m.p99), "", "0.3/1", "0.10/0.35"})
	}
	// sslsplit writes octets down and no packets, so like stands beside like.
	bare := all[noPackets]
	if m, ok := all["sslsplit -L"]; ok {
		rows = append(rows,
			row{fmt.Sprintf("upload of %s, octets recorded, beside sslsplit -L: MB/s", mb(s.upload)), fmt.Sprintf("%.0f", bare.speed/1e6), fmt.Sprintf("%.0f", m.speed/1e6), fmt.Sprintf("%.2f x", bare.speed/m.speed), "1 x", "1.3 x"},
			row{"the same: CPU s/GiB", fmt.Sprintf("%.2f", bare.uploadCPU), fmt.Sprintf("%.2f", m.uploadCPU), part(bare.uploadCPU, m.uploadCPU), "", "2.2 s"})
	}
	return append(rows,
		row{"the same with a packet file too: MB/s, CPU s/GiB", fmt.Sprintf("%.0f, %.2f", own.speed/1e6, own.uploadCPU), "", "", "", ""},
		row{"peak memory of the upload; growth from a tenth of it", mb(own.peak) + "; " + mb(own.growth), "", "", "64; 16 MB", "32; 4 MB"},
		row{"upload through the sandbox, beside our proxy: MB/s", fmt.Sprintf("%.0f", inside/1e6), fmt.Sprintf("%.0f", own.speed/1e6), fmt.Sprintf("%.0f %%", 100*inside/own.speed), "30 %", "60 %"})
}
