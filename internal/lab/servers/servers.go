// Package servers holds the web servers behind the lab's monitored clients,
// as plain HTTP handlers without sockets: the list server, the eight
// collectors with their open directories, the service that gets every
// message, and the honest servers of a talkative clean client.
package servers

import (
	"fmt"
	"log/slog"
	"net/http"

	"example.org/telltale"
	"example.org/telltale/internal/lab/profile"
)

// Env is what a server needs beyond its plan.
type Env struct {
	// Dir holds the server's state and is its own. It survives restarts.
	Dir   string
	Clock telltale.Clock
	Log   *slog.Logger
	// Oddities of list servers.
	Oddities Oddities
}

// Server is a handler that holds files open until it is closed.
type Server interface {
	http.Handler
	Close() error
}

// New makes one of the servers of plan.Servers. Errors are about Dir.
func New(plan profile.Plan, spec profile.Server, env Env) (Server, error) {
	switch spec.Kind {
	case profile.KindList:
		return fileless{newListServer(plan, env.Oddities)}, nil
	case profile.KindCollector:
		return newCollector(plan, spec.Number, env)
	case profile.KindReport:
		return newReports(env)
	case profile.KindUpdate:
		return fileless{http.HandlerFunc(update)}, nil
	case profile.KindStats:
		return fileless{http.HandlerFunc(stats)}, nil
	case profile.KindSite:
		return fileless{http.HandlerFunc(site)}, nil
	}
	return nil, fmt.Errorf("no server of kind %q", spec.Kind)
}

// fileless is a handler with nothing to close.
type fileless struct{ http.Handler }

func (fileless) Close() error { return nil }

// onlyGet answers anything but GET and HEAD and reports whether it did.
func onlyGet(w http.ResponseWriter, r *http.Request) (answered bool) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	return true
}
