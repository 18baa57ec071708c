package peel

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// sqlitePeeler offers the texts and blobs in the rows of an SQLite database:
// "sqlite:COLUMN". Values that go on over several pages are joined. It reads
// every leaf of every table and index, and does not look at the schema. Of a
// log of changes (write-ahead log) it reads the pages.
type sqlitePeeler struct{}

func (sqlitePeeler) Name() string { return "sqlite" }

func (sqlitePeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	if len(b) > sqliteLogHead && (binary.BigEndian.Uint32(b)&^1 == 0x377f0682) {
		return sqliteLog(in)
	}
	if !bytes.HasPrefix(b, []byte("SQLite format 3\x00")) || len(b) < 512 {
		return nil
	}
	page := int(binary.BigEndian.Uint16(b[16:]))
	if page == 1 {
		page = 65536
	}
	if page < 512 || page&(page-1) != 0 {
		return nil
	}
	db := sqliteDB{b: b, page: page, usable: page - int(b[20]), wide: binary.BigEndian.Uint32(b[56:]) > 1, left: in.Limit}
	for at := 0; at+page <= len(b) && len(db.fields) < partLimit; at += page {
		db.leaf(at)
	}
	return fieldBids(in, "sqlite", db.fields, 0.95)
}

const (
	sqliteLogHead  = 32
	sqliteLogFrame = 24
)

// sqliteLog reads the pages in a write-ahead log.
func sqliteLog(in Input) []Candidate {
	page := int(binary.BigEndian.Uint32(in.Bytes[8:]))
	if page < 512 || page > 65536 || page&(page-1) != 0 {
		return nil
	}
	db := sqliteDB{b: in.Bytes, page: page, usable: page, left: in.Limit, log: true}
	for at := sqliteLogHead + sqliteLogFrame; at+page <= len(in.Bytes) && len(db.fields) < partLimit; at += page + sqliteLogFrame {
		db.leaf(at)
	}
	return fieldBids(in, "sqlite", db.fields, 0.95)
}

type sqliteDB struct {
	b            []byte
	page, usable int
	wide         bool // texts are UTF-16
	log          bool // pages do not stand by their numbers
	left         int  // bytes that may still be joined
	fields       []field
}

// leaf reads the cells of a page of a table or an index. Those of an index
// have no number of a row, and its inner pages have rows too.
func (d *sqliteDB) leaf(at int) {
	head := d.b[at : at+d.page]
	if at == 0 {
		head = head[100:]
	}
	kind, list := head[0], 8
	switch kind {
	case 13, 10:
	case 2:
		list = 12
	default:
		return
	}
	cells := int(binary.BigEndian.Uint16(head[3:]))
	for i := range cells {
		if list+2*i+2 > len(head) || len(d.fields) >= partLimit {
			return
		}
		if cell := int(binary.BigEndian.Uint16(head[list+2*i:])); cell >= 8 && cell+4 < d.page {
			if kind == 2 {
				cell += 4 // the page to the left
			}
			d.cell(at, cell, kind == 13)
		}
	}
}

// cell reads one row: length, number (of a table), record.
func (d *sqliteDB) cell(page, cell int, table bool) {
	b := d.b[page+cell : page+d.page]
	size, n := sqliteVarint(b)
	m, most := 0, (d.usable-12)*64/255-23
	if table {
		_, m = sqliteVarint(b[n:])
		most = d.usable - 35
	}
	if n == 0 || m == 0 && table || size > uint64(len(d.b)) {
		return
	}
	from := page + cell + n + m
	record, ok := d.payload(from, page+d.page, int(size), most)
	if ok {
		d.record(record, from, int(size) > most)
	}
}

// payload returns a record; one that is longer than a page allows goes on in
// a chain of other pages.
func (d *sqliteDB) payload(from, until, size, most int) ([]byte, bool) {
	if size <= most {
		return d.b[from:min(from+size, len(d.b))], from+size <= until
	}
	least := (d.usable-12)*32/255 - 23
	local := least + (size-least)%(d.usable-4)
	if local > most {
		local = least
	}
	if d.log {
		return d.b[from:min(from+local, until)], true
	}
	if from+local+4 > until || size > d.left {
		return nil, false
	}
	d.left -= size
	out := append([]byte(nil), d.b[from:from+local]...)
	next := int(binary.BigEndian.Uint32(d.b[from+local:]))
	for len(out) < size && next > 0 && next <= len(d.b)/d.page {
		at := (next - 1) * d.page
		n := min(size-len(out), d.usable-4)
		out = append(out, d.b[at+4:at+4+n]...)
		next = int(binary.BigEndian.Uint32(d.b[at:]))
	}
	return out, true
}

// record reads the kinds of the columns and then their values.
func (d *sqliteDB) record(b []byte, from int, joined bool) {
	head, n := sqliteVarint(b)
	if n == 0 || head > uint64(len(b)) {
		return
	}
	at := int(head)
	for column := 0; n < int(head); column++ {
		kind, k := sqliteVarint(b[n:head])
		if k == 0 {
			return
		}
		n += k
		size := sqliteSize(kind)
		if size > len(b)-at {
			if !d.log {
				return
			}
			size = len(b) - at // goes on in a page that is not at hand
		}
		if value := b[at : at+size]; kind >= 12 && len(d.fields) < partLimit {
			f := field{name: strconv.Itoa(column), bytes: value, at: from + at}
			if joined {
				f.at, f.length = from, 1
			}
			d.fields = append(d.fields, f)
		}
		at += size
	}
}

// sqliteSize is the length of a value by its kind.
func sqliteSize(kind uint64) int {
	switch {
	case kind >= 12:
		return int(min((kind-12)/2, 1<<31-1))
	case kind <= 4:
		return int(kind)
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	}
	return 0
}

// sqliteVarint reads seven bits a byte, most significant first, at most nine
// bytes.
func sqliteVarint(b []byte) (v uint64, n int) {
	for i, c := range b[:min(len(b), 9)] {
		if i == 8 {
			return v<<8 | uint64(c), 9
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
