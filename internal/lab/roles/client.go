package roles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/watch"
)

// Build says which build of the client to run.
type Build string

// The builds. The monitored one is what the profile makes of it, which in a
// clean profile is nothing.
const (
	// BuildPlanned is what the account uses in the plan.
	BuildPlanned   Build = ""
	BuildClean     Build = "clean"
	BuildMonitored Build = "monitored"
)

// ClientOptions say whose client to run, and which.
type ClientOptions struct {
	Account string
	Build   Build
}

// Spares are accounts with an address and no part in any plan: for people
// who try the chat by hand.
func Spares() []string { return []string{"dave", "erin", "frank"} }

// Accounts are all accounts that have an address in the lab.
func Accounts(plan profile.Plan) []string {
	var names []string
	for _, a := range profile.Accounts() {
		names = append(names, a.Name)
	}
	names = append(names, Spares()...)
	for _, m := range plan.Crowd {
		names = append(names, m.Name)
	}
	return names
}

// Client runs a chat client and hands it, started, to front; it is closed
// when front returns.
func Client(ctx context.Context, env Env, o ClientOptions, front func(context.Context, *chat.Client) error) error {
	l, err := open(env)
	if err != nil {
		return err
	}
	monitored, err := l.monitored(o)
	if err != nil {
		return err
	}
	config, err := l.clientConfig(o.Account)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if monitored {
		stop, err := l.addMonitor(ctx, &config)
		if err != nil {
			return err
		}
		defer stop()
	}
	client, err := chat.NewClient(config)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return errors.Join(err, client.Close())
	}
	return errors.Join(front(ctx, client), client.Close())
}

// monitored decides which build an account uses: the plan's users of the app
// under test have its build, everybody else the clean one.
func (l lab) monitored(o ClientOptions) (bool, error) {
	if !slices.Contains(Accounts(l.plan), o.Account) {
		return false, fmt.Errorf("account %.40q has no address in this lab; choose one of %v", o.Account, Accounts(l.plan)[:6])
	}
	switch o.Build {
	case BuildPlanned:
		return UsesApp(l.plan, o.Account), nil
	case BuildClean:
		return false, nil
	case BuildMonitored:
		return true, nil
	}
	return false, fmt.Errorf("there is no build %q: choose %s or %s", o.Build, BuildClean, BuildMonitored)
}

// UsesApp reports whether an account uses the app under test in the plan.
func UsesApp(plan profile.Plan, account string) bool {
	for _, m := range plan.Crowd {
		if m.Name == account {
			return m.Monitored
		}
	}
	return account == profile.Alice || account == profile.Carol
}

// clientConfig is what clean and monitored builds have in common.
func (l lab) clientConfig(account string) (chat.Config, error) {
	dir, err := l.data("clients")
	if err != nil {
		return chat.Config{}, err
	}
	dialer, err := l.dialer(account, dir)
	return chat.Config{
		Account: account, Dir: dir, Dialer: dialer, PlainRelay: l.plan.Profile.Relay,
		Directory: net.JoinHostPort(profile.HostLogin, loginPort),
		Clock:     l.Clock, Rand: l.Random, Log: l.Log,
	}, err
}

// watchConfig is what a monitored build reads from its resource file.
func (l lab) watchConfig(account string, dialer guard.Dialer) (watch.Config, error) {
	path := l.Dir.ClientData()
	file, err := os.ReadFile(path)
	if err != nil {
		return watch.Config{}, err
	}
	build, err := watch.ReadClientData(file)
	if err != nil {
		return watch.Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return watch.Config{
		Build: build, Address: l.plan.Address(account).String(), HTTP: dialer.HTTPClient(),
		Clock: l.Clock, Random: l.source("client/" + account), Log: l.Log,
	}, nil
}

// addMonitor makes the client a monitored build. stop ends what it started.
func (l lab) addMonitor(ctx context.Context, c *chat.Config) (stop func(), err error) {
	config, err := l.watchConfig(c.Account, c.Dialer)
	if err != nil {
		return nil, err
	}
	filter := &filterProcess{lab: l, account: c.Account}
	if config.Build.Separate && config.Build.Scan != "" {
		if err := filter.start(ctx); err != nil {
			return nil, err
		}
	}
	c.Monitor = watch.Open(config, filter.dial)
	return filter.stop, nil
}

// dialer sends everything through the proxy of the environment, if there is
// one, and trusts its certificates and those of the lab.
func (l lab) dialer(account, dir string) (guard.Dialer, error) {
	proxy, err := proxyOf(l.Getenv)
	if err != nil {
		return guard.Dialer{}, err
	}
	trusted, err := l.trusted(filepath.Join(dir, account+".ca.pem"))
	return guard.Dialer{Names: l.names, Proxy: proxy, Sandboxed: l.Getenv(Sandboxed) != "", CAFile: trusted}, err
}

// Sandboxed is the variable by which a client knows that it runs in the
// sandbox of an audit.
const Sandboxed = "TELLTALE_LAB_SANDBOXED"

// proxyOf reads TELLTALE_PROXY or HTTP_PROXY and returns "IP:port".
func proxyOf(getenv func(string) string) (string, error) {
	for _, name := range []string{"TELLTALE_PROXY", "HTTP_PROXY", "http_proxy"} {
		value := getenv(name)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" {
			return "", fmt.Errorf("%s=%q is not an address such as http://127.0.0.1:8080", name, value)
		}
		if err := guard.Check(u.Host); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return u.Host, nil
	}
	return "", nil
}

// trusted joins the certificates of the environment and the lab in one file;
// empty if there are none.
func (l lab) trusted(path string) (string, error) {
	var joined []byte
	for _, from := range []string{l.Getenv("TELLTALE_CA"), l.Getenv("SSL_CERT_FILE"), l.Dir.CA()} {
		if from == "" {
			continue
		}
		pem, err := os.ReadFile(from)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("certificates: %w", err)
		}
		if !bytes.Contains(joined, pem) {
			joined = append(append(joined, pem...), '\n')
		}
	}
	if len(joined) == 0 {
		return "", nil
	}
	return path, os.WriteFile(path, joined, 0o600)
}
