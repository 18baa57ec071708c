package box_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/netip"
	"os"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/sensortest"
	"example.org/telltale/internal/zoo"
)

// What an app sends over HTTP/3 is a request among the flows of an audit.
func TestRequestsOverHTTP3AreRecorded(t *testing.T) {
	t.Parallel()
	if err := sandbox.Check(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	keeper, err := zoo.NewKeeper("collector.test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keeper.Close)
	s, err := box.NewSensor(box.SensorConfig{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Enter: []string{"enter"}, CADir: t.TempDir(), Clock: time.Now, Random: rand.Reader,
		Maps: []gateway.Map{{Name: "collector.test", To: netip.MustParseAddrPort(keeper.QUIC)}}, QUIC: gateway.InterceptQUIC,
	})
	if err != nil {
		t.Fatal(err)
	}
	recorder := &sensortest.Recorder{}
	env, err := s.Start(t.Context(), recorder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	command, err := environ.Command(env)
	if err != nil {
		t.Fatal(err)
	}
	status, err := box.Enter(t.Context(), command[1], order(t, "zoo", "h3", "koshqwct", "collector.test:443"), newStreams(t).theirs)
	if err != nil || status != 0 {
		t.Fatalf("status %d, %v", status, err)
	}
	s.Quiet(t.Context())
	for _, f := range recorder.Flows() {
		if f.Protocol != "https" || len(f.Messages) != 2 {
			continue
		}
		sent, got := recorder.Bytes(f.Messages[0].Bytes), recorder.Bytes(f.Messages[1].Bytes)
		if f.Sensor != box.Name || f.Host != "collector.test" || f.Visibility != telltale.Intercepted ||
			!bytes.HasPrefix(sent, []byte("POST /h3/koshqwct HTTP/3\r\n")) || !bytes.HasSuffix(sent, []byte("\r\n\r\nbody koshqwct")) ||
			!bytes.HasPrefix(got, []byte("HTTP/3 200\r\n")) {
			t.Errorf("flow %+v, %q, %q", f, sent, got)
		}
		return
	}
	t.Errorf("the request is not among %+v", recorder.Flows())
}
