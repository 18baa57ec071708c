package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale/internal/unpack"
)

const secret = "k3y=32bnx23l; in the depth"

// walk gives the parts by name, and the notes.
func walk(t *testing.T, name string, b []byte, o unpack.Options) (map[string]unpack.Part, []unpack.Note) {
	t.Helper()
	parts := map[string]unpack.Part{}
	notes, err := unpack.Walk(name, b, o, func(p unpack.Part) error {
		parts[p.Name] = p
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts, notes
}

func zipOf(files map[string][]byte, methods ...uint16) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	i := 0
	for _, name := range sortedNames(files) {
		method := zip.Deflate
		if len(methods) > 0 {
			method = methods[i%len(methods)]
		}
		f, _ := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		_, _ = f.Write(files[name])
		i++
	}
	_ = w.Close()
	return b.Bytes()
}

func sortedNames(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zstdOf(b []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(b, nil)
}

func tarOf(name string, b []byte) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: name, Size: int64(len(b)), Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR})
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func asarOf(files string, data []byte) []byte {
	n := (len(files) + 3) / 4 * 4
	b := binary.LittleEndian.AppendUint32(nil, 4)
	b = binary.LittleEndian.AppendUint32(b, uint32(n+8))
	b = binary.LittleEndian.AppendUint32(b, uint32(n+4))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(files)))
	b = append(append(b, files...), make([]byte, n-len(files))...)
	return append(b, data...)
}

func arOf(name string, b []byte) []byte {
	out := fmt.Sprintf("!<arch>\n%-16s%-12d%-6d%-6d%-8s%-10d`\n", name+"/", 0, 0, 0, "644", len(b))
	return append([]byte(out), b...)
}

func cpioOf(name string, b []byte) []byte {
	entry := func(name string, b []byte) []byte {
		out := []byte(fmt.Sprintf("070701%s%08x%s%08x%08x", strings.Repeat("0", 48), len(b), strings.Repeat("0", 32), len(name)+1, 0))
		out = append(out, name...)
		out = append(out, make([]byte, 4-len(out)%4)...)
		return append(append(out, b...), make([]byte, (4-len(b)%4)%4)...)
	}
	return append(entry("./"+name, b), entry("TRAILER!!!", nil)...)
}

func rpmOf(payload []byte) []byte {
	out := append([]byte("\xed\xab\xee\xdb"), make([]byte, 92)...)
	for i := range 2 {
		out = append(out, 0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0)
		out = binary.BigEndian.AppendUint32(out, 1)
		out = binary.BigEndian.AppendUint32(out, 5)
		out = append(out, make([]byte, 16+5)...)
		for i == 0 && len(out)%8 != 0 {
			out = append(out, 0)
		}
	}
	return append(out, payload...)
}

// cabOf is a cabinet with one folder in two blocks, of which the second leans
// on the first.
func cabOf(t *testing.T, name string, b []byte, method uint16) []byte {
	t.Helper()
	var blocks [][]byte
	half := len(b) / 2
	for i, plain := range [][]byte{b[:half], b[half:]} {
		block := plain
		if method == 1 {
			var out bytes.Buffer
			w, _ := flate.NewWriterDict(&out, 9, b[:half*i])
			_, _ = w.Write(plain)
			_ = w.Close()
			block = append([]byte("CK"), out.Bytes()...)
		}
		head := binary.LittleEndian.AppendUint32(nil, 0)
		head = binary.LittleEndian.AppendUint16(head, uint16(len(block)))
		head = binary.LittleEndian.AppendUint16(head, uint16(len(plain)))
		blocks = append(blocks, append(head, block...))
	}
	files := 36 + 8
	data := files + 16 + len(name) + 1
	out := append([]byte("MSCF"), make([]byte, 32)...)
	le := binary.LittleEndian
	le.PutUint32(out[16:], uint32(files))
	le.PutUint16(out[26:], 1)
	le.PutUint16(out[28:], 1)
	out = le.AppendUint32(out, uint32(data))
	out = le.AppendUint16(out, 2)
	out = le.AppendUint16(out, method)
	out = le.AppendUint32(out, uint32(len(b)))
	out = append(out, make([]byte, 12)...)
	out = append(append(out, name...), 0)
	return append(out, bytes.Join(blocks, nil)...)
}

// peOf is a program with one section and an overlay.
func peOf(section, overlay []byte) []byte {
	out := make([]byte, 0x200)
	le := binary.LittleEndian
	copy(out, "MZ")
	le.PutUint32(out[0x3c:], 0x80)
	copy(out[0x80:], "PE\x00\x00")
	le.PutUint16(out[0x86:], 1)
	copy(out[0x98:], ".rdata")
	le.PutUint32(out[0x98+16:], uint32(len(section)))
	le.PutUint32(out[0x98+20:], 0x200)
	return append(append(out, section...), overlay...)
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func nsisOf(data []byte) []byte {
	out := append(make([]byte, 4), "\xef\xbe\xad\xdeNullsoftInst"...)
	out = binary.LittleEndian.AppendUint32(out, 100)
	out = binary.LittleEndian.AppendUint32(out, uint32(28+len(data)))
	return append(out, data...)
}

func nsisBlock(b []byte) []byte {
	packed := deflated(b)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(packed))|1<<31), packed...)
}

// oleOf is a compound file of 512-byte sectors with one short stream, whose
// name is packed as MSI does.
func oleOf(b []byte) []byte {
	le := binary.LittleEndian
	out := make([]byte, 512*5)
	copy(out, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(out[30:], 9)
	le.PutUint32(out[48:], 1)    // directory
	le.PutUint32(out[56:], 4096) // short below
	le.PutUint32(out[60:], 2)    // table of short sectors
	le.PutUint32(out[68:], 0xfffffffe)
	for i := range 109 {
		le.PutUint32(out[76+4*i:], 0xffffffff)
	}
	le.PutUint32(out[76:], 0)
	for i := range 128 {
		le.PutUint32(out[512+4*i:], 0xfffffffe)
	}
	root := out[1024:]
	root[66] = 5
	le.PutUint32(root[116:], 3)
	le.PutUint32(root[120:], 512)
	entry := root[128:]
	for i, u := range []uint16{0x4840, 0x3800 + 11 + 14<<6, 0x4800 + 34} { // "!", "BE", "Y"
		le.PutUint16(entry[2*i:], u)
	}
	le.PutUint16(entry[64:], 8)
	entry[66] = 2
	le.PutUint32(entry[120:], uint32(len(b)))
	for i := range 8 {
		le.PutUint32(out[1536+4*i:], uint32(i+1))
	}
	copy(out[2048:], b)
	return out
}

func containers(t *testing.T) map[string]struct {
	b    []byte
	part string
} {
	body := []byte(strings.Repeat("padding and more of it. ", 20) + secret)
	index := fmt.Sprintf(`{"files":{"dir":{"files":{"a.js":{"offset":"4","size":%d},"out.node":{"unpacked":true,"size":9}}}}}`, len(body))
	return map[string]struct {
		b    []byte
		part string
	}{
		"zip":           {zipOf(map[string][]byte{"a/b.txt": body, "c": []byte("x")}), "f!/a/b.txt"},
		"zip stored":    {zipOf(map[string][]byte{"a": body}, zip.Store), "f!/a"},
		"apk":           {zipOf(map[string][]byte{"lib/x.jar": zipOf(map[string][]byte{"K.class": body})}), "f!/lib/x.jar!/K.class"},
		"cut zip":       {zipOf(map[string][]byte{"a": body, "b": body})[:len(deflated(body))+30+1], "f!/a"},
		"asar":          {asarOf(index, append([]byte("1234"), body...)), "f!/dir/a.js"},
		"tar.gz":        {gzipped(tarOf("d/x", body)), "f!/content!/d/x"},
		"zstd":          {zstdOf(body), "f!/content"},
		"deb":           {arOf("data.tar.gz", gzipped(tarOf("x", body))), "f!/data.tar.gz!/content!/x"},
		"rpm":           {rpmOf(gzipped(cpioOf("usr/x", body))), "f!/payload!/content!/usr/x"},
		"cab":           {cabOf(t, "x.dll", body, 0), "f!/x.dll"},
		"7z":            {sevenOf(sevenDeflate), "f!/note.txt"},
		"cpio":          {cpioOf("usr/x", body), "f!/usr/x"},
		"old cpio":      {oldCpioOf("usr/x", body), "f!/usr/x"},
		"cab mszip":     {cabOf(t, "x.dll", body, 1), "f!/x.dll"},
		"msi":           {oleOf([]byte(secret)), "f!/!BEY"},
		"sfx zip":       {peOf([]byte("section"), zipOf(map[string][]byte{"a": body})), "f!/a"},
		"sfx cab":       {peOf([]byte("section"), cabOf(t, "a", body, 1)), "f!/archive at 0x207!/a"},
		"nsis solid":    {peOf(nil, nsisOf(deflated(body))), "f!/NSIS data"},
		"nsis blocks":   {peOf(nil, nsisOf(append(nsisBlock([]byte("header header")), nsisBlock(body)...))), "f!/NSIS block 1"},
		"inno":          {peOf([]byte("Inno Setup Setup Data"), append([]byte("idska32\x1azlb\x1a"), zlibOf(body)...)), "f!/Inno chunk 0"},
		"java in front": {append([]byte("#!/bin/sh\nexec java -jar $0\n"), zipOf(map[string][]byte{"a": body})...), "f!/a"},
	}
}

func zlibOf(b []byte) []byte {
	var s1, s2 uint32 = 1, 0
	for _, c := range b {
		s1 = (s1 + uint32(c)) % 65521
		s2 = (s2 + s1) % 65521
	}
	return binary.BigEndian.AppendUint32(append([]byte{0x78, 0xda}, deflated(b)...), s2<<16|s1)
}

func TestEveryContainerIsOpened(t *testing.T) {
	t.Parallel()
	for name, c := range containers(t) {
		parts, notes := walk(t, "f", c.b, unpack.Options{})
		if p, ok := parts[c.part]; !ok || !strings.HasSuffix(string(p.Bytes), secret) {
			t.Errorf("%s: no %s: %d parts, %q, notes %v", name, c.part, len(parts), sortedParts(parts), notes)
		}
		if len(notes) > 0 && name != "cut zip" {
			t.Errorf("%s: %v", name, notes)
		}
		if _, ok := parts["f"]; !ok {
			t.Errorf("%s: the file itself is missing", name)
		}
	}
}

func sortedParts(parts map[string]unpack.Part) []string {
	var out []string
	for name := range parts {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestArchivesThatAreAllPartsAreMarked(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"zip": true, "asar": true, "tar.gz": true, "sfx zip": false, "nsis solid": false, "cut zip": false} {
		parts, _ := walk(t, "f", containers(t)[name].b, unpack.Options{})
		if parts["f"].Packed != want {
			t.Errorf("%s: packed %v, want %v", name, parts["f"].Packed, want)
		}
	}
}

func TestStreamsOfOthersAreDecodedOutside(t *testing.T) {
	t.Parallel()
	decode := func(coding string, b []byte) ([]byte, error) { return []byte(coding + " " + secret), nil }
	solid := append([]byte{0x5d, 0, 0, 1, 0}, "whatever it is"...)
	for _, c := range []struct {
		b    []byte
		part string
		want string
	}{
		{[]byte("\xfd7zXZ\x00 and so on"), "f!/content", "xz " + secret},
		{peOf(nil, nsisOf(solid)), "f!/NSIS data", "lzma " + secret},
		{peOf([]byte("Inno Setup"), append([]byte("zlb\x1a"), solid...)), "f!/Inno chunk 0", "lzma " + secret},
		{peOf([]byte("Inno Setup"), []byte("zlb\x1a\x18\x01and so on")), "f!/Inno chunk 0", "xz " + secret},
	} {
		parts, notes := walk(t, "f", c.b, unpack.Options{Decode: decode})
		if got := string(parts[c.part].Bytes); got != c.want {
			t.Errorf("%q, want %q; %v", got, c.want, notes)
		}
	}
	_, notes := walk(t, "f", []byte("\xfd7zXZ\x00 and so on"), unpack.Options{})
	if len(notes) != 1 || !strings.Contains(notes[0].String(), "f: offset 0: xz") {
		t.Errorf("notes %v", notes)
	}
}

func TestHostileFilesEndWithANote(t *testing.T) {
	t.Parallel()
	bomb := zipOf(map[string][]byte{"zeros": make([]byte, 3<<20), "more": make([]byte, 3<<20)})
	deep := []byte(secret)
	for range 9 {
		deep = gzipped(deep)
	}
	same := map[string]any{}
	for i := range 2000 {
		same[fmt.Sprint(i)] = map[string]any{"offset": "0", "size": 100000}
	}
	index, _ := json.Marshal(map[string]any{"files": same})
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"bomb":         {bomb, "more than 4 MiB"},
		"deep":         {deep, "5 files in one another"},
		"same bytes":   {asarOf(string(index), make([]byte, 100000)), "more than 4 MiB"},
		"broken zip":   {[]byte("PK\x03\x04 nothing of it at all, really nothing"), "directory"},
		"broken asar":  {asarOf(`{"files":{"a":{"size":"x"}}}`, nil), "offset 16"},
		"broken ar":    {append(arOf("a", []byte("bb")), strings.Repeat("x", 60)...), "offset 70: ar"},
		"broken cpio":  {append([]byte("070701"), make([]byte, 200)...), "offset 0: cpio"},
		"broken rpm":   {append([]byte("\xed\xab\xee\xdb"), make([]byte, 300)...), "offset 96: rpm"},
		"broken cab":   {cabOf(t, "a", []byte("abcdefgh"), 3), "method 3"},
		"broken msi":   {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 100)...), "offset 30"},
		"broken gzip":  {gzipped([]byte(strings.Repeat("so long ", 100)))[:30], "gzip: broken after"},
		"broken tar":   {append(tarOf("a", []byte("b"))[:1024], strings.Repeat("x", 512)...), "tar: "},
		"7z":           {[]byte("7z\xbc\xaf\x27\x1c and so on"), "its header, which stands at the end, is not there"},
		"with control": {zipOf(map[string][]byte{"a\x1b[2J": {1}})[:40], "f: "},
	} {
		parts, notes := walk(t, "f", c.b, unpack.Options{Limits: unpack.Limits{TotalBytes: 4 << 20}})
		if !slices.ContainsFunc(notes, func(n unpack.Note) bool { return strings.Contains(n.String(), c.want) }) {
			t.Errorf("%s: notes %v, want %q", name, notes, c.want)
		}
		for part := range parts {
			if strings.ContainsAny(part, "\x1b\n") {
				t.Errorf("%s: a part is named %q", name, part)
			}
		}
	}
}

func TestTheErrorOfTheVisitorEndsTheWalk(t *testing.T) {
	t.Parallel()
	stop := errors.New("enough")
	n := 0
	_, err := unpack.Walk("f", zipOf(map[string][]byte{"a": {1}, "b": {2}}), unpack.Options{}, func(unpack.Part) error {
		n++
		return stop
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%v after %d visits", err, n)
	}
}

// oldCpioOf is an archive of the format with octal numbers.
func oldCpioOf(name string, b []byte) []byte {
	entry := func(name string, b []byte) string {
		return fmt.Sprintf("070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\x00%s", 1, 2, 0o100644, 0, 0, 1, 0, 0, len(name)+1, len(b), name, b)
	}
	return []byte(entry(name, b) + entry("TRAILER!!!", nil))
}

func TestSectionsOfPrograms(t *testing.T) {
	t.Parallel()
	b := peOf([]byte("the section"), []byte("the rest"))
	sections := unpack.Sections(b)
	if unpack.SectionAt(sections, 0x200) != ".rdata" || unpack.SectionAt(sections, len(b)-1) != "overlay" || unpack.SectionAt(sections, 1) != "" {
		t.Errorf("%+v", sections)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(own); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("\xff Go buildinf:"))
	where := map[string]string{"linux": ".go.buildinfo", "darwin": "__DATA,__go_buildinfo"}[runtime.GOOS]
	if got := unpack.SectionAt(unpack.Sections(b), at); where != "" && got != where && !strings.HasSuffix(got, "data") {
		t.Errorf("this program's build information is in %q, want %q", got, where)
	}
	fat := append([]byte{0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1}, make([]byte, 20)...)
	binary.BigEndian.PutUint32(fat[16:], 28)
	binary.BigEndian.PutUint32(fat[20:], uint32(len(secret)))
	parts, _ := walk(t, "f", append(fat, secret...), unpack.Options{})
	if string(parts["f!/slice 0"].Bytes) != secret {
		t.Errorf("%q", sortedParts(parts))
	}
}

func TestBzip2(t *testing.T) {
	t.Parallel()
	packed := []byte("\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xa2\x35\xf7\x12\x00\x00\x08\x99\x80\x40\x00\x18\x0a\x16\x6d\x44\x60\x20\x00\x22\x87\xa8\xda\x83\x27\xa4\x28\x69\xa6\x00\x0e\x1d\x31\x2f\x12\x39\x11\x34\x03\x69\x2c\xca\x6f\x8b\xb9\x22\x9c\x28\x48\x51\x1a\xfb\x89\x00")
	parts, notes := walk(t, "f", packed, unpack.Options{})
	if string(parts["f!/content"].Bytes) != secret {
		t.Errorf("%q, %v", sortedParts(parts), notes)
	}
}

func FuzzWalk(f *testing.F) {
	for _, c := range containers(&testing.T{}) {
		f.Add(c.b)
	}
	own := make([]byte, 4096)
	copy(own, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint64(own[0x28:], 64)
	binary.LittleEndian.PutUint16(own[0x3a:], 64)
	binary.LittleEndian.PutUint16(own[0x3c:], 4)
	f.Add(own)
	f.Add([]byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01\x03\x00\x00\x80\x02\x00\x00\x00\x01\x00\x00\x00\x48\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\x00\x00\x00\x48\x00\x00\x00"))
	decode := func(_ string, b []byte) ([]byte, error) { return b[:min(len(b), 100)], nil }
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := unpack.Limits{TotalBytes: 8 << 20, PartBytes: 1 << 20, Parts: 500}
		total := int64(0)
		_, err := unpack.Walk("f", b, unpack.Options{Limits: limits, Decode: decode}, func(p unpack.Part) error {
			total += int64(len(p.Bytes))
			for _, s := range unpack.Sections(p.Bytes) {
				if s.From < 0 || s.To > len(p.Bytes) || s.From >= s.To {
					t.Fatalf("section %+v of %d bytes", s, len(p.Bytes))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if total > limits.TotalBytes+limits.PartBytes+int64(len(b)) {
			t.Fatalf("%d bytes were given out", total)
		}
	})
}
