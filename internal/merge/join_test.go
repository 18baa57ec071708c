package merge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/merge"
)

func at(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC) }

func span(from, to int) telltale.Span { return telltale.Span{From: at(from), To: at(to)} }

func TestJoinPutsFlowsInOrderAndRenamesWhatNamesThem(t *testing.T) {
	t.Parallel()
	phone := &telltale.Record{
		Scenario: telltale.Scenario{Name: "phone"}, App: telltale.App{Name: "chat"},
		Probes: []telltale.Probe{{ID: "p000001"}}, Listening: []telltale.Span{span(0, 30), span(40, 50)},
		Flows:    []telltale.Flow{{ID: "f000001", Conn: "c1", Start: at(5)}},
		Findings: []telltale.Finding{{ID: "F01"}},
	}
	proxy := &telltale.Record{
		Scenario: telltale.Scenario{Name: "run", Sensors: []telltale.SensorSpec{{Kind: "proxy"}}}, App: telltale.App{Name: "proxy"},
		Listening: []telltale.Span{span(10, 45)},
		Flows:     []telltale.Flow{{ID: "f000001", Conn: "c1", Start: at(2)}, {ID: "f000002", Start: at(9)}},
		Layers:    []telltale.Layer{{Flow: "f000002"}},
		Visits:    []telltale.Visit{{Host: "a.test", Flows: []string{"f000001"}}},
		Coverage:  []telltale.Coverage{{Sensor: "proxy", Sees: true}},
	}
	got, err := merge.Join([]*telltale.Record{phone, proxy})
	if err != nil {
		t.Fatal(err)
	}
	want := &telltale.Record{
		Scenario: telltale.Scenario{Name: "phone"}, App: telltale.App{Name: "chat"},
		Probes: phone.Probes, Listening: []telltale.Span{span(10, 30), span(40, 45)},
		Flows: []telltale.Flow{
			{ID: "f000001", Conn: "2/c1", Start: at(2)}, {ID: "f000002", Conn: "1/c1", Start: at(5)}, {ID: "f000003", Start: at(9)},
		},
		Layers:   []telltale.Layer{{Flow: "f000003"}},
		Visits:   []telltale.Visit{{Host: "a.test", Flows: []string{"f000001"}}},
		Coverage: proxy.Coverage,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if phone.Findings == nil || proxy.Flows[0].ID != "f000001" || proxy.Visits[0].Flows[0] != "f000001" {
		t.Error("a source was changed")
	}
}

func TestJoinWantsOneCaseWithMessages(t *testing.T) {
	t.Parallel()
	typed := &telltale.Record{Probes: []telltale.Probe{{ID: "p000001"}}}
	for want, records := range map[string][]*telltale.Record{
		"case diff":           {typed, typed},
		"nothing that":        {{}, {}},
		"in cases 1 and 3 me": {typed, {}, typed},
	} {
		if _, err := merge.Join(records); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}
