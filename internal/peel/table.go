package peel

// All returns every peeler, in the order in which they are asked: those that
// know their format by its beginning first, ciphers last.
func All() []Peeler {
	return append(structural(), hexPeeler{}, base64Peeler{}, base32Peeler{}, blockPeeler{}, streamPeeler{}, xorPeeler{}, bytewisePeeler{})
}

// structural are the peelers that need neither keys nor cribs, and read
// their input from the front.
func structural() []Peeler {
	all := []Peeler{httpPeeler{}, chunkedPeeler{}, multipartPeeler{}, jsonPeeler{}, formPeeler{}}
	return append(append(all, textPeelers()...), compressPeeler{})
}
