package chat

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"
)

// loginWait bounds the whole login.
const loginWait = 10 * time.Second

// errOtherKey means that an account name is bound to another key.
var errOtherKey = errors.New("the account belongs to another key; choose another name, or use the key file it was made with")

// A login proves that the client holds the private half of its static key.
// The server sends an ephemeral X25519 key and a nonce; the proof is
// HMAC-SHA-256 under their shared secret of service, account and nonce.
//
//	client: {"seq":1,"op":"login","name":"alice","key":...,"peer":...}
//	server: {"seq":1,"key":...,"nonce":...}
//	client: {"seq":2,"op":"prove","proof":...}
//	server: {"seq":2,"account":{...}}, or {"seq":2,"error":...}

func loginProof(own *ecdh.PrivateKey, other, nonce []byte, service, name string) ([]byte, error) {
	pub, err := ecdh.X25519().NewPublicKey(other)
	if err != nil {
		return nil, fmt.Errorf("login key: %w", err)
	}
	secret, err := own.ECDH(pub)
	if err != nil {
		return nil, fmt.Errorf("login key: %w", err)
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "telltale lab login 1\x00%s\x00%s\x00", service, name)
	mac.Write(nonce)
	return mac.Sum(nil), nil
}

// gate is the server's side of a login.
type gate struct {
	service string
	rand    io.Reader
	// key returns the key that the account is bound to, nil for a new one.
	key func(account string) []byte
}

// admit reads a login and returns it and the Seq of the answer that the
// caller owes. Every failure has been told to the client.
func (g gate) admit(l *lineConn) (login request, seq int64, err error) {
	if err = l.conn.SetDeadline(time.Now().Add(loginWait)); err != nil {
		return login, 0, err
	}
	if login, err = l.request(); err != nil {
		return login, 0, err
	}
	seq = login.Seq
	if err = g.acceptable(login); err == nil {
		seq, err = g.challenge(l, login)
	}
	if err != nil {
		l.refuse(seq, err)
		return login, seq, err
	}
	return login, seq, l.conn.SetDeadline(time.Time{})
}

func (g gate) acceptable(r request) error {
	if r.Op != "login" || len(r.Key) != keySize {
		return errors.New("log in first, with account name and public key")
	}
	if err := CheckAccount(r.Name); err != nil {
		return err
	}
	if k := g.key(r.Name); k != nil && !bytes.Equal(k, r.Key) {
		return errOtherKey
	}
	return nil
}

func (g gate) challenge(l *lineConn, login request) (int64, error) {
	secret, nonce := make([]byte, keySize), make([]byte, 16)
	if _, err := io.ReadFull(g.rand, secret); err != nil {
		return login.Seq, fmt.Errorf("random source: %w", err)
	}
	if _, err := io.ReadFull(g.rand, nonce); err != nil {
		return login.Seq, fmt.Errorf("random source: %w", err)
	}
	own, err := ecdh.X25519().NewPrivateKey(secret)
	if err != nil {
		return login.Seq, err
	}
	if err := l.write(answer{Seq: login.Seq, Key: own.PublicKey().Bytes(), Nonce: nonce}); err != nil {
		return login.Seq, err
	}
	prove, err := l.request()
	if err != nil {
		return login.Seq, err
	}
	want, err := loginProof(own, login.Key, nonce, g.service, login.Name)
	if err != nil {
		return prove.Seq, err
	}
	if prove.Op != "prove" || !hmac.Equal(want, prove.Proof) {
		return prove.Seq, errors.New("the login proof is wrong: the client does not hold the private key")
	}
	return prove.Seq, nil
}

// logIn is the client's side. It returns the server's last answer.
func logIn(l *lineConn, id identity, service string, login request) (answer, error) {
	if err := l.conn.SetDeadline(time.Now().Add(loginWait)); err != nil {
		return answer{}, err
	}
	login.Seq, login.Op, login.Key = 1, "login", id.public()
	if err := l.write(login); err != nil {
		return answer{}, err
	}
	ch, err := l.answer()
	if err != nil {
		return answer{}, err
	}
	if ch.Error != "" {
		return answer{}, refusal(ch.Error)
	}
	proof, err := loginProof(id.private, ch.Key, ch.Nonce, service, login.Name)
	if err != nil {
		return answer{}, err
	}
	if err := l.write(request{Seq: 2, Op: "prove", Proof: proof}); err != nil {
		return answer{}, err
	}
	last, err := l.answer()
	if err != nil {
		return answer{}, err
	}
	if last.Error != "" {
		return answer{}, refusal(last.Error)
	}
	return last, l.conn.SetDeadline(time.Time{})
}

// refusal is an error that the other side stated.
type refusal string

func (r refusal) Error() string { return Escape(string(r)) }
