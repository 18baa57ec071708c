package peel

import (
	"encoding/binary"
	"errors"
	"io"
)

var errLZMA = errors.New("not LZMA")

// lzmaDecoder decodes LZMA symbols as the format's specification describes
// them. Everything decoded stays in out, which is the dictionary as well;
// whoever reads must stop at a limit of his own.
type lzmaDecoder struct {
	rc         rangeDecoder
	out        []byte
	lc, lp, pb uint
	state      int
	reps       [4]uint32
	probs      lzmaProbs
}

// lzmaProbs are the adaptive probabilities.
type lzmaProbs struct {
	match, rep0Long          [12 << 4]uint16
	rep, repG0, repG1, repG2 [12]uint16
	slots                    [4][64]uint16
	special                  [128]uint16
	align                    [16]uint16
	lengths, repLengths      lzmaLength
	literals                 []uint16
}

// lzmaLength is the model of match lengths.
type lzmaLength struct {
	choice   [2]uint16
	low, mid [16][8]uint16
	high     [256]uint16
}

const probInit = 1 << 10

func fill(probs []uint16) {
	for i := range probs {
		probs[i] = probInit
	}
}

func (l *lzmaLength) reset() {
	fill(l.choice[:])
	fill(l.high[:])
	for i := range l.low {
		fill(l.low[i][:])
		fill(l.mid[i][:])
	}
}

// props takes the byte that holds lc, lp and pb.
func (d *lzmaDecoder) props(b byte) error {
	if b >= 9*5*5 {
		return errLZMA
	}
	d.lc, d.lp, d.pb = uint(b%9), uint(b/9%5), uint(b/45)
	return nil
}

// reset sets the state and every probability back.
func (d *lzmaDecoder) reset() {
	d.state, d.reps = 0, [4]uint32{}
	p := &d.probs
	for _, t := range [][]uint16{p.match[:], p.rep0Long[:], p.rep[:], p.repG0[:], p.repG1[:], p.repG2[:], p.special[:], p.align[:]} {
		fill(t)
	}
	for i := range p.slots {
		fill(p.slots[i][:])
	}
	p.lengths.reset()
	p.repLengths.reset()
	if n := 0x300 << (d.lc + d.lp); len(p.literals) != n {
		p.literals = make([]uint16, n)
	}
	fill(p.literals)
}

// symbol decodes one literal or match; done at the end marker.
func (d *lzmaDecoder) symbol() (done bool, err error) {
	p := &d.probs
	pos := len(d.out) & (1<<d.pb - 1)
	switch {
	case d.rc.bit(&p.match[d.state<<4+pos]) == 0:
		d.literal()
		return false, d.rc.err
	case d.rc.bit(&p.rep[d.state]) == 0:
		done = d.match(pos)
	default:
		d.repeat(pos)
	}
	if d.rc.err == nil && !done && int64(d.reps[0]) >= int64(len(d.out)) {
		d.rc.err = errLZMA // a distance to before the beginning
	}
	return done, d.rc.err
}

func (d *lzmaDecoder) literal() {
	prev := 0
	if len(d.out) > 0 {
		prev = int(d.out[len(d.out)-1])
	}
	ctx := (len(d.out)&(1<<d.lp-1))<<d.lc + prev>>(8-d.lc)
	probs := d.probs.literals[0x300*ctx:]
	symbol := 1
	if d.state >= 7 {
		symbol = d.matched(probs)
	}
	for symbol < 0x100 {
		symbol = symbol<<1 | d.rc.bit(&probs[symbol])
	}
	if d.rc.err == nil {
		d.out = append(d.out, byte(symbol))
	}
	switch {
	case d.state < 4:
		d.state = 0
	case d.state < 10:
		d.state -= 3
	default:
		d.state -= 6
	}
}

// matched decodes the first bits of a literal behind a match, as long as
// they equal the byte that the match would have gone on with.
func (d *lzmaDecoder) matched(probs []uint16) int {
	symbol := 1
	at := len(d.out) - int(d.reps[0]) - 1
	if at < 0 {
		d.rc.err = errLZMA
		return 0x100
	}
	for match := int(d.out[at]); symbol < 0x100; {
		bit := match >> 7 & 1
		match <<= 1
		got := d.rc.bit(&probs[(1+bit)<<8+symbol])
		symbol = symbol<<1 | got
		if got != bit {
			break
		}
	}
	return symbol
}

// match decodes a new distance; true at the end marker.
func (d *lzmaDecoder) match(pos int) bool {
	d.reps[3], d.reps[2], d.reps[1] = d.reps[2], d.reps[1], d.reps[0]
	length := d.length(&d.probs.lengths, pos)
	if d.state = 7 + 3*b2i(d.state >= 7); d.rc.err != nil {
		return false
	}
	d.reps[0] = d.distance(length)
	if d.reps[0] == 1<<32-1 {
		return true
	}
	d.copy(length)
	return false
}

// repeat decodes a match at one of the last four distances.
func (d *lzmaDecoder) repeat(pos int) {
	p := &d.probs
	late := b2i(d.state >= 7)
	if d.rc.bit(&p.repG0[d.state]) == 0 {
		if d.rc.bit(&p.rep0Long[d.state<<4+pos]) == 0 {
			d.state = 9 + 2*late
			d.copy(1)
			return
		}
	} else {
		n := 1
		if d.rc.bit(&p.repG1[d.state]) == 1 {
			n = 2 + d.rc.bit(&p.repG2[d.state])
		}
		distance := d.reps[n]
		copy(d.reps[1:n+1], d.reps[:n])
		d.reps[0] = distance
	}
	length := d.length(&p.repLengths, pos)
	d.state = 8 + 3*late
	d.copy(length)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (d *lzmaDecoder) copy(length int) {
	at := len(d.out) - int(d.reps[0]) - 1
	if at < 0 || d.rc.err != nil {
		return
	}
	for range length {
		d.out = append(d.out, d.out[at])
		at++
	}
}

func (d *lzmaDecoder) length(l *lzmaLength, pos int) int {
	switch {
	case d.rc.bit(&l.choice[0]) == 0:
		return 2 + d.rc.tree(l.low[pos][:], 3)
	case d.rc.bit(&l.choice[1]) == 0:
		return 10 + d.rc.tree(l.mid[pos][:], 3)
	}
	return 18 + d.rc.tree(l.high[:], 8)
}

func (d *lzmaDecoder) distance(length int) uint32 {
	slot := d.rc.tree(d.probs.slots[min(length-2, 3)][:], 6)
	if slot < 4 {
		return uint32(slot)
	}
	bits := slot>>1 - 1
	distance := uint32(2|slot&1) << bits
	if slot < 14 {
		return distance + uint32(d.rc.reverse(d.probs.special[int(distance)-slot:], bits))
	}
	distance += d.rc.direct(bits-4) << 4
	return distance + uint32(d.rc.reverse(d.probs.align[:], 4))
}

// rangeDecoder is LZMA's binary arithmetic decoder. The first error stays.
type rangeDecoder struct {
	r         io.ByteReader
	rng, code uint32
	err       error
}

func (rc *rangeDecoder) start(r io.ByteReader) error {
	*rc = rangeDecoder{r: r, rng: 1<<32 - 1}
	var head [5]byte
	for i := range head {
		head[i] = rc.next()
	}
	if rc.err == nil && head[0] != 0 {
		rc.err = errLZMA
	}
	rc.code = binary.BigEndian.Uint32(head[1:])
	return rc.err
}

func (rc *rangeDecoder) next() byte {
	if rc.err != nil {
		return 0
	}
	b, err := rc.r.ReadByte()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	rc.err = err
	return b
}

func (rc *rangeDecoder) normalize() {
	if rc.rng < 1<<24 {
		rc.rng <<= 8
		rc.code = rc.code<<8 | uint32(rc.next())
	}
}

func (rc *rangeDecoder) bit(prob *uint16) int {
	rc.normalize()
	bound := rc.rng >> 11 * uint32(*prob)
	if rc.code < bound {
		rc.rng = bound
		*prob += (1<<11 - *prob) >> 5
		return 0
	}
	rc.rng -= bound
	rc.code -= bound
	*prob -= *prob >> 5
	return 1
}

func (rc *rangeDecoder) direct(bits int) uint32 {
	var v uint32
	for range bits {
		rc.normalize()
		rc.rng >>= 1
		v <<= 1
		if rc.code >= rc.rng {
			rc.code -= rc.rng
			v |= 1
		}
	}
	return v
}

func (rc *rangeDecoder) tree(probs []uint16, bits int) int {
	m := 1
	for range bits {
		m = m<<1 | rc.bit(&probs[m])
	}
	return m - 1<<bits
}

func (rc *rangeDecoder) reverse(probs []uint16, bits int) int {
	m, v := 1, 0
	for i := range bits {
		b := rc.bit(&probs[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}
