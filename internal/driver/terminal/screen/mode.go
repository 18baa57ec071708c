package screen

// privateMode obeys the modes of DEC and xterm that change what is seen.
func (s *Screen) privateMode(mode int, on bool) {
	switch mode {
	case 1:
		s.appCursor = on
	case 6:
		s.origin = on
		s.address(0, 0)
	case 7:
		s.autowrap = on
	case 47, 1047:
		s.show(on)
	case 1048:
		s.saveOrRestore(on)
	case 1049:
		if on {
			s.save()
		}
		s.show(on)
		if !on {
			s.restore()
		}
	case 2004:
		s.paste = on
	}
}

// show changes to the alternate screen, which is empty then, or back.
func (s *Screen) show(alternate bool) {
	if alternate == s.Alternate() {
		return
	}
	x, y := s.x, s.y
	if alternate {
		s.alt = newPage(s.width, s.height)
		s.page = &s.alt
	} else {
		s.page = &s.main
	}
	s.x, s.y, s.wrap = x, y, false
}

func (s *Screen) saveOrRestore(save bool) {
	if save {
		s.save()
		return
	}
	s.restore()
}

func (s *Screen) save() {
	s.saved = saved{x: s.x, y: s.y, graphics: s.graphics, shift: s.shift, origin: s.origin}
}

func (s *Screen) restore() {
	s.graphics, s.shift, s.origin = s.saved.graphics, s.saved.shift, s.saved.origin
	s.move(s.saved.x, s.saved.y)
}

// align fills the screen with E, a test pattern.
func (s *Screen) align() {
	for _, r := range s.rows {
		for x := range r {
			r[x] = cell{text: "E"}
		}
	}
	s.top, s.bottom = 0, s.height-1
	s.move(0, 0)
}

// isTab reports whether a column is a tab stop: every eighth until the
// program sets its own.
func (s *Screen) isTab(x int) bool {
	if on, told := s.tabs[x]; told {
		return on
	}
	return !s.tabs[-1] && x%8 == 0
}

func (s *Screen) tab() {
	s.wrap = false
	for s.x < s.width-1 {
		s.x++
		if s.isTab(s.x) {
			return
		}
	}
}

func (s *Screen) backTab() {
	s.wrap = false
	for s.x > 0 {
		s.x--
		if s.isTab(s.x) {
			return
		}
	}
}

func (s *Screen) setTab(on bool) {
	if s.tabs == nil {
		s.tabs = map[int]bool{}
	}
	s.tabs[s.x] = on
}

// clearTabs removes the stop at the cursor, or all: the entry -1 says that
// there are none but those listed.
func (s *Screen) clearTabs(how int) {
	switch how {
	case 0:
		s.setTab(false)
	case 3:
		s.tabs = map[int]bool{-1: true}
	}
}
