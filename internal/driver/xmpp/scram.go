package xmpp

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // SCRAM-SHA-1 is what many servers have
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/text/secure/precis"
)

// mostRounds bounds the work that a server may ask for.
const mostRounds = 5_000_000

// scram is one login by SCRAM (RFC 5802, RFC 7677). With channel binding the
// server proves that it is at the other end of this very TLS connection.
type scram struct {
	hash           func() hash.Hash
	user, password string
	// nonce is ours; bare the first message without its header.
	nonce, bare string
	// header says whether the channel is bound, and by what; binding is the
	// channel's own data.
	header  string
	binding []byte
	// server is the signature that the server has to prove itself by.
	server []byte
}

// prepared is a name or password as servers store it (RFC 8265).
func prepared(p *precis.Profile, s string) string {
	if out, err := p.String(s); err == nil {
		return out
	}
	return s
}

// first is the client's first message.
func (s *scram) first() string {
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.user)
	s.bare = "n=" + name + ",r=" + s.nonce
	return s.header + s.bare
}

// final answers the server's first message.
func (s *scram) final(challenge string) (string, error) {
	fields := attributes(challenge)
	salt, err := base64.StdEncoding.DecodeString(fields["s"])
	rounds, nan := strconv.Atoi(fields["i"])
	switch {
	case fields["m"] != "":
		return "", errors.New("SCRAM: the server asks for an extension that is not known")
	case !strings.HasPrefix(fields["r"], s.nonce) || fields["r"] == s.nonce:
		return "", errors.New("SCRAM: the server did not add to the nonce")
	case err != nil || len(salt) == 0 || nan != nil || rounds < 1 || rounds > mostRounds:
		return "", errors.New("SCRAM: the server's challenge makes no sense")
	}
	salted, err := pbkdf2.Key(s.hash, prepared(precis.OpaqueString, s.password), salt, rounds, s.hash().Size())
	if err != nil {
		return "", fmt.Errorf("SCRAM: %w", err)
	}
	without := "c=" + base64.StdEncoding.EncodeToString(append([]byte(s.header), s.binding...)) + ",r=" + fields["r"]
	signed := s.bare + "," + challenge + "," + without
	client := s.mac(salted, "Client Key")
	h := s.hash()
	h.Write(client)
	proof := s.mac(h.Sum(nil), signed)
	for i := range proof {
		proof[i] ^= client[i]
	}
	s.server = s.mac(s.mac(salted, "Server Key"), signed)
	return without + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

func (s *scram) mac(key []byte, words string) []byte {
	m := hmac.New(s.hash, key)
	m.Write([]byte(words))
	return m.Sum(nil)
}

// verify checks that the server knows the password as well.
func (s *scram) verify(final string) error {
	fields := attributes(final)
	if fields["e"] != "" {
		return fmt.Errorf("SCRAM: %s", clip(fields["e"]))
	}
	signature, err := base64.StdEncoding.DecodeString(fields["v"])
	if err != nil || s.server == nil || !hmac.Equal(signature, s.server) {
		return errors.New("SCRAM: the server does not know the password: it may be somebody else")
	}
	return nil
}

// attributes reads "a=b,c=d".
func attributes(s string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			out[name] = value
		}
	}
	return out
}

// hashes of the mechanisms, without -PLUS.
func hashOf(mechanism string) func() hash.Hash {
	switch strings.TrimSuffix(mechanism, "-PLUS") {
	case "SCRAM-SHA-256":
		return sha256.New
	case "SCRAM-SHA-1":
		return sha1.New
	}
	return nil
}

// binding is data of a TLS connection that a login can be bound to: of kind
// tls-exporter (RFC 9266) with TLS 1.3, of tls-unique (RFC 5929) before it.
// Without TLS there is none.
func binding(conn *tls.Conn) (kind string, data []byte) {
	if conn == nil {
		return "", nil
	}
	state := conn.ConnectionState()
	if state.Version < tls.VersionTLS13 {
		return "tls-unique", state.TLSUnique
	}
	data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
	if err != nil {
		return "", nil
	}
	return "tls-exporter", data
}
