package watch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"example.org/telltale/internal/lab/profile"
)

// ErrData is wrapped by every error about a resource file.
var ErrData = errors.New("not a client's resource file")

// The resource file: "LABC", number of entries (2 bytes), size of the
// ornament (2 bytes), then the entries, the ornament, and the pool of strings,
// each followed by two NUL bytes. An entry is an id (1 byte), a list's index
// (1), a value or the place of a string in the pool (4), and the string's
// length (2). All numbers are little-endian. Strings are ASCII, but for the
// AES key, which is UTF-16LE as the client uses it.
const (
	dataMagic    = "LABC"
	dataHead     = len(dataMagic) + 4
	dataEntry    = 8
	dataOrnament = 2048
	dataLimit    = 1 << 20
	dataLists    = 16
)

// field is one entry of the file and where it stands in a Build. One of the
// pointers is set.
type field struct {
	id     byte
	text   *string
	bytes  *[]byte
	number *uint32
	flag   *bool
}

func buildFields(b *profile.Build) []field {
	return []field{
		{id: 1, text: &b.Product}, {id: 2, text: &b.Version}, {id: 3, text: &b.Agent},
		{id: 4, text: (*string)(&b.Scan)}, {id: 5, flag: &b.Separate}, {id: 6, text: &b.Report},
		{id: 7, text: &b.Upload.URL}, {id: 8, text: &b.Upload.Login}, {id: 9, text: (*string)(&b.Upload.Box.Scheme)},
		{id: 10, bytes: &b.Upload.Box.Key}, {id: 11, flag: &b.Upload.Box.Zero}, {id: 12, text: &b.Upload.Charset},
		{id: 13, flag: &b.Upload.Base64}, {id: 14, number: &b.Upload.Salt},
		{id: 17, text: &b.Noise.Update}, {id: 18, text: &b.Noise.Stats}, {id: 19, text: &b.Noise.Crash}, {id: 20, text: &b.Noise.Site},
	}
}

func listFields(s *profile.Source) []field {
	return []field{
		{id: 32, text: &s.URL}, {id: 33, text: &s.Check}, {id: 34, text: (*string)(&s.Box.Scheme)},
		{id: 35, bytes: &s.Box.Key}, {id: 36, flag: &s.Box.Zero}, {id: 37, text: (*string)(&s.Use)},
	}
}

// Sampling is kept in plain numbers: how many hits to one upload, and the
// delay in milliseconds.
const (
	idOneIn = 15
	idDelay = 16
)

// WriteClientData is the resource file of a build. The ornament (icons, in a
// real client) is drawn from rng.
func WriteClientData(b profile.Build, rng *rand.Rand) []byte {
	w := dataWriter{}
	for _, f := range buildFields(&b) {
		w.add(f, 0)
	}
	w.entry(idOneIn, 0, uint32(b.Upload.OneIn), 0)
	w.entry(idDelay, 0, uint32(b.Upload.Delay.Milliseconds()), 0)
	for i := range b.Lists {
		for _, f := range listFields(&b.Lists[i]) {
			w.add(f, byte(i))
		}
	}
	file := binary.LittleEndian.AppendUint16([]byte(dataMagic), uint16(len(w.entries)/dataEntry))
	file = binary.LittleEndian.AppendUint16(file, dataOrnament)
	file = append(file, w.entries...)
	for range dataOrnament - 2 {
		file = append(file, byte(rng.Uint32()))
	}
	return append(append(file, 0, 0), w.pool...)
}

type dataWriter struct{ entries, pool []byte }

func (w *dataWriter) add(f field, list byte) {
	var text []byte
	switch {
	case f.text != nil:
		text = []byte(*f.text)
	case f.bytes != nil:
		text = *f.bytes
	case f.number != nil:
		w.entry(f.id, list, *f.number, 0)
		return
	case *f.flag:
		w.entry(f.id, list, 1, 0)
		return
	}
	if len(text) > 0 {
		w.entry(f.id, list, uint32(len(w.pool)), uint16(len(text)))
		w.pool = append(append(w.pool, text...), 0, 0)
	}
}

func (w *dataWriter) entry(id, list byte, value uint32, length uint16) {
	w.entries = append(w.entries, id, list)
	w.entries = binary.LittleEndian.AppendUint32(w.entries, value)
	w.entries = binary.LittleEndian.AppendUint16(w.entries, length)
}

// ReadClientData reads what WriteClientData wrote. Errors wrap ErrData and
// name the offset.
func ReadClientData(file []byte) (profile.Build, error) {
	entries, pool, err := splitData(file)
	if err != nil {
		return profile.Build{}, err
	}
	var b profile.Build
	for at := 0; at < len(entries); at += dataEntry {
		if err := readEntry(&b, entries[at:at+dataEntry], pool); err != nil {
			return profile.Build{}, fmt.Errorf("%w: entry at offset %d: %w", ErrData, dataHead+at, err)
		}
	}
	return b, nil
}

func splitData(file []byte) (entries, pool []byte, err error) {
	if len(file) < dataHead || len(file) > dataLimit || string(file[:len(dataMagic)]) != dataMagic {
		return nil, nil, fmt.Errorf("%w: %d bytes that do not begin with %s, or too many", ErrData, len(file), dataMagic)
	}
	size := dataEntry * int(binary.LittleEndian.Uint16(file[4:]))
	ornament := int(binary.LittleEndian.Uint16(file[6:]))
	rest := file[dataHead:]
	if size+ornament > len(rest) {
		return nil, nil, fmt.Errorf("%w: cut at offset %d: want %d bytes more", ErrData, len(file), size+ornament-len(rest))
	}
	return rest[:size], rest[size+ornament:], nil
}

func readEntry(b *profile.Build, entry, pool []byte) error {
	id, list := entry[0], int(entry[1])
	value, length := binary.LittleEndian.Uint32(entry[2:]), int(binary.LittleEndian.Uint16(entry[6:]))
	switch id {
	case idOneIn:
		b.Upload.OneIn = int(value)
		return nil
	case idDelay:
		b.Upload.Delay = time.Duration(value) * time.Millisecond
		return nil
	}
	fields := buildFields(b)
	if id >= 32 {
		if list > len(b.Lists) || list >= dataLists {
			return fmt.Errorf("list %d of %d", list, len(b.Lists))
		}
		if list == len(b.Lists) {
			b.Lists = append(b.Lists, profile.Source{})
		}
		fields = listFields(&b.Lists[list])
	}
	for _, f := range fields {
		if f.id == id {
			return f.set(value, length, pool)
		}
	}
	return fmt.Errorf("unknown id %d", id)
}

func (f field) set(value uint32, length int, pool []byte) error {
	switch {
	case f.number != nil:
		*f.number = value
		return nil
	case f.flag != nil:
		*f.flag = value != 0
		return nil
	}
	if int64(value)+int64(length) > int64(len(pool)) {
		return fmt.Errorf("string of %d bytes at %d of a pool of %d", length, value, len(pool))
	}
	text := pool[value : int(value)+length]
	if f.bytes != nil {
		*f.bytes = append([]byte(nil), text...)
	} else {
		*f.text = string(text)
	}
	return nil
}
