package peel_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"testing"

	"example.org/telltale/internal/peel"
)

// BenchmarkOpenUpload is one upload of a historic client: 300 probes, 500
// keys.
func BenchmarkOpenUpload(b *testing.B) {
	ps, needles := probes(300, "麒麟塔")
	var many []byte
	for i := range 400 {
		many = fmt.Appendf(many, "string%dof%x\x00", i*7919, i*i)
	}
	keys := peel.Harvest("app-file:client.dat", append(many, clientFile()...), 500)
	_ = keys
	keys = append(peel.Harvest("app-file:program", many, 480), peel.Harvest("app-file:client.dat", clientFile(), 20)...)
	t := &testing.T{}
	sealed := hex.EncodeToString(desSeal(t, key2006, []byte("alice\tbob\t"+ps[7].Text), false))
	other := hex.EncodeToString(desSeal(t, "qqqqzzzz", []byte("alice\tbob\tsomething entirely different here, longer than that"), false))
	opener := peel.New(peel.All())
	for name, r := range map[string]string{"opened": sealed, "locked": other} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				got := opener.Open(context.Background(), peel.Job{Bytes: request("/up?r=" + r), Needles: needles, Keys: keys})
				if (len(got.Finds) > 0) != (name == "opened") {
					b.Fatalf("finds %v", got.Finds)
				}
			}
		})
	}
}
