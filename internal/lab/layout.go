package lab

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/replace"
	"example.org/telltale/internal/lab/roles"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/truth"
	"example.org/telltale/internal/lab/watch"
)

// prepare makes the directory usable for this lab: a running one is taken
// over, the data of another one removed.
func prepare(ctx context.Context, dir labdir.Dir, o Options) error {
	old, err := dir.Load()
	if errors.Is(err, labdir.ErrEmpty) {
		return mustBeEmpty(string(dir))
	}
	if err != nil {
		return err
	}
	same := old.Profile == o.Profile && old.Seed == o.Seed && slices.Equal(old.Oddities, o.Oddities)
	if !same && Running(ctx, old) {
		return fmt.Errorf("a lab with profile %s, seed %d runs in %s: stop it with `telltale lab down`, or choose another directory", old.Profile, old.Seed, dir)
	}
	if err := stop(ctx, old); err != nil && !errors.Is(err, ErrNotRunning) {
		return err
	}
	if same {
		return nil
	}
	return clear(dir)
}

// mustBeEmpty keeps a lab out of directories that hold something else.
func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty and holds no lab: choose another directory", dir)
	}
	return nil
}

// clear removes what a lab writes, and nothing else.
func clear(dir labdir.Dir) error {
	var errs []error
	for _, path := range []string{
		dir.State(), dir.Names(), dir.Truth(), dir.Scenario(), dir.ClientData(), dir.CA(), dir.CAKey(), filepath.Dir(dir.Log("x")), filepath.Dir(dir.Data("x")),
	} {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// layOut writes everything that processes read when they start.
func (n *Network) layOut(ctx context.Context, o Options) error {
	for _, path := range []string{filepath.Dir(n.dir.Log("x")), filepath.Dir(n.dir.Data("x"))} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	token := make([]byte, 17)
	if _, err := io.ReadFull(o.Random, token); err != nil {
		return fmt.Errorf("random source: %w", err)
	}
	names, err := assign(ctx, n.dir, n.plan, token[16])
	if err != nil {
		return err
	}
	n.state = labdir.State{
		Format: labdir.Format, Profile: o.Profile, Seed: o.Seed, Oddities: o.Oddities, Program: o.Program,
		Supervisor: os.Getpid(), Token: hex.EncodeToString(token[:16]), Roles: rolesOf(n.plan, names),
	}
	if err := n.writeFiles(names, o); err != nil {
		return err
	}
	if n.control, err = guard.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	n.state.Control = n.control.Addr().String()
	return n.dir.Save(n.state)
}

func (n *Network) writeFiles(names guard.Names, o Options) error {
	client := watch.WriteClientData(n.plan.Build, n.plan.Source("client.dat"))
	return errors.Join(
		names.Save(n.dir.Names()),
		truth.For(n.plan).Save(n.dir.Truth()),
		replace.File(n.dir.ClientData(), client),
		openCA(n.dir, n.plan, o.Clock),
		writeScenario(n.dir, n.plan, o),
	)
}

// openCA makes the authority before any process needs it.
func openCA(dir labdir.Dir, plan profile.Plan, clock telltale.Clock) error {
	if !hasTLS(plan) {
		return nil
	}
	_, err := servers.OpenCA(string(dir), clock())
	return err
}

func hasTLS(plan profile.Plan) bool {
	return slices.ContainsFunc(plan.Servers(), func(s profile.Server) bool { return s.TLS })
}

// hosts are the names of the lab that belong to processes of the supervisor.
func hosts(plan profile.Plan) []string {
	all := []string{profile.HostLogin, profile.HostRelay}
	for _, s := range plan.Servers() {
		all = append(all, s.Host)
	}
	return all
}

// assign gives every host and every account an address of its own. What an
// earlier lab of this directory used is used again where it is still free, so
// that an investigation can be resumed. block chooses among 127.87.0.0/16, to
// keep labs that run at the same time apart.
func assign(ctx context.Context, dir labdir.Dir, plan profile.Plan, block byte) (guard.Names, error) {
	earlier, err := guard.LoadNames(dir.Names())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	all := hosts(plan)
	for _, account := range roles.Accounts(plan) {
		all = append(all, chat.PeerHost(account))
	}
	names, taken := guard.Names{}, map[string]bool{}
	for i, host := range all {
		addr := earlier[host]
		if addr == "" || taken[addr] || !free(ctx, addr) {
			if addr, err = pick(ctx, fmt.Sprintf("127.87.%d.%d", block, i+1), taken); err != nil {
				return nil, err
			}
		}
		names[host], taken[addr] = addr, true
	}
	return names, nil
}

// pick finds a free port that this lab has not given away yet.
func pick(ctx context.Context, ip string, taken map[string]bool) (string, error) {
	for range 100 {
		addr, err := guard.Pick(ctx, ip)
		if err != nil || !taken[addr] {
			return addr, err
		}
	}
	return "", fmt.Errorf("no free port on %s", ip)
}

func free(ctx context.Context, addr string) bool {
	ln, err := guard.Listen(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	return ln.Close() == nil
}

func rolesOf(plan profile.Plan, names guard.Names) []labdir.Role {
	all := []labdir.Role{
		{Name: profile.HostLogin, Kind: labdir.KindDirectory},
		{Name: profile.HostRelay, Kind: labdir.KindRelay},
	}
	for _, s := range plan.Servers() {
		all = append(all, labdir.Role{Name: s.Host, Kind: labdir.KindWeb})
	}
	for i := range all {
		all[i].Addr = names[all[i].Name]
	}
	return append(all, labdir.Role{Name: "population", Kind: labdir.KindPopulation})
}
