package signer

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"example.org/telltale/internal/casefile"
)

// inAgent reports whether a place is an SSH agent, and which of its keys is
// meant: by comment or fingerprint, or "" for the only one.
func inAgent(place string) (chosen string, ok bool) {
	if place == "agent" {
		return "", true
	}
	return strings.CutPrefix(place, "agent:")
}

// InAgent reports whether the place is an SSH agent.
func (p Place) InAgent() bool {
	_, ok := inAgent(p.Name)
	return ok
}

// agentKey signs by way of an SSH agent. An SSH signature with an Ed25519 key is
// that of RFC 8032 over the bytes as they are (RFC 8709), and so that of a note.
type agentKey struct {
	socket string
	blob   *agent.Key
	public ed25519.PublicKey
	name   string
}

func (k agentKey) Name() string { return k.name }

func (k agentKey) KeyHash() uint32 {
	return hashOf(k.name, append([]byte{kindEd25519}, k.public...))
}

// Verifier returns the public half: name, hash and key joined by "+".
func (k agentKey) Verifier() string { return encodeVerifier(k.name, kindEd25519, k.public) }

// Sign has the agent sign. It may ask its owner, so this may take long.
func (k agentKey) Sign(msg []byte) (signature []byte, err error) {
	err = withAgent(k.socket, func(a agent.Agent) error {
		signed, err := a.Sign(k.blob, msg)
		if err != nil {
			return fmt.Errorf("the SSH agent does not sign with the key %q (%w): unlock it, or load the key again with ssh-add", k.name, err)
		}
		if signed.Format != ssh.KeyAlgoED25519 || !ed25519.Verify(k.public, msg, signed.Blob) {
			return fmt.Errorf("what the SSH agent returned is no signature by the key %q", k.name)
		}
		signature = signed.Blob
		return nil
	})
	return signature, err
}

// withAgent connects for one use; agents are restarted, and runs are long.
func withAgent(socket string, use func(agent.Agent) error) error {
	conn, err := dialAgent(socket)
	if err != nil {
		return fmt.Errorf("the SSH agent cannot be reached (%w): start one, and see that SSH_AUTH_SOCK names it", err)
	}
	defer conn.Close()
	return use(agent.NewClient(conn))
}

func openAgent(socket, chosen string) (casefile.Signer, error) {
	var keys []*agent.Key
	err := withAgent(socket, func(a agent.Agent) (err error) {
		if keys, err = a.List(); err != nil {
			err = fmt.Errorf("the SSH agent does not tell its keys: %w", err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var fit []agentKey
	for _, k := range keys {
		if k.Format != ssh.KeyAlgoED25519 || chosen != "" && k.Comment != chosen && ssh.FingerprintSHA256(k) != chosen {
			continue
		}
		public, err := publicOf(k)
		if err != nil {
			return nil, err
		}
		fit = append(fit, agentKey{socket: socket, blob: k, public: public, name: plainName(k.Comment)})
	}
	if len(fit) != 1 {
		return nil, chooseKey(len(fit), chosen, keys)
	}
	return fit[0], nil
}

// publicOf takes an agent's key apart.
func publicOf(k *agent.Key) (ed25519.PublicKey, error) {
	parsed, err := ssh.ParsePublicKey(k.Blob)
	if err != nil {
		return nil, fmt.Errorf("the SSH agent's key %.80q cannot be read: %w", k.Comment, err)
	}
	if c, ok := parsed.(ssh.CryptoPublicKey); ok {
		if public, ok := c.CryptoPublicKey().(ed25519.PublicKey); ok {
			return public, nil
		}
	}
	return nil, fmt.Errorf("the SSH agent's key %.80q is not of Ed25519", k.Comment)
}

// chooseKey says which keys there are to choose from.
func chooseKey(fit int, chosen string, keys []*agent.Key) error {
	var there []string
	for _, k := range keys {
		if k.Format == ssh.KeyAlgoED25519 {
			there = append(there, fmt.Sprintf("agent:%s (%s)", k.Comment, ssh.FingerprintSHA256(k)))
		}
	}
	switch {
	case len(there) == 0:
		return errors.New("the SSH agent holds no Ed25519 key: make one with ssh-keygen -t ed25519 and load it with ssh-add; keys on FIDO tokens sign in another way and do not do")
	case fit == 0:
		return fmt.Errorf("the SSH agent holds no Ed25519 key %q: choose one of %.1000q", chosen, there)
	}
	return fmt.Errorf("the SSH agent holds %d Ed25519 keys that fit: choose one by its comment or fingerprint, of %.1000q", fit, there)
}
