//go:build !amd64

package keyspeed

// best is the only level there is: crypto/aes, which uses what the processor
// has.
func best() level { return portable }

func (a *AES) expandFast(size int) { a.expandPortable(size) }

func (a *AES) encryptFast(out, in *Blocks) {
	for i, b := range a.blocks {
		b.Encrypt(out[i][:], in[i][:])
	}
}

func (a *AES) decryptFast(out, in *Blocks) {
	for i, b := range a.blocks {
		b.Decrypt(out[i][:], in[i][:])
	}
}
