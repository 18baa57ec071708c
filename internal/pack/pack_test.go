package pack_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/pack"
)

// write makes the files of a case, or of what is none.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const blob = "blobs/ab/" + "cdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789.zst"

func sample() map[string]string {
	return map[string]string{
		"format": "telltale case 2\n", "log/entries.jsonl": strings.Repeat("{}\n", 1000), blob: "not really zstd", "lock": "",
		"ca/ca.pem": "pem", "witness/00000042-Ada Löf": "w", "report.html": "<html>", "sources/1/log/entries.jsonl": "{}\n",
		"capture/proxy-1.pcapng": "packets", "checkpoints/00000042": "c", "stamps/00000042-1.tsr": "s", "key.pub": "k",
	}
}

func packed(t testing.TB, dir string, to ...age.Recipient) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pack.Write(&b, dir, to...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsPackedComesOutAgain(t *testing.T) {
	t.Parallel()
	files := sample()
	files["index.sqlite"], files["report.html.new"], files["blobs/ab/.new-17"] = "derived", "half", "half"
	b := packed(t, write(t, files))
	out := filepath.Join(t.TempDir(), "out")
	n, err := pack.Unpack(bytes.NewReader(b), int64(len(b)), out, pack.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), read(t, out)); d != "" {
		t.Error(d)
	}
	if n.Files != len(sample())-1 {
		t.Errorf("%d files", n.Files)
	}
	if !bytes.Equal(b, packed(t, out)) {
		t.Error("the same case gave other bytes")
	}
	if _, err := pack.Unpack(bytes.NewReader(b), int64(len(b)), out, pack.Limits{}); err == nil {
		t.Error("a directory was written into")
	}
}

func TestSealedFilesOpenForTheirRecipients(t *testing.T) {
	t.Parallel()
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	others, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := pack.Recipient(mine.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(list, []byte("# lab\n\n"+mine.Recipient().String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	more, err := pack.Recipient(list)
	if err != nil || len(more) != 1 {
		t.Fatalf("%d recipients, %v", len(more), err)
	}
	dir := write(t, sample())
	b := packed(t, dir, append(to, more...)...)
	if bytes.Contains(b, []byte("entries.jsonl")) {
		t.Error("names can be read in an encrypted file")
	}
	r, size, err := pack.Unseal(bytes.NewReader(b), int64(len(b)), mine)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := pack.Unpack(r, size, out, pack.Limits{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), read(t, out)); d != "" {
		t.Error(d)
	}
	if _, _, err := pack.Unseal(bytes.NewReader(b), int64(len(b)), others); err == nil {
		t.Error("somebody else's key opened it")
	}
	if _, _, err := pack.Unseal(bytes.NewReader(b), int64(len(b))); !errors.Is(err, pack.ErrSealed) {
		t.Errorf("without a key: %v", err)
	}
	identities := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(identities, []byte(mine.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ids, err := pack.Identities(identities); err != nil || len(ids) != 1 {
		t.Errorf("%d identities, %v", len(ids), err)
	}
	for _, wrong := range []string{"age1xyz", filepath.Join(t.TempDir(), "missing")} {
		if _, err := pack.Recipient(wrong); err == nil {
			t.Errorf("%q was taken for a recipient", wrong)
		}
	}
}

func TestPassphrasesOpenWhatTheySealed(t *testing.T) {
	t.Parallel()
	to, err := age.NewScryptRecipient("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(8)
	b := packed(t, write(t, sample()), to)
	for passphrase, opens := range map[string]bool{"correct horse": true, "wrong horse": false} {
		id, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			t.Fatal(err)
		}
		r, size, err := pack.Unseal(bytes.NewReader(b), int64(len(b)), id)
		if (err == nil) != opens {
			t.Errorf("%s: %v", passphrase, err)
		}
		if err != nil {
			continue
		}
		if _, err := pack.Unpack(r, size, filepath.Join(t.TempDir(), "out"), pack.Limits{}); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsNoCaseIsNotPacked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(files map[string]string){
		"no format":   func(f map[string]string) { delete(f, "format") },
		"a stranger":  func(f map[string]string) { f["diary.txt"] = "dear" },
		"deep":        func(f map[string]string) { f["ca/more/ca.pem"] = "pem" },
		"a bad name":  func(f map[string]string) { f["ca/.hidden"] = "x" },
		"blob's name": func(f map[string]string) { f["blobs/ab/short.zst"] = "x" },
	} {
		files := sample()
		change(files)
		if err := pack.Write(&bytes.Buffer{}, write(t, files)); err == nil {
			t.Errorf("%s: was packed", name)
		}
	}
}

// item is one entry of a hostile zip.
type item struct {
	name, content string
	change        func(h *zip.FileHeader)
}

func hostile(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, i := range append([]item{{name: "format", content: "telltale case 2\n"}}, items...) {
		h := &zip.FileHeader{Name: i.name, Method: zip.Deflate}
		if i.change != nil {
			i.change(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(i.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileZipsAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	link := func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }
	big := strings.Repeat("a", 1<<20)
	tests := map[string]struct {
		items []item
		want  string
	}{
		"up":            {[]item{{name: "../evil"}}, `entry 2 ("../evil")`},
		"up within":     {[]item{{name: "ca/../../evil"}}, "does not belong"},
		"absolute":      {[]item{{name: "/etc/passwd"}}, "does not belong"},
		"drive":         {[]item{{name: "C:/x"}}, "does not belong"},
		"backslash":     {[]item{{name: `ca\..\..\evil`}}, "does not belong"},
		"device":        {[]item{{name: "ca/CON.pem"}}, "does not belong"},
		"port":          {[]item{{name: "ca/com1"}}, "does not belong"},
		"dot":           {[]item{{name: "ca/ca.pem."}}, "does not belong"},
		"stream":        {[]item{{name: "ca/ca.pem:x"}}, "does not belong"},
		"control":       {[]item{{name: "ca/a\x1b[2J"}}, "does not belong"},
		"link":          {[]item{{name: "ca/ca.pem", content: "/etc/passwd", change: link}}, "is no file"},
		"twice":         {[]item{{name: "key.pub"}, {name: "key.pub"}}, "twice"},
		"twice in case": {[]item{{name: "ca/ca.pem"}, {name: "ca/CA.pem"}}, "twice"},
		"folded":        {[]item{{name: "witness/ſ"}, {name: "witness/s"}}, "twice"},
		"foreign":       {[]item{{name: "diary.txt"}}, "does not belong"},
		"long":          {[]item{{name: "ca/" + strings.Repeat("a", 600)}}, "603 bytes"},
		"too much":      {[]item{{name: "log/entries.jsonl", content: big}, {name: "canary.key", content: big}}, "more than 1500000 bytes"},
		"sources":       {[]item{{name: strings.Repeat("sources/1/", 9) + "format"}}, "does not belong"},
	}
	for name, test := range tests {
		b := hostile(t, test.items...)
		refused(t, name, b, test.want)
	}
	noFormat := bytes.ReplaceAll(hostile(t), []byte("format"), []byte("lock/x"))
	refused(t, "no format", noFormat, "does not belong")
	refused(t, "no zip", []byte("PK nothing"), "not an exported case")
}

func refused(t *testing.T, name string, b []byte, want string) {
	t.Helper()
	top := t.TempDir()
	_, err := pack.Unpack(bytes.NewReader(b), int64(len(b)), filepath.Join(top, "out"), pack.Limits{Bytes: 1500000})
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want %q", name, err, want)
	}
	if left := read(t, top); len(left) > 0 {
		t.Errorf("%s: left %v", name, left)
	}
}

// A file whose head says less than it unpacks to ends there, and nothing is
// left; so does one that was cut or changed.
func TestLiesAboutSizesAndDamageAreFound(t *testing.T) {
	t.Parallel()
	b := packed(t, write(t, sample()))
	top := t.TempDir()
	for at := 0; at < len(b); at += 31 {
		bent := bytes.Clone(b)
		bent[at] ^= 0x10
		out := filepath.Join(top, "out")
		if _, err := pack.Unpack(bytes.NewReader(bent), int64(len(bent)), out, pack.Limits{}); err == nil {
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
			continue // times and the like, which mean nothing
		}
		if left, err := os.ReadDir(top); err != nil || len(left) > 0 {
			t.Fatalf("byte %d: left %v, %v", at, left, err)
		}
	}
	for _, size := range []int{0, 10, len(b) / 2, len(b) - 1} {
		if _, err := pack.Unpack(bytes.NewReader(b[:size]), int64(size), filepath.Join(top, "out"), pack.Limits{}); err == nil {
			t.Errorf("the first %d bytes were unpacked", size)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(hostile(f, item{name: "ca/ca.pem", content: "pem"}, item{name: blob, content: "x"}))
	f.Add(hostile(f, item{name: "../evil", content: "x"}))
	f.Add([]byte("PK\x05\x06"))
	top := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		out := filepath.Join(top, "in")
		_, err := pack.Unpack(bytes.NewReader(b), int64(len(b)), out, pack.Limits{Bytes: 1 << 20, Files: 100})
		left, rerr := os.ReadDir(top)
		if rerr != nil {
			t.Fatal(rerr)
		}
		if err != nil && len(left) > 0 || len(left) > 1 {
			t.Fatalf("left %v after %v", left, err)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("age-encryption.org/v1\n-> X25519 x\n"))
	f.Add(packed(f, write(f, map[string]string{"format": "telltale case 2\n"}), id.Recipient()))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, size, err := pack.Unseal(bytes.NewReader(b), int64(len(b)), id)
		if err == nil && (r == nil || size < 0 || size > int64(len(b))) {
			t.Fatalf("%d bytes hold %d", len(b), size)
		}
	})
}
