package scenario_test

import (
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

// sensing is a scenario with these sensors.
func sensing(sensors string) []byte {
	return []byte("name: q\napp: {name: Chat}\ndriver: {command: [a]}\nsensors: " + sensors + `
accounts: [{name: a, side: app}, {name: b, side: peer}]
words: [kettle]
channel: [c.test]
`)
}

func TestSandboxSaysWhatBecomesOfQUIC(t *testing.T) {
	t.Parallel()
	got, err := scenario.Parse("q.yaml", sensing("[{kind: sandbox, quic: intercept}]"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := telltale.SensorSpec{Kind: "sandbox", QUIC: "intercept"}
	if len(got.Sensors) != 1 || got.Sensors[0] != want {
		t.Errorf("%+v", got.Sensors)
	}
	data, err := scenario.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := scenario.Parse("q.yaml", data, t.TempDir()); err != nil || again.Sensors[0] != want {
		t.Errorf("%+v, %v", again.Sensors, err)
	}
	for sensors, problem := range map[string]string{
		"[{kind: sandbox, quic: open}]":    `there is no way "open" with QUIC`,
		"[{kind: proxy, quic: intercept}]": `QUIC does not come to the sensor "proxy"`,
	} {
		if _, err := scenario.Parse("q.yaml", sensing(sensors), t.TempDir()); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", sensors, err)
		}
	}
}
