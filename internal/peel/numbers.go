package peel

import "unicode/utf8"

// numbersPeeler reads bytes that are written as numbers: "decimal", as in
// arrays of JSON and lists of character codes (signed bytes too), "octal" and
// "binary".
type numbersPeeler struct{}

func (numbersPeeler) Name() string { return "numbers" }

const numbersLeast = 8 // numbers in a row

func (numbersPeeler) Peel(in Input) []Candidate {
	if in.Shape.Printable < 0.5 || len(in.Bytes) < 2*numbersLeast {
		return nil
	}
	var out []Candidate
	for _, r := range runs(in.Bytes, 2*numbersLeast, alphabet(digits+"-,; \r\n\t")) {
		plain, from, until := byteNumbers(in.Bytes[r.from:r.until])
		if len(plain) == 0 {
			plain, from, until = runeNumbers(in.Bytes[r.from:r.until])
		}
		if len(plain) >= numbersLeast {
			out = append(out, numbersBid(in, "decimal", plain, run{r.from + from, r.from + until}))
		}
	}
	for _, base := range []struct {
		name, digits string
		width        int
	}{{"binary", "01", 8}, {"octal", "01234567", 3}} {
		for _, r := range runs(in.Bytes, 8*numbersLeast*base.width/8, alphabet(base.digits+", \r\n\t")) {
			if plain := fixedNumbers(in.Bytes[r.from:r.until], base.width, len(base.digits)); len(plain) >= numbersLeast {
				out = append(out, numbersBid(in, base.name, plain, r))
			}
		}
	}
	return out
}

// numbersBid: lists of numbers are mostly just that, so one that does not
// show what it is counts little.
func numbersBid(in Input, name string, plain []byte, r run) Candidate {
	whole := r.from <= 2 && r.until >= len(in.Bytes)-2
	base := 0.4
	if whole {
		base = 0.75
	}
	return Candidate{Coats: []string{name}, Bytes: plain, Offset: r.from, Length: r.until - r.from, Score: bid(plain, base), Whole: whole && bid(plain, base) > 0.5}
}

// byteNumbers reads numbers from -128 to 255 with separators; it returns none
// if one is greater.
func byteNumbers(b []byte) (plain []byte, from, until int) {
	for i := 0; i < len(b); {
		if c := b[i]; c != '-' && (c < '0' || c > '9') {
			i++
			continue
		}
		at, sign, v := i, 1, 0
		if b[i] == '-' {
			sign = -1
			i++
		}
		first := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' && i < first+4 {
			v = 10*v + int(b[i]-'0')
			i++
		}
		v *= sign
		if i == first || v > 255 || v < -128 || i < len(b) && b[i] == '-' {
			return nil, 0, 0
		}
		if len(plain) == 0 {
			from = at
		}
		plain = append(plain, byte(v))
		until = i
	}
	return plain, from, until
}

// runeNumbers reads numbers of characters, of which most are in common use;
// some do not fit a byte.
func runeNumbers(b []byte) (plain []byte, from, until int) {
	count, used := 0, 0
	for i := 0; i < len(b); {
		if b[i] < '0' || b[i] > '9' {
			i++
			continue
		}
		at, v := i, 0
		for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			if v = 10*v + int(b[i]-'0'); v > utf8.MaxRune {
				return nil, 0, 0
			}
		}
		if len(plain) == 0 {
			from = at
		}
		until = i
		if count++; common(rune(v)) || v < 0x80 && isText(byte(v)) {
			used++
		}
		plain = utf8.AppendRune(plain, rune(v))
	}
	if 10*used < 9*count {
		return nil, 0, 0
	}
	return plain, from, until
}

// fixedNumbers reads groups of as many digits as a byte takes, with blanks
// and commas between them or not. All must be whole.
func fixedNumbers(b []byte, width, radix int) []byte {
	var plain []byte
	v, n := 0, 0
	for _, c := range b {
		if c < '0' {
			if n != 0 {
				return nil
			}
			continue
		}
		v = v*radix + int(c-'0')
		if n++; n == width {
			if v > 255 {
				return nil
			}
			plain = append(plain, byte(v))
			v, n = 0, 0
		}
	}
	if n != 0 {
		return nil
	}
	return plain
}
