package keyspeed

import "golang.org/x/sys/cpu"

// bestDES is avx512 or portable.
func bestDES() level {
	if cpu.X86.HasAVX512F {
		return avx512
	}
	return portable
}

func (d *DES) runFast(key int, inverse bool) {
	from, step := 0, 2*len(d.plan[0])
	if inverse {
		from, step = 15, -step
	}
	rounds512(&d.l, &d.r, &d.keys[key], &d.plan[from][0], step)
}

// rounds512 runs 16 rounds for all lanes; the rows of the plan are step bytes
// apart.
//
//go:noescape
func rounds512(l *half, r *half, key *planes, plan *uint16, step int)
