package sandbox

// tree is what the program sees of the host, and where. All paths are
// absolute.
type tree struct {
	// Home is the directory of the host that is the program's home; empty
	// means an empty one that is forgotten.
	Home string
	// HomePaths are where it is seen; the first one is $HOME.
	HomePaths []string
	// Runtime is $XDG_RUNTIME_DIR inside; empty if there is none.
	Runtime string
	// Shown are files and directories of the host that lie where something
	// private is laid over, and that are to be seen there, read-only.
	Shown []string
	// Binds are laid over what is there, read-only.
	Binds []Bind
	// Writable are seen where they are, and may be written.
	Writable []string
	// Hidden are empty, if they are seen at all.
	Hidden []string
	// Sockets are passed in.
	Sockets []string
	// Remote are mounts of the host that are covered: see remoteMounts.
	Remote []string
	// Masked are sockets of the host that are made unreachable.
	Masked []string
}

// privateDirs are the program's own, empty at the start.
func privateDirs() []string { return []string{"/tmp", "/var/tmp", "/run", "/dev/shm"} }
