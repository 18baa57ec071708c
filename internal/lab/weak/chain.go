package weak

// mask is both the constant of the chain and its first running value.
const mask = 0x68

// The chain of the 3.x lists: every byte is masked and shifted by the byte of
// ciphertext before it, the first one by the mask itself:
//
//	plain[i] = (sealed[i] XOR 0x68) - sealed[i-1]   (mod 256), sealed[-1] = 0x68
//
// It runs over the whole file, line ends included. Because the running value
// is ciphertext, a file cut at any place goes wrong in one byte only: that is
// why half a list still worked for the client, and gave the words away.

func unchain(sealed []byte) []byte {
	plain, running := make([]byte, len(sealed)), byte(mask)
	for i, c := range sealed {
		plain[i] = (c ^ mask) - running
		running = c
	}
	return plain
}

func chain(plain []byte) []byte {
	sealed, running := make([]byte, len(plain)), byte(mask)
	for i, p := range plain {
		running = (p + running) ^ mask
		sealed[i] = running
	}
	return sealed
}
