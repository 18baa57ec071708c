package wire_test

import (
	"testing"
	"time"

	"example.org/telltale/internal/driver/wire"
)

func TestPause(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason string
		n      int
		want   time.Duration
	}{
		{"Message throttled", 0, 2 * time.Second},
		{"Message throttled", 2, 8 * time.Second},
		{"Message throttled", 99, time.Minute},
		{"Please wait 7 seconds", 0, 8 * time.Second},
		{"wait 30s", 3, 31 * time.Second},
	}
	for _, test := range tests {
		if got := wire.Pause(test.reason, test.n); got != test.want {
			t.Errorf("%q, number %d: %v, want %v", test.reason, test.n, got, test.want)
		}
	}
}
