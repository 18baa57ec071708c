package mutate

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/signer"
)

// Forger makes cases that are whole in themselves, as somebody would who has a
// key and knows the format.
type Forger struct {
	// Key is the one that the case is signed with, Other one of another person.
	Key, Other casefile.Signer
}

// NewSigner makes a key from a seed.
func NewSigner(seed uint64) (casefile.Signer, error) {
	return signer.New(rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 2}), "forger")
}

// line is an entry of the log, its members as they stand there.
type line struct {
	At    json.RawMessage `json:"at"`
	Body  json.RawMessage `json:"body"`
	N     int             `json:"n"`
	Salt  []byte          `json:"salt"`
	Salts json.RawMessage `json:"salts"`
	Type  string          `json:"type"`
}

func parseLog(log []byte) ([]line, error) {
	var out []line
	for raw := range bytes.Lines(log) {
		var l line
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(out)+1, err)
		}
		if l.Salts != nil {
			return nil, errors.New("a redacted log cannot be forged")
		}
		out = append(out, l)
	}
	return out, nil
}

// text is the line as it stands in the log.
func (l line) text() []byte {
	return fmt.Appendf(nil, `{"at":%s,"body":%s,"n":%d,"salt":"%s","type":"%s"}`+"\n", l.At, l.Body, l.N, base64.StdEncoding.EncodeToString(l.Salt), l.Type)
}

func (l line) commitment() ([32]byte, error) {
	return casefile.Commit(fmt.Appendf(nil, `{"at":%s,"body":%s,"n":%d,"type":"%s"}`, l.At, l.Body, l.N, l.Type), l.Salt)
}

func joined(lines []line) []byte {
	var out []byte
	for _, l := range lines {
		out = append(out, l.text()...)
	}
	return out
}

func renumbered(lines []line) []line {
	out := slices.Clone(lines)
	for i := range out {
		out[i].N = i
	}
	return out
}

// sign makes the checkpoints of a tree anew for other lines, at the same sizes
// as far as the lines go, with any key.
func sign(t Tree, lines []line, by casefile.Signer) (Tree, error) {
	id, err := caseID(lines)
	if err != nil {
		return nil, err
	}
	hashes, err := leaves(lines)
	if err != nil {
		return nil, err
	}
	out := t.With(format.LogFile, joined(lines))
	for _, size := range checkpoints(t) {
		if size > len(lines) {
			out = out.With(numbered(size), nil)
			continue
		}
		root, err := tlog.TreeHash(int64(size), hashes)
		if err != nil {
			return nil, err
		}
		text := fmt.Sprintf("%s%s\n%d\n%s\n", format.CheckpointOrigin, id, size, root)
		signed, err := note.Sign(&note.Note{Text: text}, by)
		if err != nil {
			return nil, err
		}
		out = out.With(numbered(size), signed).With(format.CheckpointFile, signed)
	}
	return out, nil
}

func caseID(lines []line) (string, error) {
	var begin format.Begin
	err := json.Unmarshal(lines[0].Body, &begin)
	return begin.Case, err
}

func leaves(lines []line) (tlog.HashReader, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	})
	for i, l := range lines {
		record, err := l.commitment()
		if err != nil {
			return nil, err
		}
		more, err := tlog.StoredHashes(int64(i), record[:], reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, more...)
	}
	return reader, nil
}

// underAnotherKey is the whole case as if another person had made it.
func underAnotherKey(t Tree, lines []line, by casefile.Signer) (Tree, error) {
	own := strings.TrimSuffix(string(t[format.PublicKeyFile]), "\n")
	lines = slices.Clone(lines)
	lines[0].Body = bytes.Replace(lines[0].Body, []byte(strconv.Quote(own)), []byte(strconv.Quote(by.Verifier())), 1)
	return sign(t.With(format.PublicKeyFile, []byte(by.Verifier()+"\n")), lines, by)
}

// cutBack is the case as it was when so many entries had been signed: what was
// added later is gone without a trace.
func cutBack(t Tree, lines []line, size int) Tree {
	out := t.With(format.LogFile, joined(lines[:size])).With(format.CheckpointFile, t[numbered(size)]).With(format.IndexFile, nil)
	for _, later := range checkpoints(t) {
		if later > size {
			out = out.With(numbered(later), nil)
		}
	}
	kept := out[format.LogFile]
	for _, name := range t.Names() {
		folder, _, below := strings.Cut(name, "/")
		vouchable := below && folder != format.CheckpointDir && folder != format.BlobDir && name != format.LogFile || strings.HasPrefix(name, "report.")
		if vouchable && !bytes.Contains(kept, []byte(strconv.Quote(name))) {
			out = out.With(name, nil)
		}
	}
	return out
}
