package peel

// All returns every peeler, in the order in which they are asked: those that
// know their format by its beginning first, ciphers last.
func All() []Peeler {
	all := append(structural(), embedded()...)
	return append(all, keyedPeeler{}, xorPeeler{}, bytewisePeeler{}, affinePeeler{})
}

// embedded are the peelers of runs, which may stand anywhere in a layer.
func embedded() []Peeler {
	return []Peeler{
		compressPeeler{}, dictionaryPeeler{}, hexPeeler{}, base64Peeler{}, base32Peeler{},
		dumpPeeler{}, uuPeeler{}, numbersPeeler{}, baseNPeeler{}, insidePeeler{}, tailPeeler{}, reversePeeler{},
	}
}

// structural are the peelers that need neither keys nor cribs, and read
// their input from the front.
func structural() []Peeler {
	all := []Peeler{
		httpPeeler{}, chunkedPeeler{}, multipartPeeler{}, mailPeeler{}, jsonPeeler{}, formPeeler{}, markupPeeler{},
		http2Peeler{}, grpcPeeler{}, websocketPeeler{}, dnsPeeler{},
		zipPeeler{}, tarPeeler{}, archivePeeler{}, sqlitePeeler{}, bplistPeeler{}, asn1Peeler{}, bsonPeeler{},
		pngPeeler{}, jpegPeeler{}, thriftPeeler{}, saltedPeeler{},
	}
	all = append(append(all, itemPeelers()...), protobufPeeler{}, framePeeler{}, widePeeler{})
	return append(append(all, textPeelers()...), rotatePeeler{})
}
