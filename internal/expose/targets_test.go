package expose_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/expose"
)

func TestTargetsComeFromTheRecord(t *testing.T) {
	t.Parallel()
	kept := map[telltale.Digest][]byte{}
	id := 0
	seen := func(sensor, protocol, host, target string) telltale.Flow {
		raw := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, host)
		d := telltale.DigestOf(raw)
		kept[d] = raw
		id++
		return telltale.Flow{
			ID: fmt.Sprintf("f%d", id), Sensor: sensor, Protocol: protocol, Host: host, Port: 80,
			Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, Bytes: d}},
		}
	}
	rec := &telltale.Record{
		Scenario: telltale.Scenario{Scope: []string{"a?.tom.test", "Lists.tom.test"}, Words: []string{"w"}, Limits: telltale.Limits{Requests: 9}},
		Probes:   []telltale.Probe{{ID: "p1", Canary: telltale.Canary{Latin: "qwertyui", CJK: "山水火木石田"}}},
		Flows: []telltale.Flow{
			seen("proxy", "http", "lists.tom.test", "http://lists.tom.test/agent/keyfile"),
			seen("proxy", "http", "A1.tom.test", "http://a1.tom.test/log/login?r=00"),
			seen("proxy", "http", "a1.tom.test", "http://a1.tom.test/log/up?r=01"),
			seen("proxy", "http", "a1.tom.test", "http://a1.tom.test/log/up?r=02"),
			seen("proxy", "http", "other.test", "http://other.test/x/y"),
			seen("proxy", "https", "a2.tom.test", "/z/up"),
			seen("expose", "http", "a3.tom.test", "/log/"),
		},
		Layers: []telltale.Layer{
			{Flow: "f3", Path: []string{"http", "query:r", "hex", "des-ecb"}, Key: "6b6579", KeySource: "app-file:x", Probes: []string{"p1"}},
			{Flow: "f4", Path: []string{"http", "query:r", "hex", "des-ecb"}, Key: "6b6579", KeySource: "app-file:x", Probes: []string{"p1"}},
			{Flow: "f1", Path: []string{"xor"}, List: []string{"listed"}},
		},
		Isolations: []telltale.Isolation{{Words: []string{"proven"}}},
	}
	got := expose.Targets(rec, func(d telltale.Digest) ([]byte, error) {
		if b, ok := kept[d]; ok {
			return b, nil
		}
		return nil, errors.New("lost")
	})
	if len(got) != 2 || got[0].Host != "a1.tom.test" || got[1].Host != "lists.tom.test" {
		t.Fatalf("targets %+v", got)
	}
	a := got[0]
	if !slices.Equal(a.Paths, []string{"/log/up", "/log/login"}) || a.Requests != 9 || a.Port != 80 {
		t.Errorf("target %+v", a)
	}
	if len(a.Schemes) != 1 || !slices.Equal(a.Schemes[0].Path, []string{"hex", "des-ecb"}) || string(a.Schemes[0].Key.Bytes) != "key" {
		t.Errorf("schemes %+v", a.Schemes)
	}
	if !slices.Equal(a.Known, []string{"listed", "proven"}) || len(a.Own) != 2 || !slices.Equal(a.Words, []string{"w"}) {
		t.Errorf("target %+v", a)
	}
}
