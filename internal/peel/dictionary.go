package peel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/adler32"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// dictionaryPeeler opens zlib and zstd streams that begin with the sum or the
// number of a preset dictionary, if the dictionary is among the keys:
// "zlib:dictionary", "zstd:dictionary", with the dictionary as the key. Else
// it says that there is one, and gives of zlib what needs no dictionary.
type dictionaryPeeler struct{}

func (dictionaryPeeler) Name() string { return "dictionary" }

func (dictionaryPeeler) Peel(in Input) []Candidate {
	if len(in.Bytes) < 12 || in.Shape.ascii() {
		return nil
	}
	if id := zstdDictionary(in.Bytes); id != 0 {
		return []Candidate{zstdWith(in, id)}
	}
	b := in.Bytes
	if b[0]&0x0f != 8 || b[0]>>4 > 7 || b[1]&0x20 == 0 || binary.BigEndian.Uint16(b)%31 != 0 {
		return nil
	}
	sum := binary.BigEndian.Uint32(b[2:])
	for i := range in.Keys {
		if adler32.Checksum(in.Keys[i].Bytes) != sum {
			continue
		}
		plain, err := openDictionary("zlib:dictionary", in.Keys[i].Bytes, b, in.Limit)
		if c, ok := dictionaryBid("zlib", plain, err, &in.Keys[i]); ok {
			return []Candidate{c}
		}
	}
	plain, known, clean := inflateUnknown(b[6:], in.Limit)
	if !clean || len(plain) < 12 {
		return nil
	}
	if known < 8 {
		plain = nil // nothing but references to the dictionary
	}
	return []Candidate{{Coats: []string{"zlib:dictionary"}, Bytes: plain, Score: 0.6, Note: NoteMalformed, Whole: true}}
}

func dictionaryBid(name string, plain []byte, err error, key *Key) (Candidate, bool) {
	c := Candidate{Coats: []string{name + ":dictionary"}, Bytes: plain, Score: 0.98, Key: key, Note: inflateNote(err), Whole: true}
	return c, len(plain) > 0
}

// openDictionary inflates a stream with its dictionary.
func openDictionary(coat string, dictionary, b []byte, limit int) ([]byte, error) {
	switch coat {
	case "zlib:dictionary":
		r, err := zlib.NewReaderDict(bytes.NewReader(b), dictionary)
		if err != nil {
			return nil, err
		}
		return readUpTo(r, limit)
	case "zstd:dictionary":
		d, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20),
			zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true), zstd.WithDecoderDicts(dictionary))
		if err != nil {
			return nil, err
		}
		defer d.Close()
		return readUpTo(d, limit)
	}
	return nil, errCoat
}

const zstdDictionaryHead = "\x37\xa4\x30\xec"

// zstdDictionary is the number of the dictionary that a zstd frame names, 0
// for none.
func zstdDictionary(b []byte) uint32 {
	var h zstd.Header
	if !bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd")) || h.Decode(b) != nil {
		return 0
	}
	return h.DictionaryID
}

func zstdWith(in Input, id uint32) Candidate {
	for i := range in.Keys {
		key := in.Keys[i].Bytes
		if len(key) < 8 || string(key[:4]) != zstdDictionaryHead || binary.LittleEndian.Uint32(key[4:]) != id {
			continue
		}
		plain, err := openDictionary("zstd:dictionary", key, in.Bytes, in.Limit)
		if c, ok := dictionaryBid("zstd", plain, err, &in.Keys[i]); ok {
			return c
		}
	}
	return Candidate{Coats: []string{fmt.Sprintf("zstd:dictionary-%d", id)}, Score: 0.6, Note: NoteMalformed, Whole: true}
}
