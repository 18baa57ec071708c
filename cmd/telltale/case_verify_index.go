package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/casefile/index"
	"example.org/telltale/internal/verify"
)

// staleIndex says what is wrong with index.sqlite: it must be what the log
// gives, byte for byte.
func staleIndex(ctx context.Context, dir string, v *verify.Result) string {
	path := filepath.Join(dir, format.IndexFile)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || v.Version == 1 {
		return "" // none, or named already; version 1 has other tables
	}
	same, err := sameIndex(ctx, dir, path)
	const advice = "it is a cache: delete it, or make it anew with telltale case index"
	switch {
	case err != nil:
		return fmt.Sprintf("cannot be compared with the log (%v); %s", err, advice)
	case !same:
		return "is not what the log gives; " + advice
	}
	return ""
}

func sameIndex(ctx context.Context, dir, path string) (same bool, err error) {
	r, err := casefile.Read(dir)
	if err != nil {
		return false, err
	}
	r.Dir, err = os.MkdirTemp("", "telltale-index-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.Dir)) }()
	again, err := index.Build(ctx, r)
	if err != nil {
		return false, err
	}
	return sameFiles(again, path)
}

// sameFiles compares two files piece by piece.
func sameFiles(a, b string) (bool, error) {
	f, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer g.Close()
	one, two := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(f, one)
		m, err2 := io.ReadFull(g, two)
		if !bytes.Equal(one[:n], two[:m]) {
			return false, nil
		}
		if err != nil || err2 != nil {
			return true, notAtEnd(err, err2)
		}
	}
}

// notAtEnd leaves out that files end.
func notAtEnd(errs ...error) error {
	for _, err := range errs {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
	}
	return nil
}
