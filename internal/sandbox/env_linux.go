//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// inside is the environment as it holds inside.
func (h host) inside(t tree, display bool) []string {
	gone := []string{"TMPDIR", "TEMP", "TMP", "HOME", "PWD", "OLDPWD", "XDG_RUNTIME_DIR",
		// Sockets of the host.
		"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS",
		"DOCKER_HOST", "PULSE_SERVER", "PIPEWIRE_REMOTE", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "TMUX", "STY"}
	if !display {
		gone = append(gone, "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XAUTHORITY")
	}
	var env []string
	for _, entry := range h.env {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.Contains(gone, name) {
			env = append(env, entry)
		}
	}
	env = append(env, "HOME="+t.HomePaths[0], "PWD="+h.dir)
	if t.Runtime != "" {
		runtime := t.Runtime
		if display && h.get("WAYLAND_DISPLAY") != "" {
			runtime = h.get("XDG_RUNTIME_DIR") // where the socket is
		}
		env = append(env, "XDG_RUNTIME_DIR="+runtime)
	}
	// Root without capabilities cannot give its number to a namespace of its
	// own, and Firefox, which counts on that, does not get far.
	if name := "MOZ_ASSUME_USER_NS"; os.Geteuid() == 0 && h.get(name) == "" {
		env = append(env, name+"=0")
	}
	return env
}

// display are the sockets and the key of the display that the environment
// names, as far as they are there.
func (h host) display() []string {
	var candidates []string
	if number, ok := strings.CutPrefix(h.get("DISPLAY"), ":"); ok {
		number, _, _ = strings.Cut(number, ".")
		candidates = append(candidates, "/tmp/.X11-unix/X"+filepath.Base(number))
	}
	if h.get("DISPLAY") != "" {
		key := h.get("XAUTHORITY")
		if key == "" {
			key = filepath.Join(h.get("HOME"), ".Xauthority")
		}
		candidates = append(candidates, key)
	}
	if name := h.get("WAYLAND_DISPLAY"); name != "" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(h.get("XDG_RUNTIME_DIR"), name)
		}
		candidates = append(candidates, name)
	}
	var found []string
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
			found = append(found, filepath.Clean(path))
		}
	}
	return found
}
