package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// zipTail is how far from the end the directory's end record may begin.
const zipTail = 1<<16 + 22

// isZip accepts archives with anything in front of them.
func isZip(b []byte) bool {
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return true
	}
	if !bytes.Contains(b[max(0, len(b)-zipTail):], []byte("PK\x05\x06")) {
		return false
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	return (err == nil || errors.Is(err, zip.ErrInsecurePath)) && len(r.File) > 0
}

// Compression methods of ZIP besides stored and deflate (APPNOTE 4.4.5).
const (
	zipBzip2 = 12
	zipZstd  = 93
	zipXZ    = 95
)

func openZip(w *walker, p Part) (bool, error) {
	r, err := zip.NewReader(bytes.NewReader(p.Bytes), int64(len(p.Bytes)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return false, w.zipHeads(p, err)
	}
	whole := len(r.File) > 0
	for _, kind := range []struct {
		method uint16
		coding string
	}{{zipBzip2, "bzip2"}, {zipZstd, "zstd"}, {zipXZ, "xz"}} {
		r.RegisterDecompressor(kind.method, func(packed io.Reader) io.ReadCloser { return w.lazy(kind.coding, packed) })
	}
	for _, f := range r.File {
		ok, err := w.zipEntry(p, f)
		if err != nil {
			return false, err
		}
		whole = whole && ok
	}
	return whole, nil
}

// zipEntry opens one entry; ok is false if it could not be read.
func (w *walker) zipEntry(p Part, f *zip.File) (ok bool, err error) {
	at, err := f.DataOffset()
	if err != nil {
		w.note(p.Name, 0, "%s: its head cannot be read: %v", clean(f.Name), err)
		return false, nil
	}
	if f.Flags&1 != 0 {
		w.note(p.Name, int(at), "%s is encrypted with a password: it was not opened", clean(f.Name))
		return false, nil
	}
	r, err := f.Open()
	if err != nil {
		w.note(p.Name, int(at), "%s: %v", clean(f.Name), err)
		return false, nil
	}
	defer r.Close()
	b, short, err := w.inflate(r)
	if err != nil {
		w.note(p.Name, int(at), "%s: broken after %d bytes: %v", clean(f.Name), len(b), err)
	}
	if short {
		w.note(p.Name, int(at), "%s: only its first %d bytes were opened", clean(f.Name), len(b))
	}
	return err == nil && !short, w.inside(p, f.Name, b)
}

// zipHeads opens an archive without a directory by the heads in front of its
// entries, as far as they say how long these are.
func (w *walker) zipHeads(p Part, why error) error {
	w.note(p.Name, 0, "zip: its directory cannot be read (%v): what its entries' heads name was opened", why)
	at := 0
	for range w.Limits.Parts {
		next := bytes.Index(p.Bytes[at:], []byte("PK\x03\x04"))
		if next < 0 {
			return nil
		}
		at += next
		head := p.Bytes[at:]
		flags, method, size := u16(head, 6), u16(head, 8), u32(head, 18)
		from := 30 + u16(head, 26) + u16(head, 28)
		name, packed := string(cut(head, 30, u16(head, 26))), cut(head, from, len(head))
		if at += 4; len(packed) == 0 || flags&1 != 0 || method != 0 && method != 8 {
			continue
		}
		if flags&8 == 0 {
			packed = cut(packed, 0, size)
		}
		if err := w.headed(p, name, at, method, packed); err != nil {
			return err
		}
	}
	return nil
}

// headed opens one entry that only its head describes.
func (w *walker) headed(p Part, name string, at, method int, packed []byte) error {
	if method == 0 {
		return w.inside(p, name, packed)
	}
	b, _, err := w.inflate(inflater(packed))
	if err != nil {
		w.note(p.Name, at, "%s: broken after %d bytes: %v", clean(name), len(b), err)
	}
	return w.inside(p, name, b)
}

// lazy inflates a stream when it is read.
func (w *walker) lazy(coding string, packed io.Reader) io.ReadCloser {
	b, _, err := w.inflate(packed)
	if err == nil {
		b, err = w.decode(coding, b)
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(b), failing{err}))
}

// failing ends a stream with an error, or with its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// decode inflates a whole stream within the limits.
func (w *walker) decode(coding string, b []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(b))
	case "bzip2":
		r = bzip2.NewReader(bytes.NewReader(b))
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20)); err == nil {
			defer z.Close()
			r = z
		}
	default:
		if w.Decode == nil {
			return nil, fmt.Errorf("%s cannot be read here", coding)
		}
		return w.Decode(coding, b)
	}
	if err != nil {
		return nil, err
	}
	out, short, err := w.inflate(r)
	if short {
		err = fmt.Errorf("only the first %d bytes were opened", len(out))
	}
	return out, err
}

// openStream opens a file that is one compressed stream.
func openStream(w *walker, p Part) (bool, error) {
	b, err := w.decode(p.Format, p.Bytes)
	if err != nil {
		w.note(p.Name, 0, "%s: broken after %d bytes: %v", p.Format, len(b), err)
	}
	return err == nil, w.inside(p, "content", b)
}

func isTar(b []byte) bool { return len(b) >= 512 && string(b[257:262]) == "ustar" }

func openTar(w *walker, p Part) (bool, error) {
	src := bytes.NewReader(p.Bytes)
	r := tar.NewReader(src)
	for range w.Limits.Parts {
		head, err := r.Next()
		at := len(p.Bytes) - src.Len()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			w.note(p.Name, at, "tar: %v", err)
			return false, nil
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		b, short, err := w.inflate(r)
		if err != nil || short {
			w.note(p.Name, at, "%s: only %d of %d bytes could be read", clean(head.Name), len(b), head.Size)
		}
		if err := w.inside(p, strings.TrimPrefix(head.Name, "./"), b); err != nil {
			return false, err
		}
		if err != nil || short {
			return false, nil
		}
	}
	return false, nil
}

// openAr reads archives of libraries, and Debian packages.
func openAr(w *walker, p Part) (bool, error) {
	for at := 8; at+60 <= len(p.Bytes); {
		head := p.Bytes[at : at+60]
		size, err := strconv.Atoi(strings.TrimSpace(string(head[48:58])))
		if err != nil || size < 0 || string(head[58:]) != "`\n" {
			w.note(p.Name, at, "ar: the head of an entry is broken")
			return false, nil
		}
		name := strings.TrimRight(string(head[:16]), " /")
		body := cut(p.Bytes, at+60, size)
		if len(body) < size {
			w.note(p.Name, at, "ar: %s is cut off", clean(name))
		}
		if err := w.inside(p, name, body); err != nil {
			return false, err
		}
		at += 60 + size + size%2
	}
	return true, nil
}

// isCpio accepts the new ASCII formats and the old one.
func isCpio(b []byte) bool {
	return len(b) > 6 && string(b[:5]) == "07070" && (b[5] == '1' || b[5] == '2' || b[5] == '7')
}

// cpioHead is the head of an entry: how long it is, how long the name and the
// body behind it are, and to what each is filled up.
type cpioHead struct{ size, name, body, fill int }

// cpioEntry reads the head of an entry: numbers of eight hex digits, or of six
// and eleven octal ones.
func cpioEntry(b []byte) (cpioHead, bool) {
	head, base, name, body := cpioHead{size: 110, fill: 4}, 16, []int{94, 102}, []int{54, 62}
	switch {
	case len(b) >= 110 && (string(b[:6]) == "070701" || string(b[:6]) == "070702"):
	case len(b) >= 76 && string(b[:6]) == "070707":
		head, base, name, body = cpioHead{size: 76, fill: 1}, 8, []int{59, 65}, []int{65, 76}
	default:
		return head, false
	}
	nameSize, err1 := strconv.ParseUint(string(b[name[0]:name[1]]), base, 32)
	size, err2 := strconv.ParseUint(string(b[body[0]:body[1]]), base, 40)
	head.name, head.body = int(nameSize), int(size)
	return head, err1 == nil && err2 == nil && nameSize > 0
}

// openCpio reads archives of the ASCII formats.
func openCpio(w *walker, p Part) (bool, error) {
	for at := 0; at < len(p.Bytes); {
		head, ok := cpioEntry(p.Bytes[at:])
		if !ok {
			w.note(p.Name, at, "cpio: the head of an entry is broken")
			return false, nil
		}
		name := strings.TrimRight(string(cut(p.Bytes, at+head.size, head.name)), "\x00")
		if name == "TRAILER!!!" {
			break
		}
		up := func(n int) int { return (n + head.fill - 1) / head.fill * head.fill }
		from := at + up(head.size+head.name)
		if err := w.inside(p, strings.TrimPrefix(name, "./"), cut(p.Bytes, from, head.body)); err != nil {
			return false, err
		}
		at = from + up(head.body)
	}
	return true, nil
}

// openRPM skips the lead and both headers; what follows is a compressed cpio.
func openRPM(w *walker, p Part) (bool, error) {
	at := 96
	for i := range 2 {
		if be(p.Bytes, at, 4) != 0x8eade801 {
			w.note(p.Name, at, "rpm: there is no header here")
			return false, nil
		}
		at += 16 + 16*int(be(p.Bytes, at+8, 4)) + int(be(p.Bytes, at+12, 4))
		if i == 0 {
			at = (at + 7) / 8 * 8
		}
	}
	payload := cut(p.Bytes, at, len(p.Bytes))
	return false, w.inside(p, "payload", payload)
}

// isAsar accepts the archives of Electron: a pickle of a pickle of JSON.
func isAsar(b []byte) bool {
	n := u32(b, 12)
	return u32(b, 0) == 4 && len(b) > 18 && n <= asarIndex && u32(b, 4) >= n+4 && n > 0 && n <= len(b)-16 && b[16] == '{'
}

// asarIndex bounds the index, in bytes.
const asarIndex = 32 << 20

// asarNode is a file or a directory of the index.
type asarNode struct {
	Files  map[string]*asarNode `json:"files"`
	Offset string               `json:"offset"`
	Size   int64                `json:"size"`
}

func openAsar(w *walker, p Part) (bool, error) {
	var root asarNode
	if err := json.Unmarshal(p.Bytes[16:16+u32(p.Bytes, 12)], &root); err != nil {
		w.note(p.Name, 16, "asar: its index cannot be read: %v", err)
		return false, nil
	}
	return true, w.asarFiles(p, "", &root, 0)
}

// asarDepth bounds the directories in one another.
const asarDepth = 64

func (w *walker) asarFiles(p Part, dir string, n *asarNode, depth int) error {
	base := 8 + u32(p.Bytes, 4)
	for _, name := range slices.Sorted(maps.Keys(n.Files)) {
		child := n.Files[name]
		if child == nil || depth >= asarDepth {
			continue
		}
		if child.Files != nil {
			if err := w.asarFiles(p, dir+name+"/", child, depth+1); err != nil {
				return err
			}
			continue
		}
		at, err := strconv.Atoi(child.Offset)
		if err != nil || at < 0 || at > len(p.Bytes) || child.Size < 0 || child.Size > int64(len(p.Bytes)) {
			continue // kept beside the archive, or a link
		}
		if err := w.inside(p, dir+name, cut(p.Bytes, base+at, int(child.Size))); err != nil {
			return err
		}
	}
	return nil
}
