package sweep

import (
	"bytes"
	"strconv"
	"strings"
)

// head is what of a head matters for the body.
type head struct {
	request, chunked, empty bool
	length                  int64    // -1 if it is not said
	codings                 []string // the outermost first
}

func headOf(b []byte) head {
	h := head{length: -1, request: !bytes.HasPrefix(b, []byte("HTTP/1."))}
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	if !h.request && len(first) >= 12 {
		switch status := string(first[9:12]); {
		case status == "101":
			// Another protocol follows.
		case status[0] == '1', status == "204", status == "304":
			h.empty = true
		}
	}
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) > 20 {
			continue
		}
		text := strings.ToLower(strings.TrimSpace(string(value)))
		switch strings.ToLower(string(name)) {
		case "content-length":
			if n, err := strconv.ParseInt(text, 10, 63); err == nil {
				h.length = n
			}
		case "transfer-encoding":
			h.chunked = strings.HasSuffix(text, "chunked")
			h.addCodings(strings.TrimSuffix(text, "chunked"))
		case "content-encoding":
			h.addCodings(text)
		}
	}
	return h
}

// addCodings reads a list of codings, which were put on in order.
func (h *head) addCodings(list string) {
	for _, c := range strings.Split(list, ",") {
		switch c = strings.TrimPrefix(strings.TrimSpace(c), "x-"); c {
		case "gzip", "deflate", "br", "zstd":
			h.codings = append([]string{c}, h.codings...)
		}
	}
}
