package screen_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/screen"
)

// A search that is cut off after any number of bytes of its file goes on and
// ends as one that was not.
func TestStoredSearchGoesOn(t *testing.T) {
	t.Parallel()
	terms, f := many(120, 5, rand.New(rand.NewPCG(9, 1)))
	c := screen.Config{Terms: terms, Sep: " ", MaxLen: 120, Parallel: 2}
	var file bytes.Buffer
	whole := finish(t, c, &file, f)
	size := file.Len()
	for _, cut := range []int{0, 10, size / 3, size / 2, size - 1, size} {
		rest := bytes.NewBuffer(bytes.Clone(file.Bytes()[:cut]))
		if diff := cmp.Diff(whole, finish(t, c, rest, f)); diff != "" {
			t.Errorf("cut after %d of %d bytes (-whole +resumed):\n%s", cut, size, diff)
		}
		if !bytes.Equal(rest.Bytes(), file.Bytes()) {
			t.Errorf("cut after %d of %d bytes: the file is another in the end", cut, size)
		}
	}
}

// finish resumes the search that a file holds and answers it to its end.
func finish(t *testing.T, c screen.Config, file *bytes.Buffer, f filter) screen.Result {
	t.Helper()
	state, whole, err := screen.ReadState(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	file.Truncate(int(whole))
	s, err := screen.Resume(c, state, file)
	if err != nil {
		t.Fatal(err)
	}
	for qs := s.Next(); len(qs) > 0; qs = s.Next() {
		for _, q := range qs {
			if err := s.Answer(q.ID, screen.Answer{Hit: f.answer(s.Text(q))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s.Result()
}

func TestStoredSearchIsAboutOneList(t *testing.T) {
	t.Parallel()
	c := screen.Config{Terms: []string{"red", "blue"}, Sep: "\n"}
	var file bytes.Buffer
	if _, err := screen.Resume(c, screen.State{}, &file); err != nil {
		t.Fatal(err)
	}
	state, _, err := screen.ReadState(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*screen.Config){
		"other terms":     func(c *screen.Config) { c.Terms = []string{"blue", "red"} },
		"other separator": func(c *screen.Config) { c.Sep = " " },
		"pairs":           func(c *screen.Config) { c.MaxSize = 2 },
	} {
		other := c
		change(&other)
		if _, err := screen.Resume(other, state, &file); err == nil || !strings.Contains(err.Error(), "other settings") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.Budget.Messages = 5
	if _, err := screen.Resume(c, state, &file); err != nil {
		t.Errorf("another budget: %v", err)
	}
	for line, want := range map[string]string{"{\"format\":9}\n": "format 9", "nonsense\n": "line 1"} {
		if _, _, err := screen.ReadState(strings.NewReader(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}
