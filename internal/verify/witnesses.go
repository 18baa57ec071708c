package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"example.org/telltale/internal/casefile/format"
)

// Sighting is a checkpoint that a witness signed.
type Sighting struct {
	File string    `json:"file"`
	Name string    `json:"name"`
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
	// Known: the key is one that the reader named.
	Known bool `json:"known"`
	// Sealed: the case was signed again after it was put in.
	Sealed bool `json:"sealed"`
}

var (
	witnessFile = regexp.MustCompile(`^witness/([0-9]{8,18})-([A-Za-z0-9][A-Za-z0-9._-]{0,63})$`)
	witnessKey  = regexp.MustCompile(`^witness/[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.pub$`)
)

// witnesses checks the cosignatures of others.
func (c *check) witnesses() {
	known := map[string]bool{}
	for _, text := range c.opts.Witnesses {
		text = strings.TrimSpace(text)
		if _, err := parseKey(text); err != nil {
			c.problem(format.WitnessDir, 0, "a key that you named: %.100q %v", text, err)
		}
		known[text] = false
	}
	for _, f := range c.notes.seen {
		s, k, err := c.sighting(f)
		if err != nil {
			c.problem(f.file, 0, "%v", err)
			continue
		}
		if _, s.Known = known[k.text]; s.Known {
			known[k.text] = true
		} else {
			c.note(f.file, 0, "seen by %s at %s, by a key that nobody vouches for here", s.Name, s.At.Format(time.RFC3339))
		}
		_, s.Sealed = c.book.sealed[f.file]
		c.res.Witnesses = append(c.res.Witnesses, s)
	}
	for _, text := range c.opts.Witnesses {
		if !known[strings.TrimSpace(text)] {
			c.problem(format.WitnessDir, 0, "no checkpoint of this case was seen by %.100q", strings.TrimSpace(text))
		}
	}
}

func (c *check) sighting(f noteFile) (Sighting, key, error) {
	m := witnessFile.FindStringSubmatch(f.file)
	if m == nil {
		return Sighting{}, key{}, errors.New("does not belong to a case: want witness/NUMBER-NAME")
	}
	if f.err != nil {
		return Sighting{}, key{}, f.err
	}
	k, err := c.witnessKey(m[2])
	if err != nil {
		return Sighting{}, key{}, err
	}
	if err := c.covers(f.head, c.origin()); err != nil {
		return Sighting{}, key{}, err
	}
	if fmt.Sprintf("%08d", f.head.size) != m[1] {
		return Sighting{}, key{}, fmt.Errorf("is over %d entries, which its name does not say", f.head.size)
	}
	at, err := cosigned(f.note, k)
	return Sighting{File: f.file, Name: m[2], Size: f.head.size, At: at}, k, err
}

func (c *check) witnessKey(name string) (key, error) {
	file := format.WitnessDir + "/" + name + ".pub"
	text, err := c.small(file)
	if err != nil {
		return key{}, fmt.Errorf("cannot be checked: %s: %w", file, err)
	}
	line, whole := bytes.CutSuffix(text, []byte("\n"))
	k, err := parseKey(string(line))
	switch {
	case !whole:
		return key{}, fmt.Errorf("cannot be checked: %s is cut: want a key and a newline", file)
	case err != nil:
		return key{}, fmt.Errorf("cannot be checked: %s: %w", file, err)
	case k.alg != algCosigned || k.name != name:
		return key{}, fmt.Errorf("cannot be checked: %s is not a witness's key of that name", file)
	}
	return k, nil
}

// cosigned checks a cosignature (C2SP tlog-cosignature) and returns its time.
func cosigned(n signedNote, k key) (time.Time, error) {
	switch {
	case len(n.sigs) != 1:
		return time.Time{}, fmt.Errorf("has %d signatures, want one", len(n.sigs))
	case !n.sigs[0].by(k):
		return time.Time{}, fmt.Errorf("is signed by %.60q with another key than witness/%s.pub", n.sigs[0].name, k.name)
	case len(n.sigs[0].sig) != 8+ed25519.SignatureSize:
		return time.Time{}, errors.New("the cosignature is cut")
	}
	seconds := binary.BigEndian.Uint64(n.sigs[0].sig)
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, n.text)
	if seconds > 1<<40 || !ed25519.Verify(k.public, []byte(text), n.sigs[0].sig[8:]) {
		return time.Time{}, errors.New("the cosignature does not hold")
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}
