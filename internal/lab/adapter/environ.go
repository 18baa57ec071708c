package adapter

import (
	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/lab/roles"
)

// around is the environment of an account's client and what stands in front
// of its command. Peers have nothing of what would lead their traffic through
// the sensors.
func (a *adapter) around(side telltale.Side) (env, command []string) {
	switch {
	case side != telltale.SideApp:
		return environ.Unwatched(a.Environ), nil
	case a.box == nil:
		return a.Environ, nil
	}
	env = append(append(env, a.Environ...), roles.Sandboxed+"=1")
	command = append(command, a.box...)
	return env, append(command, "--writable", string(a.Dir), "--")
}
