// Package stamp has time-stamping authorities sign that bytes existed at a time
// (RFC 3161). An authority is sent a digest and nothing else, and its answer is
// checked before it is kept.
package stamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"

	"github.com/digitorus/timestamp"
)

// MostResponse bounds an authority's answer, in bytes.
const MostResponse = 1 << 20

// Asker asks authorities for time stamps.
type Asker struct {
	Client *http.Client
	// Random is where nonces are from, by which an old answer is known.
	Random io.Reader
}

// Stamped is an answer that was checked.
type Stamped struct {
	Info
	// Response is the TimeStampResp, DER.
	Response []byte
}

// Ask has an authority stamp a digest. The answer bears the digest, the nonce of
// the request, and a signature by the certificate in it.
func (a Asker) Ask(ctx context.Context, authority string, digest [sha256.Size]byte) (*Stamped, error) {
	u, err := url.Parse(authority)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("that is no address of a time-stamping authority: want http://… or https://…")
	}
	shown := u.Redacted()
	nonce, err := a.nonce()
	if err != nil {
		return nil, err
	}
	request := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true, Nonce: nonce}
	body, err := request.Marshal()
	if err != nil {
		return nil, fmt.Errorf("asking for a time stamp: %w", err)
	}
	answer, err := a.post(ctx, authority, body)
	if err != nil {
		return nil, fmt.Errorf("asking %s for a time stamp: %w", shown, err)
	}
	token, info, err := check(answer, digest)
	if err != nil {
		return nil, fmt.Errorf("the answer of %s: %w", shown, err)
	}
	if token.Nonce == nil || token.Nonce.Cmp(nonce) != 0 {
		return nil, fmt.Errorf("the answer of %s is not the one to what was asked: its nonce is another: try again, or another authority", shown)
	}
	return &Stamped{Info: info, Response: answer}, nil
}

// nonce is 16 random bytes as a positive number.
func (a Asker) nonce() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(a.Random, b); err != nil {
		return nil, fmt.Errorf("asking for a time stamp: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40 // as many bytes each time, and no sign
	return new(big.Int).SetBytes(b), nil
}

// post sends a query as RFC 3161, 3.4 says and reads the answer.
func (a Asker) post(ctx context.Context, authority string, query []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, authority, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	req.Header.Set("Accept", "application/timestamp-reply")
	resp, err := a.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d: is this the address of a time-stamping authority?", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MostResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MostResponse {
		return nil, errors.New("the answer is too large for a time stamp")
	}
	return body, nil
}
