package sip_test

import (
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/sip"
)

// route keeps some messages back.
const route = `
	if (search_body("marmalade")) {
		sl_send_reply("403", "Not wanted here");
		exit;
	}
	if (search_body("kestrel")) {
		sl_send_reply("202", "Accepted");
		exit;
	}
`

// kamailio starts the real server, and ends it with the test.
func kamailio(t *testing.T) (address string) {
	t.Helper()
	server, err := realserver.Kamailio{Route: route}.Start(t.Context())
	realserver.Need(t, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server.Addr
}

func drive(t *testing.T, server, transport string) *paired.Driver {
	t.Helper()
	var parties []paired.Party
	for _, a := range []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}} {
		o, err := sip.ParseOptions([]byte(`{"server": "` + server + `", "domain": "example.test", "transport": "` + transport + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		account := ends.Account{Name: a.Name, Address: a.Name + "@example.test"}
		end, err := sip.New(sip.Config{Account: account, Options: o, Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, paired.Party{Account: account, Side: a.Side, End: end})
	}
	d, err := paired.New(paired.Config{Parties: parties, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestContractOnKamailio(t *testing.T) {
	t.Parallel()
	server := kamailio(t)
	for _, transport := range []string{"udp", "tcp"} {
		for _, r := range drivertest.Check(t.Context(), drive(t, server, transport), drivertest.Options{}) {
			if !r.OK {
				t.Errorf("%s: %s: %s", transport, r.Name, r.Detail)
			}
		}
	}
}

func TestFatesOnKamailio(t *testing.T) {
	t.Parallel()
	d := drive(t, kamailio(t), "udp")
	send := func(text string, wait time.Duration) telltale.Receipt {
		r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: "alice", To: "bob", Text: text, Wait: wait})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := send("the marmalade", time.Minute); r.Outcome != telltale.Refused || r.Reason != "403 Not wanted here" {
		t.Errorf("a word that is refused: %+v", r)
	}
	if r := send("a kestrel", 100*time.Millisecond); r.Outcome != telltale.Dropped {
		t.Errorf("a word that is dropped: %+v", r)
	}
	if r := send("good morning", time.Minute); r.Outcome != telltale.Delivered {
		t.Errorf("a word that is let through: %+v", r)
	}
	if r := send(strings.Repeat("x", 801), time.Minute); r.Outcome != telltale.Void {
		t.Errorf("a long text: %+v", r)
	}
}
