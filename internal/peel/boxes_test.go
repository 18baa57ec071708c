package peel_test

import (
	"archive/zip"
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// boxes are the containers.
func boxes(t testing.TB) []coat {
	t.Helper()
	return slices.Concat(textBoxes(), binaryBoxes(t), archiveBoxes(t), wireBoxes(t))
}

func textBoxes() []coat {
	return []coat{
		{name: "json", takes: 'U', box: true, wrap: func(r *rand.Rand, b []byte) []byte {
			out, _ := json.Marshal(map[string]any{"id": r.IntN(1e6), "data": string(b), "v": "1.2.3"})
			return out
		}},
		{name: "form", takes: 'B', box: true, wrap: func(r *rand.Rand, b []byte) []byte {
			return []byte(fmt.Sprintf("id=%d&data=%s&v=1", r.IntN(1e6), url.QueryEscape(string(b))))
		}},
		{name: "multipart", takes: 'B', box: true, wrap: func(r *rand.Rand, b []byte) []byte {
			mark := fmt.Sprintf("----form%08x", r.Uint32())
			return []byte("--" + mark + "\r\nContent-Disposition: form-data; name=\"uid\"\r\n\r\nabcdefgh\r\n--" + mark +
				"\r\nContent-Disposition: form-data; name=\"log\"; filename=\"a.dat\"\r\n\r\n" + string(b) + "\r\n--" + mark + "--\r\n")
		}},
		{name: "xml", takes: 'U', box: true, wrap: func(r *rand.Rand, b []byte) []byte {
			var body bytes.Buffer
			xml.EscapeText(&body, b) //nolint:errcheck // a buffer
			return []byte(fmt.Sprintf("<?xml version=\"1.0\"?><r><id>%d</id><m>%s</m></r>", r.IntN(1e6), body.Bytes()))
		}},
		{name: "jwt", takes: 'U', box: true, wrap: func(r *rand.Rand, b []byte) []byte {
			body, _ := json.Marshal(map[string]any{"sub": "abcdef", "msg": string(b), "iat": 1700000000 + r.IntN(1e6)})
			sign := make([]byte, 32)
			for i := range sign {
				sign[i] = byte(r.IntN(256))
			}
			e := base64.RawURLEncoding.EncodeToString
			return []byte(e([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + e(body) + "." + e(sign))
		}},
		{name: "mail", takes: 'B', box: true, wrap: mailOf},
	}
}

// mailOf is a mail with the content as an attachment in base64.
func mailOf(r *rand.Rand, b []byte) []byte {
	mark := fmt.Sprintf("=_part_%08x", r.Uint32())
	return []byte("Received: from a.example.test by b.example.test; Sun, 22 Nov 2026 01:02:03 +0000\r\nFrom: a@example.test\r\nTo: b@example.test\r\nSubject: =?utf-8?B?bm90aGluZw==?=\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"" + mark + "\"\r\n\r\nThis is a message in parts.\r\n--" + mark +
		"\r\nContent-Type: text/plain\r\n\r\nsee below\r\n--" + mark +
		"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inLines(base64.StdEncoding.EncodeToString(b), 76, "\r\n") + "\r\n--" + mark + "--\r\n")
}

func binaryBoxes(t testing.TB) []coat {
	t.Helper()
	return []coat{
		{name: "protobuf", takes: 'B', box: true, wrap: func(r *rand.Rand, b []byte) []byte {
			inner := append(binary.AppendUvarint([]byte("\x08\x96\x01\x12\x03abc\x2a"), uint64(len(b))), b...)
			if r.IntN(2) == 0 {
				return inner
			}
			return append(binary.AppendUvarint([]byte("\x08\x07\x1a"), uint64(len(inner))), inner...)
		}},
		{name: "msgpack", takes: 'B', box: true, most: 65535, wrap: fixed(func(b []byte) []byte {
			return append(binary.BigEndian.AppendUint16([]byte("\x83\xa1t\xce\x65\x00\x00\x00\xa2id\xa4abcd\xa3msg\xc5"), uint16(len(b))), b...)
		})},
		{name: "cbor", takes: 'B', box: true, most: 65535, wrap: fixed(func(b []byte) []byte {
			return append(binary.BigEndian.AppendUint16([]byte("\xa3at\x1a\x65\x00\x00\x00bidcabccmsg\x59"), uint16(len(b))), b...)
		})},
		{name: "bson", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte {
			body := append([]byte("\x10n\x00\x01\x00\x00\x00\x05msg\x00"), binary.LittleEndian.AppendUint32(nil, uint32(len(b)))...)
			body = append(append(append(body, 0), b...), 0)
			return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
		})},
		{name: "thrift", takes: 'B', box: true, wrap: fixed(thriftCompact)},
		{name: "thrift", takes: 'B', box: true, wrap: fixed(thriftBinary)},
		{name: "asn1", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte { return asn1Of(t, string(b)) })},
		{name: "bplist", takes: 'U', box: true, most: 127, wrap: fixed(func(b []byte) []byte { return bplist(string(b)) })},
		{name: "zip", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte { return zipped(t, zip.Deflate, string(b)) })},
		{name: "zip", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte { return zipped(t, zip.Store, string(b)) })},
		{name: "tar", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte { return tarred(t, string(b)) })},
		{name: "png", takes: 'U', box: true, wrap: pngOf},
		{name: "jpeg", takes: 'B', box: true, most: 60000, wrap: jpegOf},
		{name: "frame", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte {
			return append(binary.BigEndian.AppendUint32([]byte("\x01\x07\x80\x02"), uint32(len(b))), b...)
		})},
	}
}

func wireBoxes(t testing.TB) []coat {
	t.Helper()
	return []coat{
		{name: "http", takes: 'B', box: true, top: true, wrap: fixed(func(b []byte) []byte {
			return append([]byte(fmt.Sprintf("POST /a HTTP/1.1\r\nHost: example.test\r\nContent-Length: %d\r\n\r\n", len(b))), b...)
		})},
		{name: "chunked", takes: 'B', box: true, top: true, wrap: func(r *rand.Rand, b []byte) []byte {
			out := []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for len(b) > 0 {
				n := min(len(b), 1+r.IntN(200))
				out = append(append(append(out, fmt.Sprintf("%x\r\n", n)...), b[:n]...), "\r\n"...)
				b = b[n:]
			}
			return append(out, "0\r\n\r\n"...)
		}},
		{name: "cookie", takes: 'B', box: true, top: true, most: 4000, wrap: fixed(func(b []byte) []byte {
			return []byte("GET / HTTP/1.1\r\nHost: example.test\r\nCookie: sid=0011223344; d=" + url.QueryEscape(string(b)) + "; lang=en\r\n\r\n")
		})},
		{name: "websocket", takes: 'B', box: true, top: true, wrap: wsOf},
		{name: "http2", takes: 'B', box: true, top: true, wrap: http2Of},
		{name: "grpc", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte {
			packed := gz(append(binary.AppendUvarint([]byte("\x08\x01\x12"), uint64(len(b))), b...))
			return append(binary.BigEndian.AppendUint32([]byte{1}, uint32(len(packed))), packed...)
		})},
		{name: "dns", takes: 'B', box: true, top: true, most: 2000, wrap: dnsTunnel},
		{name: "dns", takes: 'A', box: true, top: true, most: 1200, wrap: fixed(dnsTexts)},
	}
}

func wsOf(r *rand.Rand, b []byte) []byte {
	var out []byte
	frame := func(op byte, b []byte) {
		out = append(out, op)
		if len(b) < 126 {
			out = append(out, 0x80|byte(len(b)))
		} else {
			out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(len(b)))
		}
		mask := []byte{byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))}
		out = append(out, mask...)
		for i, c := range b {
			out = append(out, c^mask[i&3])
		}
	}
	frame(0x81, []byte(`{"ping":1}`))
	cut := r.IntN(len(b))
	frame(2, b[:cut])
	frame(0x80, b[cut:])
	frame(0x81, []byte(`{"ping":2}`))
	return out
}

func http2Of(r *rand.Rand, b []byte) []byte {
	frame := func(kind, flags, stream byte, b []byte) []byte {
		return append([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b)), kind, flags, 0, 0, 0, stream}, b...)
	}
	out := append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, nil)...)
	out = append(out, frame(1, 4, 1, []byte("\x83\x86\x44\x05/sync"))...)
	for len(b) > 0 {
		n := min(len(b), 1+r.IntN(300))
		out = append(out, frame(0, 0, 1, b[:n])...)
		out = append(out, frame(0, 0, 3, []byte("of another stream"))...)
		b = b[n:]
	}
	return out
}

// dnsTunnel writes bytes into the names of many questions, in base32.
func dnsTunnel(r *rand.Rand, b []byte) []byte {
	signs := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
	var out []byte
	for i := 0; len(signs) > 0; i++ {
		n := min(len(signs), 30+r.IntN(30))
		m := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00")
		for _, l := range []string{signs[:n], fmt.Sprint(i), "tun", "example", "test"} {
			m = append(append(m, byte(len(l))), l...)
		}
		m = append(m, "\x00\x00\x10\x00\x01"...)
		out = append(append(out, byte(len(m)>>8), byte(len(m))), m...)
		signs = signs[n:]
	}
	return out
}

func dnsTexts(b []byte) []byte {
	var data []byte
	for len(b) > 0 {
		n := min(len(b), 120)
		data = append(append(data, byte(n)), b[:n]...)
		b = b[n:]
	}
	m := []byte("\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03abc\x04test\x00\x00\x10\x00\x01\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c")
	m = append(binary.BigEndian.AppendUint16(m, uint16(len(data))), data...)
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
}

// thriftCompact is a call in the compact protocol with a struct of a number,
// a list of numbers, a name, and the bytes.
func thriftCompact(b []byte) []byte {
	out := []byte("\x82\x21\x05\x04post\x1c\x15\x0c\x19\x35\x02\x04\x06\x18\x03abc\x18")
	return append(append(binary.AppendUvarint(out, uint64(len(b))), b...), 0, 0)
}

// thriftBinary is the same in the binary protocol.
func thriftBinary(b []byte) []byte {
	out := []byte("\x80\x01\x00\x01\x00\x00\x00\x04post\x00\x00\x00\x05\x0c\x00\x01\x08\x00\x01\x00\x00\x00\x06\x0b\x00\x02\x00\x00\x00\x03abc\x0b\x00\x03")
	return append(append(binary.BigEndian.AppendUint32(out, uint32(len(b))), b...), 0, 0)
}

func pngChunk(out []byte, kind string, b []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(b)))
	out = append(append(out, kind...), b...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[len(out)-len(b)-4:]))
}

// pngOf is an image of one pixel with a comment, plain or compressed.
func pngOf(r *rand.Rand, b []byte) []byte {
	out := pngChunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"))
	switch r.IntN(3) {
	case 0:
		out = pngChunk(out, "tEXt", append([]byte("Comment\x00"), b...))
	case 1:
		out = pngChunk(out, "zTXt", append([]byte("Comment\x00\x00"), zl(b)...))
	default:
		out = pngChunk(out, "iTXt", append([]byte("Comment\x00\x01\x00en\x00\x00"), zl(b)...))
	}
	out = pngChunk(out, "IDAT", zl([]byte{0, 1, 2, 3}))
	return pngChunk(out, "IEND", nil)
}

// jpegOf is a picture's head with a comment, or with the comment of a user in
// its EXIF block, and a little of the picture.
func jpegOf(r *rand.Rand, b []byte) []byte {
	segment := func(out []byte, mark byte, b []byte) []byte {
		return append(binary.BigEndian.AppendUint16(append(out, 0xff, mark), uint16(len(b)+2)), b...)
	}
	out := segment([]byte("\xff\xd8"), 0xe0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))
	if r.IntN(2) == 0 {
		out = segment(out, 0xfe, b)
	} else {
		out = segment(out, 0xe1, exifOf(b))
	}
	out = segment(out, 0xda, []byte("\x01\x01\x00\x00\x3f\x00"))
	for range 40 {
		out = append(out, byte(r.IntN(250)))
	}
	return append(out, 0xff, 0xd9)
}

// exifOf is a TIFF head with a directory that leads to another, where the
// comment of a user stands.
func exifOf(b []byte) []byte {
	le := binary.LittleEndian
	out := []byte("Exif\x00\x00II\x2a\x00\x08\x00\x00\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		out = le.AppendUint16(le.AppendUint16(out, tag), kind)
		out = le.AppendUint32(le.AppendUint32(out, count), value)
	}
	out = le.AppendUint16(out, 1)
	entry(0x8769, 4, 1, 26)
	out = append(out, 0, 0, 0, 0)
	out = le.AppendUint16(out, 1)
	entry(0x9286, 7, uint32(len(b)+8), 44)
	out = append(out, 0, 0, 0, 0)
	return append(append(out, "ASCII\x00\x00\x00"...), b...)
}
