package har

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"example.org/telltale/internal/flow"
)

// mostDecoded bounds a body whose content coding is taken off. One that is
// longer stays as it was on the wire.
const mostDecoded = 64 << 20

// decoded takes the content codings off a body. If that cannot be done, the
// body is returned as it is, and false.
func decoded(h flow.Head, body []byte) ([]byte, bool) {
	codings := strings.Split(strings.Join(h.Values("Content-Encoding"), ","), ",")
	plain := body
	for i := len(codings) - 1; i >= 0 && len(plain) > 0; i-- {
		r, err := decoder(strings.ToLower(strings.TrimSpace(codings[i])), plain)
		if err != nil {
			return body, false
		}
		if r == nil {
			continue
		}
		more, err := io.ReadAll(io.LimitReader(r, mostDecoded+1))
		_ = r.Close() // reading told what there is to tell
		if err != nil || len(more) > mostDecoded {
			return body, false
		}
		plain = more
	}
	return plain, true
}

// decoder returns a reader for a content coding; nil if nothing is to be done.
func decoder(coding string, b []byte) (io.ReadCloser, error) {
	source := bytes.NewReader(b)
	switch coding {
	case "", "identity":
		return nil, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(source)
	case "deflate":
		return zlib.NewReader(source)
	case "br":
		return io.NopCloser(brotli.NewReader(source)), nil
	case "zstd":
		d, err := zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostDecoded))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, io.ErrUnexpectedEOF
}

// written is how octets stand in JSON: as text if they are that, otherwise in
// base64.
func written(b []byte) (text, encoding string) {
	if utf8.Valid(b) {
		return string(b), ""
	}
	return base64.StdEncoding.EncodeToString(b), "base64"
}
