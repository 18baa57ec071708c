package peel

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// baseN is one way of writing bytes in printable signs.
type baseN struct {
	name, alphabet string
	// rare are signs of the alphabet that base64 has not. Where a tenth of a
	// run are rare, the run is likely to be in this alphabet.
	rare string
	// decode stops at the first wrong group and returns how much it read.
	decode func(b []byte, values *[256]int8) (plain []byte, read int)
	// group is the length of a group: text glued in front shifts by less.
	group, most int
	// shy: believed only for what comes out, as the signs are those of others.
	shy bool
}

const (
	z85     = digits + lower + upper + ".-:+=^!/*?&<>()[]{}@%$#"
	rfc1924 = digits + upper + lower + "!#$%&()*+-;<=>?@^_`{|}~"
	bitcoin = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	flickr  = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
	ripple  = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
	// crockford leaves out I, L, O and U.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	base91    = alnum + "!#$%&()*+,./:;<=>?@[]^_`{|}~\""
)

func ascii85() string {
	var s strings.Builder
	for c := byte('!'); c <= 'u'; c++ {
		s.WriteByte(c)
	}
	return s.String()
}

func baseNs() []baseN {
	a85 := ascii85()
	return []baseN{
		{"ascii85", a85, "!\"#$%&'()*,.:;<>?@[\\]^`", decode85, 5, 1 << 20, false},
		{"base85", rfc1924, "!#$%&()*;<>?@^`{|}~", decode85, 5, 1 << 20, false},
		{"z85", z85, ".:^!*?&<>()[]{}@%$#", decode85, 5, 1 << 20, false},
		{"base91", base91, "!#$%&()*,.:;<>?@[]^`{|}~\"", decode91, 2, 1 << 20, false},
		{"base45", digits + upper + " $%*+-./:", " $%*.:", decode45, 3, 1 << 20, false},
		{"base58", bitcoin, "", decodeBig, 1, 4096, false},
		{"base58", flickr, "", decodeBig, 1, 4096, true},
		{"base58", ripple, "", decodeBig, 1, 4096, true},
		{"base36", digits + upper, "", decodeBig, 1, 1024, true},
		{"base62", alnum, "", decodeBig, 1, 2048, false},
		{"base62", digits + upper + lower, "", decodeBig, 1, 2048, false},
		{"base62", digits + lower + upper, "", decodeBig, 1, 2048, false},
		{"base36", digits + lower, "", decodeBig, 1, 1024, false},
		{"base32hex", digits + upper[:22], "", decode32, 8, 1 << 20, true},
		{"base32hex", digits + lower[:22], "", decode32, 8, 1 << 20, true},
		{"base32-crockford", crockford, "", decode32, 8, 1 << 20, true},
		{"base32-crockford", strings.ToLower(crockford), "", decode32, 8, 1 << 20, true},
		{"z-base-32", "ybndrfg8ejkmcpqxot1uwisza345h769", "", decode32, 8, 1 << 20, true},
		{"base64-crypt", "./" + digits + upper + lower, "", decode64, 4, 1 << 20, true},
		{"base64-bcrypt", "./" + alnum, "", decode64, 4, 1 << 20, true},
		{"base64-ordered", digits + upper + lower + "+/", "", decode64, 4, 1 << 20, true},
		{"base64-ordered", digits + lower + upper + "-_", "", decode64, 4, 1 << 20, true},
		{"xxencode", "+-" + digits + upper + lower, "", decode64, 4, 1 << 20, true},
	}
}

// baseNPeeler reads runs in the alphabets of baseNs. They have little to be
// known by, so most bids are low unless what comes out shows what it is.
type baseNPeeler struct{}

func (baseNPeeler) Name() string { return "base-n" }

const minBaseN = 12

func (baseNPeeler) Peel(in Input) []Candidate {
	if in.Shape.Printable < 0.5 {
		return nil
	}
	out := adobe85(in)
	kinds := baseNs()
	for i, found := range manyRuns(in.Bytes, minBaseN, signsOf(kinds))[:len(kinds)] {
		n := kinds[i]
		values := valuesOf(n.alphabet)
		for _, r := range found {
			if r.until-r.from <= n.most {
				out = append(out, n.bids(in, r, values)...)
			}
		}
	}
	return out
}

// signsOf says of each byte which of the kinds it may belong to, a bit each.
func signsOf(kinds []baseN) *[256]uint32 {
	var signs [256]uint32
	for i, n := range kinds {
		all := n.alphabet
		if n.group == 5 {
			all += newline
			if n.name == "ascii85" {
				all += "z"
			}
		}
		for j := range len(all) {
			signs[all[j]] |= 1 << i
		}
	}
	return &signs
}

// manyRuns is runs for up to 32 alphabets in one pass.
func manyRuns(b []byte, least int, signs *[256]uint32) [][]run {
	found := make([][]run, 32)
	var from [32]int
	active := uint32(0)
	for i := 0; i <= len(b); i++ {
		mask := uint32(0)
		if i < len(b) {
			mask = signs[b[i]]
		}
		if mask == active {
			continue
		}
		for ended := active &^ mask; ended != 0; ended &= ended - 1 {
			k := bits.TrailingZeros32(ended)
			if i-from[k] >= least {
				found[k] = append(found[k], run{from[k], min(i, from[k]+layerLimit)})
				if len(found[k]) >= 4*runLimit {
					found[k] = longest(found[k])
				}
			}
		}
		for begun := mask &^ active; begun != 0; begun &= begun - 1 {
			from[bits.TrailingZeros32(begun)] = i
		}
		active = mask
	}
	for k := range found {
		found[k] = longest(found[k])
	}
	return found
}

func valuesOf(alphabet string) *[256]int8 {
	var v [256]int8
	for i := range v {
		v[i] = -1
	}
	for i := range len(alphabet) {
		v[alphabet[i]] = int8(i)
	}
	return &v
}

// bids decodes a run at each alignment.
func (n baseN) bids(in Input, r run, values *[256]int8) []Candidate {
	var out []Candidate
	text := in.Bytes[r.from:r.until]
	base, need := n.base(text, len(in.Bytes))
	for skip := range n.group {
		if skip > 0 && len(text) > 1<<16 {
			break
		}
		line := withoutLines(text[skip:])
		plain, read := n.decode(line, values)
		whole := skip == 0 && read == len(line) && r.until-r.from >= len(in.Bytes)-2
		if len(plain) < 8 || len(plain) > in.Limit || need && read < len(line)-4 && len(plain) < 24 {
			continue
		}
		length := len(text) - skip
		if read < len(line) && len(line) == length {
			length = read
		}
		c := Candidate{Coats: []string{n.name}, Bytes: plain, Offset: r.from + skip, Length: length, Whole: whole}
		if c.Score = n.score(in, plain, base, whole, skip); c.Score > 0 {
			c.Whole = whole && c.Score > 0.5
			out = append(out, c)
		}
	}
	return out
}

// base is the score of a run by its signs; need says that they prove little.
func (n baseN) base(text []byte, size int) (score float64, need bool) {
	rare := 0
	for _, c := range text {
		if strings.IndexByte(n.rare, c) >= 0 {
			rare++
		}
	}
	whole := len(text) >= size-2
	switch {
	case n.name == "base58" && len(text) >= 40 && mixed(text):
		return 0.6, false
	case n.name == "base62" && len(text) >= 96 && whole && mixed(text):
		return 0.55, false // base64 has a sign that is no letter or digit, 19 times in 20
	case n.name == "base62" && len(text) >= 48 && whole && mixed(text):
		return 0.4, false
	case n.name == "base45" && 10*rare >= len(text) && len(text) >= 20 && whole:
		return 0.6, false
	case n.name == "base91" && 6*rare >= len(text) && len(text) >= 20 && whole:
		return 0.5, false
	case n.group == 5 && 10*rare >= len(text) && len(text) >= 20 && whole:
		return 0.6, false
	case n.group == 5 && 10*rare >= len(text) && len(text) >= 20:
		return 0.3, true
	}
	return 0, true
}

// score judges what came out.
func (n baseN) score(in Input, plain []byte, base float64, whole bool, skip int) float64 {
	switch {
	case in.Cribs == nil: // on the way back, when the bytes are known
		return 0.5
	case in.Cribs.Has(plain):
		return 0.97
	case known(plain) && len(plain) >= 12:
		return 0.93
	case len(plain) >= 8 && evidence(plain) >= 40 && readable(plain):
		return 0.9
	case looksWide(plain):
		return 0.9
	case n.shy && n.group == 8 && skip == 0 && whole && len(plain) >= 16 && in.Best < 0.8 && in.Sure >= 0.6 && !in.Derived:
		return 0.3
	case skip > 0 || in.Sure < 0.5 || in.Derived || n.shy:
		return 0
	case base == 0 && whole && n.name != "base91":
		return 0.25
	}
	return base
}

// adobe85 reads ASCII85 between its marks.
func adobe85(in Input) []Candidate {
	from := bytes.Index(in.Bytes, []byte("<~"))
	if from < 0 {
		return nil
	}
	text := in.Bytes[from+2:]
	end := bytes.Index(text, []byte("~>"))
	if end < 0 {
		end = len(text)
	}
	plain, _ := decode85(withoutLines(text[:end]), valuesOf(ascii85()))
	if len(plain) == 0 || len(plain) > in.Limit {
		return nil
	}
	length := min(end+4, len(in.Bytes)-from)
	return []Candidate{{Coats: []string{"ascii85"}, Bytes: plain, Offset: from, Length: length, Score: bid(plain, 0.85), Whole: length >= len(in.Bytes)-2}}
}

// decode85 reads groups of five signs, most significant first; "z" is four
// zeros in ASCII85.
func decode85(b []byte, values *[256]int8) ([]byte, int) {
	out := make([]byte, 0, len(b)/5*4+4)
	at := 0
	for at < len(b) {
		if b[at] == 'z' && values['z'] < 0 {
			out = append(out, 0, 0, 0, 0)
			at++
			continue
		}
		n := min(5, len(b)-at)
		v, ok := group85(b[at:at+n], values)
		if !ok || n == 1 {
			break
		}
		var word [4]byte
		binary.BigEndian.PutUint32(word[:], v)
		out = append(out, word[:n-1]...)
		at += n
	}
	return out, at
}

// group85 reads up to five signs; missing ones count as the highest.
func group85(b []byte, values *[256]int8) (uint32, bool) {
	var v uint64
	for i := range 5 {
		d := int8(84)
		if i < len(b) {
			d = values[b[i]]
		}
		if d < 0 {
			return 0, false
		}
		v = v*85 + uint64(d)
	}
	return uint32(v), v < 1<<32
}

// decode45 reads groups of three signs, least significant first (RFC 9285).
func decode45(b []byte, values *[256]int8) ([]byte, int) {
	out := make([]byte, 0, len(b)*2/3+2)
	at := 0
	for at+1 < len(b) {
		v := int(values[b[at]]) + 45*int(values[b[at+1]])
		if at+2 == len(b) {
			if v > 255 {
				break
			}
			return append(out, byte(v)), len(b)
		}
		if v += 45 * 45 * int(values[b[at+2]]); v > 0xffff {
			break
		}
		out = append(out, byte(v>>8), byte(v))
		at += 3
	}
	return out, at
}

// decode91 reads basE91: pairs of signs hold 13 or 14 bits.
func decode91(b []byte, values *[256]int8) ([]byte, int) {
	out := make([]byte, 0, len(b))
	var held, bits uint
	first := -1
	for _, c := range b {
		if first < 0 {
			first = int(values[c])
			continue
		}
		v := uint(first + 91*int(values[c]))
		first = -1
		held |= v << bits
		if bits += 14; v&8191 > 88 {
			bits--
		}
		for ; bits >= 8; bits -= 8 {
			out = append(out, byte(held))
			held >>= 8
		}
	}
	if first >= 0 && bits > 0 {
		out = append(out, byte(held|uint(first)<<bits))
	}
	return out, len(b)
}

// decodeBig reads the signs as one great number; zeros in front are bytes.
func decodeBig(b []byte, values *[256]int8) ([]byte, int) {
	radix := 0
	for _, v := range values {
		radix = max(radix, int(v)+1)
	}
	zeros := 0
	for zeros < len(b) && values[b[zeros]] == 0 {
		zeros++
	}
	var words []uint32 // least significant first
	for _, c := range b[zeros:] {
		carry := uint64(values[c])
		for i, w := range words {
			carry += uint64(w) * uint64(radix)
			words[i] = uint32(carry)
			carry >>= 32
		}
		if carry > 0 {
			words = append(words, uint32(carry))
		}
	}
	out := make([]byte, zeros, zeros+4*len(words))
	for i := len(words) - 1; i >= 0; i-- {
		out = binary.BigEndian.AppendUint32(out, words[i])
	}
	number := bytes.TrimLeft(out[zeros:], "\x00")
	return append(out[:zeros], number...), len(b)
}

// decode32 and decode64 read five and six bits a sign, the most significant
// first; bits that are left over are ignored.
func decode32(b []byte, values *[256]int8) ([]byte, int) { return decodeBits(b, values, 5) }
func decode64(b []byte, values *[256]int8) ([]byte, int) { return decodeBits(b, values, 6) }

func decodeBits(b []byte, values *[256]int8, width uint) ([]byte, int) {
	out := make([]byte, 0, len(b)*int(width)/8)
	var held, n uint
	for _, c := range b {
		held = held<<width | uint(values[c])
		if n += width; n >= 8 {
			n -= 8
			out = append(out, byte(held>>n))
		}
	}
	return out, len(b)
}
