package stamp

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
	"time"

	"example.org/telltale/internal/rfc3161"
)

// Info is what a time stamp says.
type Info struct {
	// Time that the authority vouches for, in UTC.
	Time time.Time `json:"time"`
	// By names who signed: the subject of the certificate in the stamp.
	By string `json:"by"`
}

// ErrOther means that a time stamp is over something else than was said.
var ErrOther = errors.New("the time stamp is over something else")

// Check reads a TimeStampResp (DER) and reports who says that the digest existed
// when. The signature is checked against the certificate in the stamp; whether
// that one is to be trusted is for who has roots to say.
func Check(response []byte, digest [sha256.Size]byte) (Info, error) {
	_, info, err := check(response, digest)
	return info, err
}

func check(response []byte, digest [sha256.Size]byte) (*rfc3161.Token, Info, error) {
	token, err := rfc3161.Parse(response)
	if err != nil {
		return nil, Info{}, err
	}
	if token.Hash != crypto.SHA256 || !bytes.Equal(token.Digest, digest[:]) {
		return nil, Info{}, ErrOther
	}
	return token, Info{Time: token.Time, By: token.Signer.Subject.String()}, nil
}
