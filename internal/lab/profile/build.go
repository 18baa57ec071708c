package profile

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/weak"
)

// Build is what a client knows of its own configuration: it stands in the
// client's resource file, keys included.
type Build struct {
	Product string
	Version string
	// Agent is the User-Agent of every request.
	Agent string
	// Scan is the direction in which messages are matched; empty for none.
	Scan telltale.Direction
	// Separate: the filter is a process of its own.
	Separate bool
	Lists    []Source
	Upload   Upload
	// Report is the address of the service that gets every message; empty
	// for none.
	Report string
	Noise  Noise
}

// Source is a list that the client fetches.
type Source struct {
	// URL of the list; Check is asked first, the list's MD5 in hex (or
	// "nofile") appended, and answers "same" or with the list's address.
	URL   string
	Check string
	Box   weak.Box
	Use   Use
}

// Use is what a list's entries are for.
type Use string

// The uses.
const (
	// UseDrop: a hit drops the message.
	UseDrop Use = "drop"
	// UseDropCopy: a hit drops the message and copies it.
	UseDropCopy Use = "drop+copy"
	// UseCopy: a hit copies the message.
	UseCopy Use = "copy"
	// UseWatch: entries are accounts whose messages are copied.
	UseWatch Use = "watch"
)

// Drops and Copies say what a hit does. Accounts are no hits.
func (u Use) Drops() bool { return u == UseDrop || u == UseDropCopy }

// Copies reports whether a hit is uploaded.
func (u Use) Copies() bool { return u == UseCopy || u == UseDropCopy }

// Upload is how copies are sent; the zero Upload sends none.
type Upload struct {
	// URL and Login are addresses with %d for the collector's number, the
	// encoded record appended.
	URL   string
	Login string
	Box   weak.Box
	// Charset of records: "gb18030", or empty for UTF-8.
	Charset string
	// Base64 writes records in base64url and not in hex.
	Base64 bool
	// Salt goes into the choice of an account's collector.
	Salt uint32
	// OneIn hits are uploaded once on average, if above 1.
	OneIn int
	// Delay is how late an upload may leave. Copies that come while one is
	// waiting go with it.
	Delay time.Duration
}

// Noise are the addresses of honest background traffic; empty for none.
type Noise struct {
	Update string
	Stats  string
	Crash  string
	Site   string
}

// Collectors is the number of collectors, as there were eight in 2008.
const Collectors = 8

// Collector is the number, 1 to 8, of the collector that takes the copies of
// an account's client: a hash of its name.
func (u Upload) Collector(account string) int {
	sum := fnv.New32a()
	fmt.Fprintf(sum, "%d %s", u.Salt, account)
	// The low bits of this hash alone follow the last letter.
	h := sum.Sum32()
	return 1 + int((h^h>>15)%Collectors)
}

// For fills the collector of an account into one of the addresses.
func (u Upload) For(template, account string) string {
	return strings.ReplaceAll(template, "%d", fmt.Sprint(u.Collector(account)))
}
