package baseline

import "unicode/utf8"

// Terms is a list to screen.
type Terms struct {
	Terms []string
	// Sep joins the terms of a message, of at most MaxLen characters.
	Sep    string
	MaxLen int
}

// AskTerms puts one message made of the terms with the given indices and
// tells whether a reaction was seen.
type AskTerms func(items []int) (bool, error)

// pack divides items into messages of at most maxLen characters.
func (t Terms) pack(items []int, maxLen int) [][]int {
	var out [][]int
	start, length, sep := 0, 0, utf8.RuneCountInString(t.Sep)
	for i, item := range items {
		n := utf8.RuneCountInString(t.Terms[item])
		if i > start && length+sep+n > maxLen {
			out, start, length = append(out, items[start:i]), i, 0
		}
		if i > start {
			length += sep
		}
		length += n
	}
	if start < len(items) {
		out = append(out, items[start:])
	}
	return out
}

func (t Terms) every() []int {
	out := make([]int, len(t.Terms))
	for i := range out {
		out[i] = i
	}
	return out
}

// OneByOne sends every term alone and returns those that react.
func OneByOne(t Terms, ask AskTerms) ([]int, error) {
	var out []int
	for _, i := range t.every() {
		hit, err := ask([]int{i})
		if err != nil {
			return out, err
		}
		if hit {
			out = append(out, i)
		}
	}
	return out, nil
}

// Halving sends full messages and halves those that react. The second half is
// taken to react where the first does not, but a term is returned only if it
// reacted alone.
func Halving(t Terms, ask AskTerms) ([]int, error) {
	var out []int
	for _, group := range t.pack(t.every(), t.MaxLen) {
		found, err := halve(group, false, ask)
		out = append(out, found...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func halve(group []int, known bool, ask AskTerms) ([]int, error) {
	if !known || len(group) == 1 {
		hit, err := ask(group)
		if !hit || err != nil {
			return nil, err
		}
	}
	if len(group) == 1 {
		return group, nil
	}
	mid := len(group) / 2
	left, err := halve(group[:mid], false, ask)
	if err != nil {
		return left, err
	}
	right, err := halve(group[mid:], len(left) == 0, ask)
	return append(left, right...), err
}
