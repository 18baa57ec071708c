package keyspeed

import "golang.org/x/sys/cpu"

// best is the highest level of this processor.
func best() level {
	x := &cpu.X86
	switch {
	case x.HasAVX512VAES && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL:
		return avx512
	case x.HasAES && x.HasAVX:
		return avx
	}
	return portable
}

func (a *AES) expandFast(size int) {
	wide := a.level == avx512
	switch {
	case size == 16 && wide:
		expand128AVX512(&a.enc, &a.lo)
	case size == 16:
		expand128AVX(&a.enc, &a.lo)
	case size == 24 && wide:
		expand192AVX512(&a.enc, &a.lo, &a.hi)
	case size == 24:
		expand192AVX(&a.enc, &a.lo, &a.hi)
	case wide:
		expand256AVX512(&a.enc, &a.lo, &a.hi)
	default:
		expand256AVX(&a.enc, &a.lo, &a.hi)
	}
}

func (a *AES) encryptFast(out, in *Blocks) {
	if a.level == avx512 {
		encryptAVX512(out, in, &a.enc, a.rounds)
		return
	}
	encryptAVX(out, in, &a.enc, a.rounds)
}

func (a *AES) decryptFast(out, in *Blocks) {
	wide := a.level == avx512
	if !a.inverted {
		if a.inverted = true; wide {
			inverseAVX512(&a.dec, &a.enc, a.rounds)
		} else {
			inverseAVX(&a.dec, &a.enc, a.rounds)
		}
	}
	if wide {
		decryptAVX512(out, in, &a.dec, a.rounds)
		return
	}
	decryptAVX(out, in, &a.dec, a.rounds)
}

// The schedules of Lanes keys, whose first 16 bytes are lo and whose rest is
// hi.

//go:noescape
func expand128AVX(enc *schedule, lo *Blocks)

//go:noescape
func expand192AVX(enc *schedule, lo *Blocks, hi *Blocks)

//go:noescape
func expand256AVX(enc *schedule, lo *Blocks, hi *Blocks)

//go:noescape
func expand128AVX512(enc *schedule, lo *Blocks)

//go:noescape
func expand192AVX512(enc *schedule, lo *Blocks, hi *Blocks)

//go:noescape
func expand256AVX512(enc *schedule, lo *Blocks, hi *Blocks)

// The schedules for decryption, out of those for encryption.

//go:noescape
func inverseAVX(dec *schedule, enc *schedule, rounds int)

//go:noescape
func inverseAVX512(dec *schedule, enc *schedule, rounds int)

// One block for each lane; out may be in.

//go:noescape
func encryptAVX(out *Blocks, in *Blocks, keys *schedule, rounds int)

//go:noescape
func decryptAVX(out *Blocks, in *Blocks, keys *schedule, rounds int)

//go:noescape
func encryptAVX512(out *Blocks, in *Blocks, keys *schedule, rounds int)

//go:noescape
func decryptAVX512(out *Blocks, in *Blocks, keys *schedule, rounds int)
