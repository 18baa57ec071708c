package profile

import (
	"golang.org/x/text/encoding/unicode"

	"example.org/telltale/internal/lab/weak"
)

// The historic keys as they are passed on, not compared with the paper (see
// docs/design/lab.md): of uploads by 3.6 and 4.0 clients, and of the lists of
// 5.x clients, where the string is used in UTF-16LE.
const (
	keyUpload2008 = "32bnx23l"
	keyUpload2011 = "X7sRUjL\x00"
	keyList2011   = "0sr TM#RWFD,a43 "
)

func (e Era) listBox() weak.Box {
	if e == Era2008 {
		return weak.Box{Scheme: weak.XORChain}
	}
	return weak.Box{Scheme: weak.AES, Key: utf16le(keyList2011)}
}

func (e Era) uploadBox() weak.Box {
	if e == Era2008 {
		return weak.Box{Scheme: weak.DES, Key: []byte(keyUpload2008)}
	}
	return weak.Box{Scheme: weak.DES, Key: []byte(keyUpload2011), Zero: true}
}

// utf16le cannot fail on the ASCII it is given.
func utf16le(s string) []byte {
	b, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(s))
	return b
}

// build puts together what the client is configured to do.
func (p Plan) build() Build {
	profile := p.Profile
	b := Build{Product: "Lab Messenger", Version: "2.0.0.1", Agent: "LabMessenger/2.0", Scan: profile.Scan, Separate: profile.Separate}
	switch profile.Era {
	case Era2008:
		b.Version, b.Agent = "3.6.0.248", "Mozilla/3.0 (compatible; Indy Library)"
	case Era2011:
		b.Version, b.Agent = "5.1.4.10", "LabMessenger/5.1"
	}
	for _, list := range p.Lists {
		b.Lists = append(b.Lists, list.Source)
	}
	if profile.Relay {
		b.Scan = ""
	}
	if profile.Collects() {
		b.Upload = p.upload()
	}
	if profile.Everything {
		b.Report = "https://" + HostReport + "/report"
	}
	if profile.Noisy {
		b.Noise = Noise{
			Update: "http://" + HostUpdate + "/check?v=", Stats: "http://" + HostStats + "/count",
			Crash: "http://" + HostStats + "/crash", Site: "http://" + HostSite + "/",
		}
	}
	return b
}

func (p Plan) upload() Upload {
	u := Upload{
		URL:   "http://" + hostCollector + "/installer/agent/up?r=",
		Login: "http://" + hostCollector + "/installer/agent/login?r=",
		Box:   p.Profile.Era.uploadBox(),
		Salt:  p.Source("salt").Uint32(),
		OneIn: p.Profile.OneIn, Delay: p.Profile.Delay,
	}
	if p.Profile.Era == Era2008 {
		u.Charset = "gb18030"
	} else {
		u.Base64 = true
	}
	return u
}
