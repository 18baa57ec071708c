package unpack_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/unpack"
)

// Archives of two files that end with secret, written by the program 7z.
const (
	// sevenDeflate: Deflate, with a plain header.
	sevenDeflate = "" +
		"377abcaf271c0004647eb7eb4a0000000000000076000000000000002920479eedd1b10d80300c05d155fe041471891826c8865880132117b03d1350a44c94f615d75c89cc6a" +
		"3ba231ae7c0bf206f509c3fbf083de85c26a4fa073861a3c09588aa7dad2f0b6fcfffc070104060001094a00070b010001030401080c83f400080d020981fa0a010c75b64d0c" +
		"75b64d000005030e01800f0180190c00000000000000000000000011350065006d0070007400790000006e006f00740065002e0074007800740000007300650063006f006e00" +
		"64002e0074007800740000000000"
	// sevenBzip2: bzip2, each file a stream of its own.
	sevenBzip2 = "" +
		"377abcaf271c0004778dbca2d8000000000000006a000000000000006914d7ac425a68393141592653595555b8fb0000e619804001180a37efd460200070500000c00a948350" +
		"da4d1a0f2588dab6235b11a1194873fc8bdb7df9f98b91ec8d76239233e08fb8232c11523d2ba11488e2845fc11422f9918229216fd622a469c6fb742ee48a70a120aaab71f6" +
		"425a68393141592653595555b8fb0000e619804001180a37efd460200070500000c00a948350da4d1a0f2588dab6235b11a1194873fc8bdb7df9f98b91ec8d76239233e08fb8" +
		"232c11523d2ba11488e2845fc11422f9918229216fd622a469c6fb742ee48a70a120aaab71f60104060002096c6c00070b0200010304020201030402020c81fa81fa00080a01" +
		"0c75b64d0c75b64d00000502190f0000000000000000000000000000001129006e006f00740065002e0074007800740000007300650063006f006e0064002e00740078007400" +
		"00000000"
	// sevenLZMA2: LZMA2, with a packed header.
	sevenLZMA2 = "" +
		"377abcaf271c000443f5b2b7a80000000000000020000000000000003d114a7ce003f300445d00381848d27f84b2b903a68ea09d747cfb0187b28f04d52b37cd481fd31ae01e" +
		"492a0544be5dc70ad45ae6c21bb47b3c1c75b0ed2c707e0df7d92adeffd98e6586390a8700000000813307ae0fd28dd2fd40c090d2ff7d694d8f82aaa866b0b7bdca5296ae88" +
		"53c5fa12b31f015ef2b81ca95eb8b58c3671f9a54f5588d09ef13898a51f9283487455957dd1bb7a72430367ef498accd23488eb032a566b6530000017064c01095c00070b01" +
		"000123030101055d001000000c760a010244f54e0000"
	// sevenLZMA: LZMA, each file a stream of its own.
	sevenLZMA = "" +
		"377abcaf271c000494dbc907d7000000000000002100000000000000dd17a25200381848d27f84b2b903a68ea09d747cfb0187b28f04d52b37cd481fd31ae01e492a0544be5d" +
		"c70ad45ae6c21bb47b3c1c75b0ed2c707c35d3dd130000381848d27f84b2b903a68ea09d747cfb0187b28f04d52b37cd481fd31ae01e492a0544be5dc70ad45ae6c21bb47b3c" +
		"1c75b0ed2c707c35d3dd13000000813307ae319bd2a193708a3d102479991444051ad973e854056f76953a266391ccf04452f2a5c411fd4c9504ea595706e23a91dd010e7295" +
		"ac8be563d07e83d08c300429eec46ba1b109eb3a2e57685a013d826e5c06748ff9ed09773717067801095f00070b01000123030101055d001000000c80860a011d515d1c0000"
	// sevenLocked: encrypted with a password.
	sevenLocked = "" +
		"377abcaf271c0004eb2bec2e40000000000000006400000000000000c542c21689080e4693e04aa40d4b67d2dab8279260bcab7ba088ad72f8dac70e45cc8cc53127c86dc52c" +
		"30f1ea680a5f3c2854e60d495a1bf07227bf2b79f25ceb919be00104060001094000070b0100032406f1070112530fdc16666891b20be3e36688069f87cb6223030101055d00" +
		"1000000403030103010002010c3c81fa81fa00080a010c75b64d000005011901001113006e006f00740065002e0074007800740000000000"
)

func sevenOf(archive string) []byte {
	b, err := hex.DecodeString(archive)
	if err != nil {
		panic(err) // a constant of this file
	}
	return b
}

// decodeAll lends the walk every decoder.
func decodeAll(coding string, b []byte) ([]byte, error) {
	return peel.Replay([]string{coding}, nil, b)
}

func TestSevenZip(t *testing.T) {
	t.Parallel()
	for name, archive := range map[string]string{"deflate": sevenDeflate, "bzip2": sevenBzip2, "lzma2": sevenLZMA2, "lzma": sevenLZMA} {
		parts, notes := walk(t, "f", sevenOf(archive), unpack.Options{Decode: decodeAll})
		for _, part := range []string{"f!/note.txt", "f!/second.txt"} {
			if p := parts[part]; len(p.Bytes) != 506 || !strings.HasSuffix(string(p.Bytes), secret) {
				t.Errorf("%s: %s: %d bytes; parts %q", name, part, len(p.Bytes), sortedParts(parts))
			}
		}
		if len(notes) > 0 || !parts["f"].Packed {
			t.Errorf("%s: notes %v, packed %v", name, notes, parts["f"].Packed)
		}
	}
	_, notes := walk(t, "f", sevenOf(sevenLocked), unpack.Options{Decode: decodeAll})
	if len(notes) != 1 || !strings.Contains(notes[0].String(), "password") {
		t.Errorf("encrypted: notes %v", notes)
	}
}

// TestSevenZipSurvivesDamage: cut at every place, and with every byte of the
// header changed.
func TestSevenZipSurvivesDamage(t *testing.T) {
	t.Parallel()
	for _, archive := range []string{sevenDeflate, sevenBzip2, sevenLocked} {
		whole := sevenOf(archive)
		limits := unpack.Limits{TotalBytes: 8 << 20}
		for i := range whole {
			walk(t, "f", whole[:i], unpack.Options{Limits: limits})
			for _, c := range []byte{0, 0xff, whole[i] + 1} {
				damaged := append([]byte{}, whole...)
				damaged[i] = c
				walk(t, "f", damaged, unpack.Options{Limits: limits})
			}
		}
	}
}
