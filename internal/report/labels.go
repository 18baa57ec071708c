package report

import (
	"fmt"

	"example.org/telltale"
)

// labelled adds words to matrix rows.
func labelled(rows []Row) []MatrixRow {
	out := make([]MatrixRow, 0, len(rows))
	split := false
	for _, r := range rows {
		split = split || r.Group == GroupTrigger
	}
	for _, r := range rows {
		out = append(out, MatrixRow{Row: r, Label: groupLabel(r.Group, split), Going: string(r.Direction)})
	}
	return out
}

// groupLabel names a group. The words under test need "other" only where some
// of them were found to be triggers.
func groupLabel(g Group, split bool) string {
	switch {
	case g == GroupTrigger:
		return "Words that set it off"
	case g == GroupWord && split:
		return "Other words tested"
	case g == GroupWord:
		return "Words tested"
	case g == GroupControl:
		return "Harmless twins of those words"
	}
	return "Everyday sentences"
}

// matrixNotes say what the matrix leaves out, so that nobody adds it up wrong.
func (x *index) matrixNotes() []string {
	var notes []string
	search, unread := 0, 0
	for i := range x.rec.Probes {
		if x.rec.Probes[i].Arm == telltale.ArmIsolate {
			search++
		}
	}
	if search > 0 {
		notes = append(notes, fmt.Sprintf("%s typed to find the exact words; they stand with each trigger below, not in this table.", was(search, "further message")))
	}
	for _, f := range x.supported(telltale.KindCopy) {
		if !f.Direct {
			unread++
		}
	}
	if unread > 0 {
		notes = append(notes, "Only copies that could be read are counted as copied. Some of what left the app could not be read and shows in statistics alone; see the findings.")
	}
	return notes
}

// was writes a count with its noun and verb: "1 message was", "3 messages were".
func was(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return Count(n).String() + " " + noun + "s were"
}

// effectOf says in words what happens to a message in a cell.
func effectOf(c telltale.Cell) string {
	switch c {
	case telltale.CellDelivered:
		return "delivered"
	case telltale.CellDeliveredCopied:
		return "delivered and copied"
	case telltale.CellDropped:
		return "held back"
	case telltale.CellDroppedCopied:
		return "held back and copied"
	case telltale.CellVoid:
		return "no answer"
	}
	return string(c)
}

// directionWords says a direction in words.
func directionWords(d telltale.Direction) string {
	switch d {
	case telltale.Both:
		return "sent and received"
	case telltale.Sent:
		return "sent"
	case telltale.Received:
		return "received"
	}
	return string(d)
}

// coatNote explains one coat in a line.
func coatNote(coat string) string {
	for _, row := range coatNotes() {
		if matchesCoat(row[0], coat) {
			return row[1]
		}
	}
	return "A coat of encoding."
}

// matchesCoat matches a coat's name, with or without its parameter.
func matchesCoat(pattern, coat string) bool {
	if n := len(pattern) - 1; n >= 0 && pattern[n] == '*' {
		return len(coat) >= n && coat[:n] == pattern[:n]
	}
	return coat == pattern
}

// coatNotes explains the coats that peel can take off. The first match counts.
func coatNotes() [][2]string {
	return [][2]string{
		{"http", "A web request, exactly as it left the app."},
		{"target", "The address that was asked for."},
		{"query:*", "One field of the web address."},
		{"header:*", "One header of the request."},
		{"cookie:*", "One cookie of the request."},
		{"body", "What the request carried besides its head."},
		{"form:*", "One field of a web form."},
		{"json:*", "One field of a JSON document."},
		{"json", "A JSON document."},
		{"multipart*", "One part of a form upload."},
		{"chunked", "Sent in pieces; the pieces put together."},
		{"gzip", "Compressed with gzip."},
		{"zlib", "Compressed with zlib."},
		{"deflate", "Compressed with deflate."},
		{"brotli", "Compressed with Brotli."},
		{"zstd", "Compressed with Zstandard."},
		{"percent", "Percent signs and digits in place of characters, as in web addresses."},
		{"hex", "Every byte written as two digits. Looks secret, hides nothing."},
		{"base64*", "Bytes written as letters and digits. Looks secret, hides nothing."},
		{"base32*", "Bytes written as letters and digits. Looks secret, hides nothing."},
		{"xor-chain", "Each byte mixed with a fixed value and with the byte before it. Falls to anyone who knows one line of the text."},
		{"xor*", "Bytes mixed with a short repeating key. Falls to anyone who knows a piece of the text."},
		{"add*", "A fixed value added to each byte. Hides nothing from anyone who tries 256 values."},
		{"des-ecb", "Single DES in ECB mode: a key of 56 bits, broken in public in 1998, and equal blocks stay equal."},
		{"des-*", "Single DES: a key of 56 bits, broken in public in 1998."},
		{"3des-ecb", "Triple DES in ECB mode: equal blocks of text stay equal blocks."},
		{"aes-128-ecb", "AES with a key of 128 bits in ECB mode: equal blocks of text stay equal blocks."},
		{"aes-192-ecb", "AES with a key of 192 bits in ECB mode: equal blocks of text stay equal blocks."},
		{"aes-256-ecb", "AES with a key of 256 bits, but in ECB mode: equal blocks of text stay equal blocks."},
		{"aes-*", "Encrypted with AES. Sound, as long as the key stays secret."},
		{"rc4", "Encrypted with RC4, which is broken."},
		{"gb18030", "Chinese text in the GB 18030 character set."},
		{"big5", "Chinese text in the Big5 character set."},
		{"utf-16*", "Text with two bytes a character."},
		{"lines", "A list, one entry a line."},
		{"hash:*", "Not the text but its fingerprint. Whoever knows a text can tell that it was sent."},
		{"html-entity", "Characters written as codes between & and ;."},
		{"xml*", "An XML document."},
		{"c-escape", "Characters written as backslash codes."},
	}
}
