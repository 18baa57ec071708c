package imports

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"example.org/telltale/internal/flow/reassemble"
	"example.org/telltale/internal/sensor/tape"
)

// maxApps bounds the programs that a capture names.
const maxApps = 1 << 14

// origins are the programs that PCAPdroid names, by what it notes on their
// packets.
type origins map[string]string

// take reads PCAPdroid's custom block: which user id is which program. It is
// version (16 bits), kind (8; 1 is this one), padding (8), user id (32,
// signed), the lengths of the two names (8 each), and the names: that of the
// package, and that which people see.
func (o origins) take(enterprise uint32, b []byte) {
	const pcapdroid, head = 62652, 10
	if enterprise != pcapdroid || len(b) < head || b[2] != 1 || len(o) >= maxApps {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if binary.BigEndian.Uint16(b) == 1 {
		order = binary.BigEndian
	}
	if order.Uint16(b) != 1 {
		return
	}
	n, all := int(b[8]), int(b[8])+int(b[9])
	if len(b) < head+all {
		return
	}
	if name := appName(b[head:head+n], b[head+n:head+all]); name != "" {
		o["u-"+strconv.Itoa(int(int32(order.Uint32(b[4:]))))] = name
	}
}

// appName names an app as in "com.example.chat (Chat)".
func appName(pkg, shown []byte) string {
	name, label := string(bytes.ToValidUTF8(pkg, nil)), string(bytes.ToValidUTF8(shown, nil))
	switch {
	case name == "":
		return label
	case label == "" || label == name:
		return name
	}
	return name + " (" + label + ")"
}

// process is who owned the app's end, as the capture says.
func (o origins) process(from reassemble.Origin) tape.Process {
	if from.App != "" {
		return tape.Process{Name: strings.ToValidUTF8(from.App, "")}
	}
	if name := o[from.Comment]; name != "" {
		return tape.Process{Name: name}
	}
	p, _ := tape.ParseNote(from.Comment) // else nobody is known
	return p
}
