package tlsdecrypt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	// maxKeys bounds the connections that keys are remembered of.
	maxKeys = 1 << 20
	// maxSessions bounds the sessions that may be resumed.
	maxSessions = 1 << 14
	// maxInUse bounds what waits in all connections together.
	maxInUse = 32 << 20
	// maxSecret is more than the longest secret has.
	maxSecret = 64
)

// The labels of a key log (draft-ietf-tls-keylogfile).
const (
	labelMaster    = "CLIENT_RANDOM"
	labelEarly     = "CLIENT_EARLY_TRAFFIC_SECRET"
	labelClientHS  = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
	labelServerHS  = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
	labelClientApp = "CLIENT_TRAFFIC_SECRET_0"
	labelServerApp = "SERVER_TRAFFIC_SECRET_0"
	labelSession   = "RSA" // RSA Session-ID:… Master-Key:…
)

// secrets are those of one connection, by label.
type secrets map[string][]byte

// Keys are the secrets of key logs, and the sessions seen that were opened
// with them. The zero value is empty. It is used from one goroutine.
type Keys struct {
	byRandom map[[32]byte]secrets
	sessions map[[32]byte][]byte
	scratch  []byte // for one record in the clear
	tried    int64  // octets that were opened in vain
	inUse    int    // octets that wait in all connections
}

// Add takes the lines of a key log and returns how many of them are secrets.
// Other lines are passed over, as the format wants.
func (k *Keys) Add(log []byte) int {
	n := 0
	for line := range bytes.Lines(log) {
		if k.line(strings.Fields(string(line))) {
			n++
		}
	}
	return n
}

// Len is the number of connections that there are secrets of.
func (k *Keys) Len() int { return len(k.byRandom) }

func (k *Keys) line(f []string) bool {
	if len(f) != 3 {
		return false
	}
	if f[0] == labelSession {
		return k.sessionLine(f[1], f[2])
	}
	random, err1 := hex.DecodeString(f[1])
	secret, err2 := hex.DecodeString(f[2])
	if err1 != nil || err2 != nil || len(random) != 32 || len(secret) == 0 || len(secret) > maxSecret || !known(f[0]) {
		return false
	}
	if k.byRandom == nil {
		k.byRandom = map[[32]byte]secrets{}
	}
	of := k.byRandom[[32]byte(random)]
	if of == nil {
		if len(k.byRandom) == maxKeys {
			return false
		}
		of = secrets{}
		k.byRandom[[32]byte(random)] = of
	}
	of[f[0]] = secret
	return true
}

func known(label string) bool {
	switch label {
	case labelMaster, labelEarly, labelClientHS, labelServerHS, labelClientApp, labelServerApp:
		return true
	}
	return false
}

// sessionLine takes a line of old key logs, which name sessions.
func (k *Keys) sessionLine(id, master string) bool {
	id, ok1 := strings.CutPrefix(id, "Session-ID:")
	master, ok2 := strings.CutPrefix(master, "Master-Key:")
	rawID, err1 := hex.DecodeString(id)
	secret, err2 := hex.DecodeString(master)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || len(secret) != 48 || len(rawID) == 0 {
		return false
	}
	return k.remember(rawID, secret)
}

// remember notes the master secret of a session by its id or ticket: some
// programs log nothing when they resume one.
func (k *Keys) remember(idOrTicket, master []byte) bool {
	if len(idOrTicket) == 0 || len(master) == 0 || len(k.sessions) >= maxSessions {
		return false
	}
	if k.sessions == nil {
		k.sessions = map[[32]byte][]byte{}
	}
	k.sessions[sha256.Sum256(idOrTicket)] = master
	return true
}

func (k *Keys) session(idOrTicket []byte) []byte {
	if len(idOrTicket) == 0 {
		return nil
	}
	return k.sessions[sha256.Sum256(idOrTicket)]
}
