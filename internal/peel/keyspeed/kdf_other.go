//go:build !amd64

package keyspeed

// pbkdf2Fast is never called: there are no wide registers.
func pbkdf2Fast(h Hash, passwords [][]byte, salt []byte, rounds, n int) [][]byte {
	out := make([][]byte, len(passwords))
	for i, p := range passwords {
		out[i] = pbkdf2Slow(h, p, salt, rounds, n)
	}
	return out
}
