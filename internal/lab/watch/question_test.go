package watch

import (
	"encoding/json"
	"testing"
)

func FuzzParseQuestion(f *testing.F) {
	f.Add([]byte(`{"direction":"sent","account":"alice","text":"x"}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, line []byte) {
		q, err := parseQuestion(line)
		if err != nil {
			return
		}
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseQuestion(b); err != nil || again != q {
			t.Errorf("%+v became %+v, %v", q, again, err)
		}
	})
}
