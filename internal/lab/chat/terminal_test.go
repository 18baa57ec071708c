package chat

import "testing"

func TestATerminalThatDoesNotKnowItsSizeIs80x24(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ width, height, wantWidth, wantHeight int }{
		{0, 0, 80, 24}, {0, 50, 80, 24}, {120, 0, 80, 24}, {-1, -1, 80, 24}, {1, 1, 1, 1}, {120, 50, 120, 50},
	} {
		if w, h := usable(c.width, c.height); w != c.wantWidth || h != c.wantHeight {
			t.Errorf("usable(%d, %d) = %d, %d, want %d, %d", c.width, c.height, w, h, c.wantWidth, c.wantHeight)
		}
	}
}
