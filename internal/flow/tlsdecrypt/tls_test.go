package tlsdecrypt_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	mrand "math/rand/v2"
	"testing"

	"example.org/telltale/internal/flow/tlsdecrypt"
)

// opens replays a connection and wants both texts.
func opens(t *testing.T, keys *tlsdecrypt.Keys, all []passed, up, down []byte) tlsdecrypt.Info {
	t.Helper()
	h, c := replay(keys, all, mrand.New(mrand.NewPCG(1, uint64(len(up)))))
	info := c.Info()
	if c.Status() != tlsdecrypt.Openable || !bytes.Equal(h.text[0].Bytes(), up) || !bytes.Equal(h.text[1].Bytes(), down) || h.gaps != 0 || info.Failed != 0 {
		t.Errorf("status %d, %d of %d octets out, %d of %d in, gaps %d, %+v", c.Status(), h.text[0].Len(), len(up), h.text[1].Len(), len(down), h.gaps, info.Notes)
	}
	return info
}

// TestSuitesOfGo: every suite and version that crypto/tls speaks.
func TestSuitesOfGo(t *testing.T) {
	t.Parallel()
	rsaCert, ecCert := certificate(t, false), certificate(t, true)
	suites := append(tls.CipherSuites(), tls.InsecureCipherSuites()...)
	for _, s := range suites {
		for _, version := range s.SupportedVersions {
			t.Run(fmt.Sprintf("%s/%x", s.Name, version), func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				server := &tls.Config{Certificates: []tls.Certificate{rsaCert, ecCert}, MinVersion: version, MaxVersion: version, CipherSuites: []uint16{s.ID}, NextProtos: []string{"x/1"}}
				client := &tls.Config{ServerName: "A.test", InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, CipherSuites: []uint16{s.ID}, KeyLogWriter: &log, NextProtos: []string{"y", "x/1"}}
				up, down := text(40_000, 1), text(100_000, 2)
				all := talk(t, client, server, up, down)
				keys := &tlsdecrypt.Keys{}
				if keys.Add(log.Bytes()) == 0 || keys.Len() != 1 {
					t.Fatal("no keys")
				}
				info := opens(t, keys, all, up, down)
				if want := fmt.Sprintf("1.%d", version-0x301); info.ServerName != "a.test" || info.ALPN != "x/1" || info.Version != want || len(info.Certificates) != 1 {
					t.Errorf("%s %q %q %d", info.Version, info.ServerName, info.ALPN, len(info.Certificates))
				}
				if version < tls.VersionTLS13 && info.Suite != s.Name {
					t.Errorf("suite %s", info.Suite)
				}
			})
		}
	}
}

// TestResumed: sessions that were resumed open too, also where the program
// logs nothing for them.
func TestResumed(t *testing.T) {
	t.Parallel()
	cert := certificate(t, true)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var log bytes.Buffer
		server := &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version}
		client := &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, MaxVersion: version, KeyLogWriter: &log, ClientSessionCache: tls.NewLRUClientSessionCache(3)}
		var all [][]passed
		for range 3 {
			all = append(all, talk(t, client, server, []byte("question"), []byte("answer")))
		}
		keys := &tlsdecrypt.Keys{}
		keys.Add(log.Bytes())
		for i, one := range all {
			if info := opens(t, keys, one, []byte("question"), []byte("answer")); i > 0 && version == tls.VersionTLS12 && len(info.Certificates) > 0 {
				t.Error("the session was not resumed: nothing is tested")
			}
		}
	}
}

// TestHelloRetry: the server wants another group than the client guessed.
func TestHelloRetry(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := &tls.Config{Certificates: []tls.Certificate{certificate(t, true)}, CurvePreferences: []tls.CurveID{tls.CurveP521}}
	client := &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, KeyLogWriter: &log, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP521}}
	all := talk(t, client, server, text(50_000, 1), text(50_000, 2))
	keys := &tlsdecrypt.Keys{}
	keys.Add(log.Bytes())
	opens(t, keys, all, text(50_000, 1), text(50_000, 2))
}

// TestDirectionsMayCome one after the other, in either order.
func TestOneDirectionFirst(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var log bytes.Buffer
		client := &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, KeyLogWriter: &log, MaxVersion: version}
		all := talk(t, client, &tls.Config{Certificates: []tls.Certificate{certificate(t, true)}}, text(90_000, 1), text(90_000, 2))
		keys := &tlsdecrypt.Keys{}
		keys.Add(log.Bytes())
		for _, first := range []bool{true, false} {
			var turned []passed
			for _, side := range []bool{first, !first} {
				for _, p := range all {
					if p.out == side {
						turned = append(turned, p)
					}
				}
			}
			opens(t, keys, turned, text(90_000, 1), text(90_000, 2))
		}
	}
}

func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	client := &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}
	all := talk(t, client, &tls.Config{Certificates: []tls.Certificate{certificate(t, true)}}, []byte("q"), []byte("a"))
	h, c := replay(&tlsdecrypt.Keys{}, all, mrand.New(mrand.NewPCG(1, 2)))
	if info := c.Info(); c.Status() != tlsdecrypt.NoKeys || h.text[0].Len()+h.text[1].Len() > 0 || info.ServerName != "a.test" || len(info.Certificates) != 1 || info.Version != "1.2" {
		t.Errorf("status %d, %+v", c.Status(), info)
	}
	_, c = replay(&tlsdecrypt.Keys{}, []passed{{true, []byte("GET / HTTP/1.1\r\n")}}, mrand.New(mrand.NewPCG(1, 2)))
	if c.Status() != tlsdecrypt.NoHello {
		t.Errorf("status %d", c.Status())
	}
}
