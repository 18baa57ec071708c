package signer

import (
	"fmt"
)

// Info tells of a key what is no secret.
type Info struct {
	// PublicKey is name, hash and key joined by "+".
	PublicKey string `json:"public_key"`
	// Name in the key: a person or a laboratory.
	Name string `json:"name"`
	// Place is the file, or "agent".
	Place string `json:"place"`
	// Protected by a passphrase, or held by an agent.
	Protected bool `json:"protected"`
	Agent     bool `json:"agent,omitempty"`
}

// Look tells of the key that is kept at a place. It makes none: without one the
// error is [fs.ErrNotExist]. The passphrase is only asked where the file does
// not tell the public key.
func Look(p Place) (Info, error) {
	info := Info{Place: p.Name}
	if _, ok := inAgent(p.Name); ok {
		info.Place, info.Protected, info.Agent = "agent", true, true
		k, err := Open(p)
		if err != nil {
			return Info{}, err
		}
		return info.of(k.Verifier())
	}
	text, err := readKey(p.Name)
	if err != nil {
		return Info{}, fmt.Errorf("there is no signing key: %w", err)
	}
	public, body := split(text)
	info.Protected = body != nil
	if public != "" {
		return info.of(public)
	}
	plain, err := unlock(p.Name, text, p.Passphrase)
	if err != nil {
		return Info{}, err
	}
	k, err := parseFile(p.Name, plain)
	if err != nil {
		return Info{}, err
	}
	return info.of(k.verifier)
}

// of fills in the public key.
func (i Info) of(verifier string) (Info, error) {
	name, _, err := Public(verifier)
	if err != nil {
		return Info{}, notAKey(i.Place, err)
	}
	i.PublicKey, i.Name = verifier, name
	return i, nil
}
