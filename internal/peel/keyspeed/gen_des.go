//go:build ignore

// gen_des searches for small circuits of the S-boxes of DES and writes them
// as Go: for each output bit it adds gates until one fits, as Kwan describes
// ("Reducing the gate count of bitslice DES", 1999): an old gate, two or three
// of them joined, or else two smaller problems joined by one input. Choices
// are by chance, and the smallest circuit of many tries is kept.
//
//	go run gen_des.go SECONDS
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"math/bits"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// The S-boxes of FIPS 46-3, by row and column.
var sboxes = [8][64]byte{
	{14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
		4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13},
	{15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
		0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9},
	{10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
		13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12},
	{7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
		10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14},
	{2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
		4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3},
	{12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
		9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13},
	{4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
		1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12},
	{13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
		7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11},
}

// A gate joins two earlier ones; the first six are the inputs.
type gate struct {
	op   string
	a, b int
}

type circuit struct {
	gates  []gate
	tables []uint64 // what each gate gives for the 64 inputs
	limit  int
	r      *rand.Rand
}

var ops = []struct {
	name string
	f    func(a, b uint64) uint64
}{
	{"^", func(a, b uint64) uint64 { return a ^ b }},
	{"&", func(a, b uint64) uint64 { return a & b }},
	{"|", func(a, b uint64) uint64 { return a | b }},
	{"&^", func(a, b uint64) uint64 { return a &^ b }},
}

func (c *circuit) add(op string, a, b int) int {
	t := ^c.tables[a]
	for _, o := range ops {
		if o.name == op {
			t = o.f(c.tables[a], c.tables[b])
		}
	}
	for i, old := range c.tables {
		if old == t {
			return i
		}
	}
	c.gates = append(c.gates, gate{op, a, b})
	c.tables = append(c.tables, t)
	return len(c.gates) - 1
}

// fit returns a gate that gives target where mask is set, or -1 if the
// circuit becomes too large.
func (c *circuit) fit(target, mask uint64, vars uint) int {
	target &= mask
	for i := len(c.tables) - 1; i >= 0; i-- {
		if c.tables[i]&mask == target {
			return i
		}
	}
	if len(c.gates) >= c.limit {
		return -1
	}
	for i, t := range c.tables {
		if ^t&mask == target {
			return c.add("~", i, i)
		}
	}
	if i := c.two(target, mask); i >= 0 {
		return i
	}
	if len(c.gates)+1 >= c.limit {
		return -1
	}
	if i := c.three(target, mask); i >= 0 {
		return i
	}
	return c.split(target, mask, vars)
}

func (c *circuit) two(target, mask uint64) int {
	n := len(c.tables)
	from := c.r.IntN(n)
	for k := range n {
		i := (from + k) % n
		a := c.tables[i] & mask
		for j := range c.tables {
			b := c.tables[j] & mask
			switch {
			case j < i && a^b == target:
				return c.add("^", i, j)
			case j < i && a&b == target:
				return c.add("&", i, j)
			case j < i && a|b == target:
				return c.add("|", i, j)
			case a&^b == target:
				return c.add("&^", i, j)
			}
		}
	}
	return -1
}

// three tries (a op b) op c.
func (c *circuit) three(target, mask uint64) int {
	n := len(c.tables)
	from := c.r.IntN(n)
	for k := range n {
		i := (from + k) % n
		for j := range c.tables {
			for o := range ops {
				if ops[o].name != "&^" && j >= i {
					continue
				}
				ab := ops[o].f(c.tables[i], c.tables[j]) & mask
				for m := range c.tables {
					x := c.tables[m] & mask
					op := ""
					switch {
					case ab^x == target:
						op = "^"
					case ab&x == target:
						op = "&"
					case ab|x == target:
						op = "|"
					case ab&^x == target:
						op = "&^"
					case x&^ab == target:
						return c.add("&^", m, c.add(ops[o].name, i, j))
					default:
						continue
					}
					return c.add(op, c.add(ops[o].name, i, j), m)
				}
			}
		}
	}
	return -1
}

// split chooses an input and joins what fits where it is 0 and where it is 1.
func (c *circuit) split(target, mask uint64, vars uint) int {
	if vars == 0 {
		return -1
	}
	v := 0
	for n := c.r.IntN(bits.OnesCount(vars)); ; v++ {
		if vars>>v&1 == 1 {
			if n == 0 {
				break
			}
			n--
		}
	}
	vars &^= 1 << v
	on := c.tables[v]
	switch c.r.IntN(3) {
	case 0: // low ^ (high & v)
		low := c.fit(target, mask&^on, vars)
		if low < 0 {
			return -1
		}
		high := c.fit(target^c.tables[low], mask&on, vars)
		if high < 0 {
			return -1
		}
		return c.add("^", low, c.add("&", high, v))
	case 1: // high ^ (low &^ v)
		high := c.fit(target, mask&on, vars)
		if high < 0 {
			return -1
		}
		low := c.fit(target^c.tables[high], mask&^on, vars)
		if low < 0 {
			return -1
		}
		return c.add("^", high, c.add("&^", low, v))
	}
	// high ^ (low | v): high is the inverse
	high := c.fit(^target, mask&on, vars)
	if high < 0 {
		return -1
	}
	low := c.fit(target^c.tables[high], mask&^on, vars)
	if low < 0 {
		return -1
	}
	return c.add("^", high, c.add("|", low, v))
}

// attempt makes a circuit for a whole box in a random order of its outputs.
func attempt(targets [4]uint64, limit int, r *rand.Rand) (*circuit, [4]int) {
	c := &circuit{limit: limit, r: r}
	for i := range 6 {
		var t uint64
		for x := range 64 {
			t |= uint64(x>>(5-i)&1) << x
		}
		c.gates = append(c.gates, gate{"in", i, i})
		c.tables = append(c.tables, t)
	}
	var outs [4]int
	for _, o := range r.Perm(4) {
		if outs[o] = c.fit(targets[o], ^uint64(0), 63); outs[o] < 0 || len(c.gates) > limit {
			return nil, outs
		}
	}
	return c, outs
}

// targets of a box; input x has the bits as they come out of the expansion.
func targets(box [64]byte) (t [4]uint64) {
	for x := range 64 {
		row, column := x>>4&2|x&1, x>>1&15
		for o := range 4 {
			t[o] |= uint64(box[16*row+column]>>(3-o)&1) << x
		}
	}
	return t
}

func main() {
	seconds := 10
	if len(os.Args) > 1 {
		seconds, _ = strconv.Atoi(os.Args[1])
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, "// Code generated by gen_des.go; DO NOT EDIT.\n\npackage keyspeed")
	total := 0
	for i, box := range sboxes {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		var best *circuit
		var outs [4]int
		limit := 200
		for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end) || best == nil; {
			if c, o := attempt(targets(box), limit, r); c != nil {
				best, outs, limit = c, o, len(c.gates)-1
			}
		}
		total += len(best.gates) - 6
		fmt.Fprintf(os.Stderr, "S%d: %d gates\n", i+1, len(best.gates)-6)
		write(&out, i, best, outs)
	}
	fmt.Fprintf(os.Stderr, "mean %.1f\n", float64(total)/8)
	writeRound(&out)
	b, err := format.Source(out.Bytes())
	if err == nil {
		err = os.WriteFile("des_sboxes.go", b, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// permutation P of FIPS 46-3.
var permutation = [32]int{16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
	2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25}

// writeRound writes one round; expansion and permutation are only indices.
func writeRound(out *bytes.Buffer) {
	fmt.Fprint(out, `
// round adds f(r, key) to l; at says which planes of the key are used.
func round(l, r *[32]uint64, key *[64]uint64, at *[48]uint16) {
	var a, b, c, d uint64
`)
	for box := range 8 {
		fmt.Fprintf(out, "a, b, c, d = sbox%d(", box+1)
		for i := range 6 {
			fmt.Fprintf(out, "r[%d]^key[at[%d]/planeSize&63],", (4*box+i+31)%32, 6*box+i)
		}
		fmt.Fprintln(out, ")")
		for q, from := range permutation {
			if (from-1)/4 == box {
				fmt.Fprintf(out, "l[%d] ^= %c\n", q, 'a'+(from-1)%4)
			}
		}
	}
	fmt.Fprintln(out, "}")
}

func write(out *bytes.Buffer, box int, c *circuit, outs [4]int) {
	fmt.Fprintf(out, "\n// sbox%d is an S-box in %d gates.\nfunc sbox%d(x0, x1, x2, x3, x4, x5 uint64) (uint64, uint64, uint64, uint64) {\n", box+1, len(c.gates)-6, box+1)
	name := func(i int) string { return fmt.Sprintf("x%d", i) }
	used := map[int]bool{}
	for _, o := range outs {
		used[o] = true
	}
	for i := len(c.gates) - 1; i >= 6; i-- {
		if used[i] {
			used[c.gates[i].a], used[c.gates[i].b] = true, true
		}
	}
	for i, g := range c.gates {
		switch {
		case i < 6 || !used[i]:
		case g.op == "~":
			fmt.Fprintf(out, "%s := ^%s\n", name(i), name(g.a))
		default:
			fmt.Fprintf(out, "%s := %s %s %s\n", name(i), name(g.a), g.op, name(g.b))
		}
	}
	fmt.Fprintf(out, "return %s, %s, %s, %s\n}\n", name(outs[0]), name(outs[1]), name(outs[2]), name(outs[3]))
}
