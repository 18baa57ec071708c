package terminal

// Pid is the running program's.
func (e *End) Pid() int {
	s, err := e.current()
	if err != nil {
		return 0
	}
	return s.prog.cmd.Process.Pid
}

// Gone waits until the program's end has been noticed.
func (e *End) Gone() {
	if s, err := e.current(); err == nil {
		<-s.ended
	}
}
