package lab_test

import (
	"os"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/exec"
	"example.org/telltale/internal/lab"
)

// openDriver drives the lab's messenger as an investigation does.
func openDriver(t *testing.T, network *lab.Network) *exec.Driver {
	t.Helper()
	d := exec.New(exec.Config{
		Command: []string{os.Args[0], "lab", "driver", "--dir", string(network.Dir())},
		Timeout: time.Minute, Clock: time.Now,
	})
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func send(t *testing.T, d telltale.Driver, probe, from, to, text string) telltale.Receipt {
	t.Helper()
	r, err := d.Send(t.Context(), telltale.Typing{Probe: probe, From: from, To: to, Text: text, Wait: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mustDeliver allows for void trials: a client may have lost its way while a
// server was down.
func mustDeliver(t *testing.T, d telltale.Driver, probe, from, to, text string) {
	t.Helper()
	var r telltale.Receipt
	for range 5 {
		if r = send(t, d, probe, from, to, text); r.Outcome != telltale.Void {
			break
		}
	}
	if r.Outcome != telltale.Delivered || r.Got != text {
		t.Errorf("%s to %s: %+v", from, to, r)
	}
}

func TestDriverKeepsTheContract(t *testing.T) {
	t.Parallel()
	network := up(t, "clean", 4, t.TempDir())
	for _, r := range drivertest.Check(t.Context(), openDriver(t, network), drivertest.Options{}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}
