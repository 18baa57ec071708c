package main

import (
	"strconv"
	"strings"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/unpack"
)

// partsMost bounds what is searched of the parts of one file, in bytes.
const partsMost = 64 << 20

// takeProgram gives a file to a job: keys of small files as a list, larger
// ones to be searched by place. What is inside an archive or an installer is
// searched as well, all of it as one file, with zeros between its parts.
func takeProgram(job *peel.Job, name string, b []byte, most int, known keyPlaces) error {
	var joined []byte
	parts, packed := &keyParts{name: name}, false
	_, err := unpack.Walk(name, b, unpackOptions(), func(p unpack.Part) error {
		switch {
		case p.Depth == 0:
			packed = p.Packed
			if len(b) <= smallKeyFile {
				job.Keys = append(job.Keys, peel.Harvest(name, b, most)...)
			}
		case !p.Packed && len(joined)+len(p.Bytes) <= partsMost:
			parts.add(p.Name, len(joined))
			joined = append(append(joined, p.Bytes...), make([]byte, 64)...)
			if len(joined) <= smallKeyFile {
				job.Keys = append(job.Keys, peel.Harvest(p.Name, p.Bytes, most)...)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(joined) > 0 {
		job.KeyFiles = append(job.KeyFiles, peel.KeyFile{Name: name + insideMark, Bytes: joined})
		if known != nil {
			known[name+insideMark] = parts
		}
	}
	if !packed {
		job.KeyFiles = append(job.KeyFiles, peel.KeyFile{Name: name, Bytes: b})
	}
	return nil
}

// insideMark ends the name that parts have while they are searched together.
const insideMark = " (unpacked)"

// keyPlaces are the parts of the files that were searched, by the names under
// which they were.
type keyPlaces map[string]*keyParts

// rename gives the keys of finds the names of the parts that they stand in.
func (k keyPlaces) rename(r peel.Result) peel.Result {
	for i, f := range r.Finds {
		if f.Key != nil {
			r.Finds[i].Key = &peel.Key{Bytes: f.Key.Bytes, Source: k.named(f.Key.Source)}
		}
	}
	return r
}

// keyParts tells which part of a file a place among its joined parts is in.
type keyParts struct {
	name  string
	names []string
	from  []int
}

func (k *keyParts) add(name string, from int) {
	k.names, k.from = append(k.names, name), append(k.from, from)
}

// named rewrites the source of a key found among joined parts,
// "app.apk (unpacked)+0x1234 (hex)", to the part: "app.apk!/a.so+0x34 (hex)".
func (k keyPlaces) named(source string) string {
	file, place, ok := strings.Cut(source, insideMark+"+")
	parts := k[file+insideMark]
	if !ok || parts == nil {
		return source
	}
	digits, how, _ := strings.Cut(place, " ")
	at, err := strconv.ParseInt(digits, 0, 64)
	if err != nil {
		return source
	}
	for i := len(parts.from) - 1; i >= 0; i-- {
		if int(at) >= parts.from[i] {
			return strings.TrimSpace(parts.names[i] + "+0x" + strconv.FormatInt(at-int64(parts.from[i]), 16) + " " + how)
		}
	}
	return source
}
