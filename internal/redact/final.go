package redact

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// searchFiles searches everything of the copy but its log, as it is on the
// disk: names, bytes, and what is in blobs.
func (b *builder) searchFiles(ctx context.Context) (again bool, err error) {
	var files []string
	err = filepath.WalkDir(b.out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(b.out, path)
		if rel = filepath.ToSlash(rel); rel != format.LogFile {
			files = append(files, rel)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	finds := make([]*found, len(files))
	err = each(ctx, len(files), func(i int) (err error) {
		finds[i], err = b.searchFile(ctx, files[i])
		return err
	})
	for i, f := range finds {
		if err != nil || f == nil {
			continue
		}
		again, err = true, b.takeOut(files[i], f)
	}
	return again, err
}

// searchFile searches one file of the copy.
func (b *builder) searchFile(ctx context.Context, file string) (*found, error) {
	content, err := os.ReadFile(filepath.Join(b.out, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	if !under(file, format.BlobDir) {
		if f := b.search.first([]byte(file)); f != nil {
			return f, nil
		}
		if hashes(file) {
			return b.search.firstLong(content), nil
		}
		return b.search.deep(ctx, content)
	}
	if f := b.search.firstLong(content); f != nil {
		return f, nil
	}
	plain, err := unpack(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return b.search.deep(ctx, plain)
}

// hashes reports whether a file is made of hashes, keys and signatures alone,
// under which nothing can lie. Short texts turn up in them by chance.
func hashes(file string) bool {
	switch file {
	case format.FormatFile, format.PublicKeyFile, format.CanaryKeyFile, format.CheckpointFile, format.LockFile:
		return true
	}
	return under(file, format.CheckpointDir)
}

// unpack reads the content of a blob.
func unpack(stored []byte) ([]byte, error) {
	d, err := zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(format.MaxBlob))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	plain, err := io.ReadAll(io.LimitReader(d, format.MaxBlob+1))
	if err == nil && len(plain) > format.MaxBlob {
		err = fmt.Errorf("unpacks to more than %d bytes", format.MaxBlob)
	}
	return plain, err
}

// takeOut withholds a file in which something was found.
func (b *builder) takeOut(file string, f *found) error {
	if under(file, format.BlobDir) {
		digits := strings.NewReplacer(format.BlobDir+"/", "", "/", "", ".zst", "").Replace(file)
		b.plan.withhold(telltale.Digest("sha256:"+digits), b.search.rule(f))
		return nil
	}
	if _, sealed := b.src.sealed[file]; sealed || under(file, format.StampDir) || under(file, format.WitnessDir) {
		b.plan.files[file] = b.search.rule(f)
		return nil
	}
	return fmt.Errorf("%s can be read in %s, which cannot be left out: no copy was made", b.search.named(f), file)
}
