package unpack

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

func inflater(b []byte) io.Reader { return flate.NewReader(bytes.NewReader(b)) }

// overlay opens what an installer carries behind its program, from an offset
// on, or among its sections.
func (w *walker) overlay(p Part, from int) error {
	rest := p.Bytes[from:]
	switch {
	case bytes.Contains(rest, []byte(nsisMark)):
		return w.nsis(p, from+bytes.Index(rest, []byte(nsisMark))-4)
	case bytes.Contains(rest, []byte(innoChunk)) && bytes.Contains(p.Bytes, []byte("Inno Setup")):
		return w.inno(p, from)
	case isZip(p.Bytes):
		_, err := openZip(w, p)
		return err
	}
	// A cabinet may be a resource as well.
	for _, s := range Sections(p.Bytes) {
		if s.Name != "overlay" && s.Name != ".rsrc" {
			continue
		}
		if err := w.hidden(p, s); err != nil {
			return err
		}
	}
	return nil
}

// hidden opens an archive that stands somewhere in a section.
func (w *walker) hidden(p Part, s Section) error {
	for _, magic := range []string{"MSCF\x00\x00\x00\x00", "7z\xbc\xaf\x27\x1c", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"} {
		if at := bytes.Index(p.Bytes[s.From:s.To], []byte(magic)); at >= 0 {
			return w.inside(p, fmt.Sprintf("archive at %#x", s.From+at), p.Bytes[s.From+at:s.To])
		}
	}
	return nil
}

// nsisMark stands in the first header of NSIS, behind its flags.
const nsisMark = "\xef\xbe\xad\xdeNullsoftInst"

// nsis opens an installer of the Nullsoft system: 28 bytes of header, then
// blocks, each for itself or all in one stream, by deflate, bzip2 or LZMA.
func (w *walker) nsis(p Part, at int) error {
	data := cut(p.Bytes, at+28, len(p.Bytes))
	if size := u32(p.Bytes, at+24) - 28; size > 0 {
		data = cut(data, 0, size)
	}
	if u32(data, 0)&0x80000000 != 0 {
		return w.nsisBlocks(p, at+28, data)
	}
	all, err := w.nsisStream(data)
	if len(all) == 0 {
		w.note(p.Name, at+28, "NSIS: its data cannot be inflated: %v", err)
		return nil
	}
	return w.inside(p, "NSIS data", all)
}

// nsisBlocks opens blocks that are compressed each for itself.
func (w *walker) nsisBlocks(p Part, base int, data []byte) error {
	for at, i := 0, 0; at+4 <= len(data) && i < w.Limits.Parts; i++ {
		size := u32(data, at)
		packed := size&0x80000000 != 0
		block := cut(data, at+4, size&0x7fffffff)
		if at += 4 + size&0x7fffffff; len(block) == 0 {
			break
		}
		if packed {
			plain, err := w.nsisStream(block)
			if len(plain) == 0 {
				w.note(p.Name, base+at, "NSIS: block %d cannot be inflated: %v", i, err)
				continue
			}
			block = plain
		}
		if err := w.inside(p, fmt.Sprintf("NSIS block %d", i), block); err != nil {
			return err
		}
	}
	return nil
}

// nsisStream inflates one stream by the method that it looks like.
func (w *walker) nsisStream(b []byte) ([]byte, error) {
	for range 2 {
		if len(b) > 5 && b[0] == 0x5d && le(b, 1, 4) >= 1<<12 && b[3] <= 0x80 {
			return w.lzma(b)
		}
		if len(b) == 0 || b[0] > 1 {
			break
		}
		if b[0] == 1 || len(b) > 1 && b[1] == 0x5d {
			b = b[1:] // says whether a filter for jumps was used
		}
	}
	plain, _, err := w.inflate(inflater(b))
	return plain, err
}

// lzma inflates a raw stream behind its five bytes of properties, by giving
// it the head of a file of unknown length.
func (w *walker) lzma(b []byte) ([]byte, error) {
	if len(b) < 6 {
		return nil, io.ErrUnexpectedEOF
	}
	file := append(append(bytes.Clone(b[:5]), bytes.Repeat([]byte{0xff}, 8)...), b[5:]...)
	return w.decode("lzma", file)
}

// lzma2 inflates a raw stream behind its byte of properties, by building the
// container of xz around it.
func (w *walker) lzma2(b []byte) ([]byte, error) {
	if len(b) < 2 {
		return nil, io.ErrUnexpectedEOF
	}
	file := append([]byte("\xfd7zXZ\x00"), 0, 0)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE(file[6:8]))
	block := []byte{2, 0, 0x21, 1, b[0], 0, 0, 0}
	file = append(file, block...)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE(block))
	return w.decode("xz", append(file, b[1:]...))
}

// innoChunk stands in front of each compressed chunk of Inno Setup.
const innoChunk = "zlb\x1a"

// innoWork bounds the bytes that are handed to inflaters, since a chunk does
// not say where it ends.
const innoWork = 2 << 30

func (w *walker) inno(p Part, from int) error {
	work := 0
	for i := range w.Limits.Parts {
		if work += len(p.Bytes) - from; work > innoWork {
			w.note(p.Name, from, "Inno Setup: only the first %d chunks were opened", i)
			return nil
		}
		next := bytes.Index(p.Bytes[from:], []byte(innoChunk))
		if next < 0 {
			return nil
		}
		from += next + len(innoChunk)
		plain, err := w.innoStream(p.Bytes[from:])
		if len(plain) == 0 {
			w.note(p.Name, from, "Inno Setup: chunk %d cannot be inflated: %v", i, err)
			continue
		}
		if err := w.inside(p, fmt.Sprintf("Inno chunk %d", i), plain); err != nil {
			return err
		}
	}
	return nil
}

// innoStream inflates a chunk: zlib, bzip2, LZMA or LZMA2.
func (w *walker) innoStream(b []byte) ([]byte, error) {
	switch {
	case len(b) < 6:
		return nil, io.ErrUnexpectedEOF
	case bytes.HasPrefix(b, []byte("BZh")):
		return w.decode("bzip2", b)
	case b[0] == 0x5d && b[1] == 0:
		return w.lzma(b)
	case b[0] == 0x78:
		r, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		plain, _, err := w.inflate(r)
		return plain, err
	case b[0] <= 40:
		return w.lzma2(b)
	}
	return nil, fmt.Errorf("an unknown method")
}

// openCab reads a cabinet (MS-CAB 2): folders of blocks, stored or MSZIP,
// and files within the folders.
func openCab(w *walker, p Part) (bool, error) {
	b := p.Bytes
	folders, files, flags, at := u16(b, 26), u16(b, 28), u16(b, 30), 36
	perFolder, perBlock := 0, 0
	if flags&4 != 0 {
		perFolder, perBlock = int(le(b, 38, 1)), int(le(b, 39, 1))
		at += 4 + u16(b, 36)
	}
	for range flags&1 + flags>>1&1 { // names of the cabinets before and after
		for range 2 {
			at += bytes.IndexByte(append(cut(b, at, 256), 0), 0) + 1
		}
	}
	data := make([][]byte, 0, min(folders, 64))
	for i := range min(folders, 4096) {
		head := at + i*(8+perFolder)
		f := cabFolder{at: u32(b, head), blocks: u16(b, head+4), method: u16(b, head+6), extra: perBlock}
		plain, err := f.inflate(b, w.Limits.PartBytes)
		if err != nil {
			w.note(p.Name, head, "cab: folder %d is broken after %d bytes: %v", i, len(plain), err)
		}
		// What a folder is read from counts, too: folders may share blocks.
		if err := w.count(p, len(plain)+f.read); err != nil {
			return false, err
		}
		data = append(data, plain)
	}
	return w.cabFiles(p, u32(b, 16), files, data)
}

func (w *walker) cabFiles(p Part, at, files int, data [][]byte) (bool, error) {
	for range files {
		size, from, folder := u32(p.Bytes, at), u32(p.Bytes, at+4), u16(p.Bytes, at+8)
		name := cut(p.Bytes, at+16, 256)
		end := bytes.IndexByte(name, 0)
		if end < 0 {
			w.note(p.Name, at, "cab: the name of a file is broken")
			return false, nil
		}
		at += 17 + end
		if folder >= len(data) {
			continue // goes on in another cabinet
		}
		if err := w.inside(p, string(name[:end]), cut(data[folder], from, size)); err != nil {
			return false, err
		}
	}
	return files > 0, nil
}

// cabFolder is a run of blocks: where it begins, how it is compressed, and how
// many bytes stand behind the head of each block.
type cabFolder struct{ at, blocks, method, extra, read int }

// cabBlockCost is what a block counts for besides its bytes.
const cabBlockCost = 4096

// inflate joins the blocks of a folder. Those of MSZIP are deflated, each with
// what came before as its dictionary.
func (f *cabFolder) inflate(b []byte, limit int64) ([]byte, error) {
	var out []byte
	at := f.at
	for range f.blocks {
		size, plainSize := u16(b, at+4), u16(b, at+6)
		block := cut(b, at+8+f.extra, size)
		if len(block) < size || size == 0 {
			return out, io.ErrUnexpectedEOF
		}
		at += 8 + f.extra + size
		f.read += size + cabBlockCost
		plain, err := f.block(block, plainSize, out)
		if out = append(out, plain...); err != nil {
			return out, err
		}
		if int64(len(out)) > limit {
			return out, fmt.Errorf("only the first %d bytes were opened", len(out))
		}
	}
	return out, nil
}

func (f *cabFolder) block(b []byte, plainSize int, before []byte) ([]byte, error) {
	switch f.method & 15 {
	case 0:
		return b, nil
	case 1:
		if !bytes.HasPrefix(b, []byte("CK")) {
			return nil, fmt.Errorf("a block without its mark")
		}
		r := flate.NewReaderDict(bytes.NewReader(b[2:]), before[max(0, len(before)-1<<15):])
		return io.ReadAll(io.LimitReader(r, int64(plainSize)))
	}
	return nil, fmt.Errorf("compression method %d is not known: unpack it first", f.method&15)
}
