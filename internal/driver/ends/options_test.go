package ends_test

import (
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/driver/ends"
)

type options struct {
	Server string                `json:"server"`
	Port   int                   `json:"port"`
	Wait   ends.Duration         `json:"wait"`
	TLS    *bool                 `json:"tls"`
	Rooms  []string              `json:"rooms"`
	Places map[string]optionPost `json:"places"`
}

type optionPost struct {
	URL string `json:"url"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	o := options{Server: "stays", Port: 1}
	raw := `{"port": 7, "wait": "250ms", "tls": true, "rooms": ["#a"], "places": {"post": {"url": "x"}}}`
	if err := ends.Decode([]byte(raw), &o); err != nil {
		t.Fatal(err)
	}
	if o.Server != "stays" || o.Port != 7 || time.Duration(o.Wait) != 250*time.Millisecond || !*o.TLS || o.Rooms[0] != "#a" || o.Places["post"].URL != "x" {
		t.Errorf("read %+v", o)
	}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"servr": "x"}`:                    `options.servr: there is no such setting; did you mean "server"?`,
		`{"zzz": "x"}`:                      `options.zzz: there is no such setting; there are places, port, rooms, server, tls, wait`,
		`{"port": "x"}`:                     `options.port: a string stands where a number is wanted`,
		`{"tls": "yes"}`:                    `options.tls: a string stands where true or false is wanted`,
		`{"wait": "soon"}`:                  `options.wait: write a time span such as "250ms", "6s" or "1m30s"`,
		`{"rooms": "#a"}`:                   `options.rooms: write a list, as in [one, two]`,
		`{"rooms": ["#a", 5]}`:              `options.rooms[1]: a number stands where text is wanted`,
		`{"places": {"post": {"ur": "x"}}}`: `options.places.post.ur: there is no such setting; did you mean "url"?`,
		`["x"]`:                             `options: write settings under it, as in name: value`,
	} {
		err := ends.Decode([]byte(raw), &options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", raw, err, want)
		}
	}
}
