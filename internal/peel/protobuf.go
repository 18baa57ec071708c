package peel

import (
	"encoding/binary"
	"strconv"
)

// protobufPeeler offers the fields of Protocol Buffers without a schema:
// "protobuf:NUMBER". A message within a message is looked into as a layer of
// its own.
type protobufPeeler struct{}

func (protobufPeeler) Name() string { return "protobuf" }

func (protobufPeeler) Peel(in Input) []Candidate {
	if in.Shape.Printable > 0.99 || len(in.Bytes) < 8 {
		return nil
	}
	for _, delimited := range []bool{false, true} {
		b, from := in.Bytes, 0
		if delimited { // the message's length stands in front of it
			size, n := binary.Uvarint(b)
			if n <= 0 || size != uint64(len(b)-n) {
				continue
			}
			b, from = b[n:], n
		}
		fields, whole := protobufFields(b, from)
		if len(fields) == 0 || !whole && len(fields) < 3 {
			continue
		}
		score := 0.6
		if whole && len(b) >= 16 {
			score = 0.88
		}
		if whole && len(b) >= 64 && len(fields) > 1 {
			score = 0.94 // messages within messages must not wear a path out
		}
		return fieldBids(in, "protobuf", fields, score)
	}
	return nil
}

// protobufFields reads fields from the front; whole says that nothing was
// left. The last one may be cut.
func protobufFields(b []byte, from int) (fields []field, whole bool) {
	for at := 0; at < len(b); {
		tag, n := binary.Uvarint(b[at:])
		number := tag >> 3
		if n <= 0 || n > 5 || number == 0 || number >= 1<<29 || number > 5000 {
			return fields, false
		}
		at += n
		switch tag & 7 {
		case 0:
			_, n = binary.Uvarint(b[at:])
			if n <= 0 {
				return fields, false
			}
			at += n
		case 1:
			at += 8
		case 5:
			at += 4
		case 2:
			size, n := binary.Uvarint(b[at:])
			if n <= 0 || size > 1<<31 {
				return fields, false
			}
			at += n
			end := at + int(size)
			fields = append(fields, field{name: strconv.Itoa(int(number)), bytes: b[min(at, len(b)):min(end, len(b))], at: from + min(at, len(b))})
			at = end
		case 3, 4: // groups: their fields are read as if they stood outside
		default:
			return fields, false
		}
		if at > len(b) {
			return fields, false
		}
	}
	return fields, true
}
