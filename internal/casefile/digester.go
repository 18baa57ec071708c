package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"example.org/telltale"
)

// digester is telltale.DigestOf for streams.
type digester struct{ hash.Hash }

func newDigester() digester { return digester{sha256.New()} }

func (d digester) digest() telltale.Digest {
	return telltale.Digest("sha256:" + hex.EncodeToString(d.Sum(nil)))
}
