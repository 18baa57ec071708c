package roles

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/proc"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
)

func (l lab) directory(ctx context.Context, host string) error {
	dir, err := l.data(host)
	if err != nil {
		return err
	}
	server, err := chat.NewDirectory(chat.DirectoryConfig{
		Path: filepath.Join(dir, "accounts.json"), Relays: []string{net.JoinHostPort(profile.HostRelay, relayPort)},
		Rand: l.Random, Log: l.Log,
	})
	if err != nil {
		return err
	}
	return l.serve(ctx, host, server.Serve)
}

func (l lab) relay(ctx context.Context, host string) error {
	dir, err := l.data(host)
	if err != nil {
		return err
	}
	server, err := chat.NewRelay(chat.RelayConfig{
		Path: filepath.Join(dir, "frames.jsonl"), Filter: l.plan.Filter(), Rand: l.Random, Log: l.Log,
	})
	if err != nil {
		return err
	}
	return l.serve(ctx, host, server.Serve)
}

// serve binds the host's address, says so, and serves until ctx ends.
func (l lab) serve(ctx context.Context, host string, serve func(context.Context, net.Listener) error) error {
	ln, err := l.listen(ctx, host)
	if err != nil {
		return err
	}
	if err := proc.SayReady(l.Stdout, ln.Addr().String()); err != nil {
		return errors.Join(err, ln.Close())
	}
	return serve(ctx, ln)
}

// web runs one web server of the plan.
func (l lab) web(ctx context.Context, host string) error {
	all := l.plan.Servers()
	at := slices.IndexFunc(all, func(s profile.Server) bool { return s.Host == host })
	if at < 0 {
		return fmt.Errorf("profile %s has no web server %s", l.plan.Profile.Name, host)
	}
	dir, err := l.data(host)
	if err != nil {
		return err
	}
	oddities, err := ParseOddities(l.state.Oddities)
	if err != nil {
		return err
	}
	handler, err := servers.New(l.plan, all[at], servers.Env{Dir: dir, Clock: l.Clock, Log: l.Log, Oddities: oddities})
	if err != nil {
		return err
	}
	var certificate *tls.Certificate
	if all[at].TLS {
		if certificate, err = l.certificate(host); err != nil {
			return errors.Join(err, handler.Close())
		}
	}
	err = l.serve(ctx, host, func(ctx context.Context, ln net.Listener) error {
		return serveHTTP(ctx, ln, handler, certificate, l.Log)
	})
	return errors.Join(err, handler.Close())
}

// certificate has the lab's authority sign one for an HTTPS server.
func (l lab) certificate(host string) (*tls.Certificate, error) {
	authority, err := servers.OpenCA(string(l.Dir), l.Clock())
	if err != nil {
		return nil, err
	}
	pair, err := authority.Issue(host, l.Clock())
	return &pair, err
}

func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler, certificate *tls.Certificate, log *slog.Logger) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 256 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	if certificate != nil {
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12})
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ParseOddities turns their names into what the list server is asked to show.
func ParseOddities(names []string) (servers.Oddities, error) {
	var o servers.Oddities
	for _, name := range names {
		switch name {
		case "stale-mirror":
			o.StaleMirror = true
		case "test-push":
			o.TestPush = true
		case "duplicates":
			o.Duplicates = true
		default:
			return o, fmt.Errorf("there is no oddity %q: choose from %q", name, Oddities())
		}
	}
	return o, nil
}

// Oddities are the names that ParseOddities takes.
func Oddities() []string { return []string{"stale-mirror", "test-push", "duplicates"} }
