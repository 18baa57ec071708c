package mutate

import (
	"bytes"
	"fmt"
	"slices"

	"example.org/telltale/internal/casefile/format"
)

// history rewrites each entry with the investigator's own key. What others
// signed shows it: a time stamp, a witness, a printed checkpoint.
func (l *list) history() error {
	vouched := stamped(l.before)
	for i := range l.lines {
		lines := slices.Clone(l.lines)
		lines[i].At = []byte(`"2025-12-31T23:59:59Z"`)
		after, err := sign(l.before, lines, l.forger.Key)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("line %d altered, and all signed again with the same key", i+1)
		if i < vouched {
			l.add(after, "%s", what)
		}
		l.put(Mutation{What: what + ", a checkpoint being known", After: after, Checkpoint: string(l.before[format.CheckpointFile])})
	}
	return nil
}

// planMoved puts the plan behind the first probe, and signs all again.
func (l *list) planMoved() error {
	plan := slices.IndexFunc(l.lines, func(e line) bool { return e.Type == format.TypePlan })
	for i, one := range l.lines {
		if one.Type != format.TypeProbe {
			continue
		}
		moved := slices.Insert(slices.Clone(l.lines), i+1, l.lines[plan])
		moved = renumbered(slices.Delete(moved, plan, plan+1))
		after, err := sign(l.unvouched(), moved, l.forger.Key)
		if err != nil {
			return err
		}
		l.add(after, "the plan moved behind the probe of line %d, and all signed again", i+1)
	}
	unsigned := l.unvouched().With(numbered(plan+1), nil)
	l.add(unsigned, "the plan was not signed before the first probe")
	return nil
}

// unvouched is the case without what others signed. What the log says of that
// stays, for it is not what is looked for.
func (l *list) unvouched() Tree {
	out := l.before
	for _, name := range l.before.Names() {
		if bytes.HasPrefix([]byte(name), []byte(format.StampDir+"/")) || bytes.HasPrefix([]byte(name), []byte(format.WitnessDir+"/")) {
			out = out.With(name, nil)
		}
	}
	return out
}

// findings alters what was found, in place and behind the newest checkpoint
// that is left, where no key is needed.
func (l *list) findings() error {
	for i, one := range l.lines {
		if one.Type != format.TypeFindings {
			continue
		}
		lines := slices.Clone(l.lines)
		lines[i].Body = []byte("[]")
		if bytes.Equal(one.Body, lines[i].Body) {
			continue
		}
		l.add(l.before.With(format.LogFile, joined(lines)), "findings of line %d altered", i+1)
		sizes := checkpoints(l.before)
		left := slices.IndexFunc(sizes, func(size int) bool { return size > i }) - 1
		if left < 0 {
			continue
		}
		back := cutBack(l.before, l.lines, sizes[left]).With(format.LogFile, joined(lines[:i+1]))
		what := fmt.Sprintf("findings of line %d altered, and what was signed behind them removed", i+1)
		l.put(Mutation{What: what, After: back, Back: true})
		l.put(Mutation{What: what + ", a checkpoint being known", After: back, Checkpoint: string(l.before[format.CheckpointFile])})
	}
	return nil
}

// otherKey has somebody else sign everything.
func (l *list) otherKey() error {
	after, err := underAnotherKey(l.before, l.lines, l.forger.Other)
	if err != nil {
		return err
	}
	l.put(Mutation{What: "all signed with another key, the first one being known", After: after, Key: l.forger.Key.Verifier()})
	l.put(Mutation{What: "all signed with another key, a checkpoint being known", After: after, Checkpoint: string(l.before[format.CheckpointFile])})
	mixed, err := sign(l.before, l.lines, l.forger.Other)
	if err != nil {
		return err
	}
	l.add(mixed, "all checkpoints signed with another key")
	l.add(l.before.With(format.PublicKeyFile, []byte(l.forger.Other.Verifier()+"\n")), "another public key")
	return nil
}

// Findings is the case as it was before others vouched for it, but with other
// findings, and signed with its key: whole in itself.
func (f *Forger) Findings(t Tree) (Tree, error) {
	lines, err := parseLog(t[format.LogFile])
	if err != nil {
		return nil, err
	}
	size := stamped(t)
	back := cutBack(t, lines, size)
	lines = slices.Clone(lines[:size])
	for i := range lines {
		if lines[i].Type == format.TypeFindings {
			lines[i].Body = []byte("[]")
		}
	}
	return sign(back, lines, f.Key)
}

// stamped is how many entries the newest checkpoint is over that has a time
// stamp.
func stamped(t Tree) int {
	newest := 0
	for _, size := range checkpoints(t) {
		if _, there := t[fmt.Sprintf("%s/%08d-1.tsr", format.StampDir, size)]; there {
			newest = size
		}
	}
	return newest
}
