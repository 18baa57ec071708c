package casefile

import (
	"fmt"

	"example.org/telltale/internal/casefile/format"
)

// upgrade1to2 reads an entry of version 1 as one of version 2: "capture" became
// "file", and bodies only gained fields. It has no salt.
func upgrade1to2(e format.Entry) (format.Entry, error) {
	if e.Salt != nil || e.Salts != nil {
		return e, fmt.Errorf("entry %d has a salt, which version 1 does not know", e.N)
	}
	switch e.Type {
	case format.TypeCapture:
		e.Type = format.TypeFile
	case format.TypeFile, format.TypePlan, format.TypeEnd:
		return e, fmt.Errorf("entry %d has the type %q, which version 1 does not know", e.N, e.Type)
	}
	return e, nil
}

// finish1 tells from the stages of a case of version 1 what "end" says in
// version 2: its runs ended with the stage "state", and a part that was cut
// short before says why.
func (s *state) finish1() {
	stages := s.record.Stages
	n := len(stages)
	if n == 0 || stages[n-1].Name != "state" || !stages[n-1].Done {
		return
	}
	s.ended = &format.End{}
	for _, stage := range stages[:n-1] {
		if stage.Done {
			s.ended.Stopped = stage.Note
		}
	}
}
