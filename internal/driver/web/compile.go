package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"example.org/telltale/internal/driver/ends"
)

// rules are the options, compiled.
type rules struct {
	headers   map[string]template
	login     []*step
	loggedOut []sign
	places    []*place
	read      *reading
	// threaded says that a place has threads.
	threaded bool
}

type step struct {
	*request
	expect *expect
	save   map[string]*extractor
}

type place struct {
	name   string
	thread template
	before []*step
	send   *request
	expect *expect
	answer *answer
	ref    *extractor
}

type answer struct {
	text   *extractor
	normal template
}

type reading struct {
	*request
	say            []template
	expect         *expect
	items          *extractor
	text, from, id *extractor
	ignore         *regexp.Regexp
	stream         string
	newestFirst    bool
	// threaded says that the request names a thread.
	threaded bool
}

// compiler collects what is wrong with the options.
type compiler struct {
	names map[string]bool
	err   error
}

// compile reads all templates and rules, and says what is wrong with the
// first that is.
func compile(o Options) (*rules, error) {
	c := &compiler{names: map[string]bool{}}
	for _, n := range Names() {
		c.names[n] = true
	}
	for n := range o.Vars {
		c.names[n] = true
	}
	c.saves(o.Login)
	for _, p := range o.Places {
		c.saves(p.Before)
	}
	r := &rules{headers: c.templates("headers", o.Headers), login: c.steps("login", o.Login), loggedOut: c.signs("logged_out", o.LoggedOut)}
	seen := map[string]bool{}
	for i, p := range o.Places {
		at := fmt.Sprintf("places[%d]", i)
		if p.Name == "" || seen[p.Name] {
			c.wrong(at+".name", "is missing or there twice", "name each place by what it is, as in post")
		}
		seen[p.Name] = true
		r.places = append(r.places, c.place(at, p, o.Read))
		r.threaded = r.threaded || p.Thread != ""
	}
	if len(r.places) == 0 && o.Read == nil {
		c.wrong("places", "there is neither a place to write nor one to read", "see the example of a board in the documentation")
	}
	if o.Read != nil {
		r.read = c.reading(*o.Read)
	}
	return r, c.err
}

func (c *compiler) wrong(path, what, fix string) {
	if c.err == nil {
		c.err = &ends.OptionError{Path: path, What: what, Fix: fix}
	}
}

func (c *compiler) saves(steps []Step) {
	for _, s := range steps {
		for n := range s.Save {
			c.names[n] = true
		}
	}
}

func (c *compiler) known(name string) bool {
	return c.names[name] || strings.HasPrefix(name, "more.")
}

func (c *compiler) template(path, text string) template {
	t, err := parseTemplate(text, c.known)
	if err != nil {
		c.wrong(path, err.Error(), "")
	}
	return t
}

func (c *compiler) templates(path string, all map[string]string) map[string]template {
	out := map[string]template{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out[name] = c.template(path+"."+name, all[name])
	}
	return out
}

func (c *compiler) pattern(path, text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		c.wrong(path, err.Error(), "")
	}
	return re
}

func (c *compiler) extract(path string, x *Extract) *extractor {
	if x == nil {
		return nil
	}
	out, err := compileExtract(*x)
	if err != nil {
		c.wrong(path, err.Error(), "")
	}
	return out
}

func (c *compiler) steps(path string, all []Step) []*step {
	var out []*step
	for i, s := range all {
		at := fmt.Sprintf("%s[%d]", path, i)
		st := &step{request: c.request(at, s.Request), expect: c.expect(at+".expect", s.Expect), save: map[string]*extractor{}}
		for _, name := range slices.Sorted(maps.Keys(s.Save)) {
			x := s.Save[name]
			st.save[name] = c.extract(at+".save."+name, &x)
		}
		out = append(out, st)
	}
	return out
}

func (c *compiler) place(path string, p Place, read *Read) *place {
	out := &place{
		name: p.Name, thread: c.template(path+".thread", p.Thread), before: c.steps(path+".before", p.Before),
		send: c.request(path+".send", p.Send), expect: c.expect(path+".expect", p.Expect), ref: c.extract(path+".ref", p.Ref),
	}
	switch {
	case p.Answer != nil:
		out.answer = &answer{text: c.extract(path+".answer.text", p.Answer.Text), normal: c.template(path+".answer.normal", p.Answer.Normal)}
		if p.Answer.Text == nil && p.Answer.Normal == "" {
			c.wrong(path+".answer", "a page alone proves nothing", "set text (where the answer shows the text) or normal (what it usually says)")
		}
		c.pattern(path+".answer.normal", out.answer.normal.fill(nil, "regexp"))
	case read == nil:
		c.wrong(path, "nobody would know what became of a text", "set read, or answer for services that answer the sender")
	}
	if p.Answer == nil && read != nil && read.Stream == "" && (p.Thread != "") != c.request("read", read.Request).uses("thread") {
		c.wrong(path+".thread", "what is read is another page", "set thread for the places, and {{thread}} in read.url; or neither")
	}
	if p.Send.Socket && (read == nil || read.Stream != "websocket") {
		c.wrong(path+".send.socket", "there is no WebSocket", "set read.stream to websocket")
	}
	return out
}

func (c *compiler) reading(r Read) *reading {
	out := &reading{
		request: c.request("read", r.Request), expect: c.expect("read.expect", r.Expect), stream: r.Stream, newestFirst: r.NewestFirst,
		items: c.extract("read.items", &r.Items), text: c.extract("read.text", r.Text), from: c.extract("read.from", r.From), id: c.extract("read.id", r.ID),
		ignore: c.pattern("read.ignore", r.Ignore),
	}
	out.threaded = out.uses("thread")
	if r.Stream != "" && r.Stream != "sse" && r.Stream != "websocket" {
		c.wrong("read.stream", fmt.Sprintf("%q is unknown", r.Stream), "there are sse and websocket")
	}
	for i, s := range r.Say {
		out.say = append(out.say, c.template(fmt.Sprintf("read.say[%d]", i), s))
	}
	return out
}

func (c *compiler) request(path string, r Request) *request {
	out := &request{
		method: r.Method, url: c.template(path+".url", r.URL), headers: c.templates(path+".headers", r.Headers), stay: r.Stay, socket: r.Socket,
		form: c.templates(path+".form", r.Form), multipart: c.templates(path+".multipart", r.Multipart),
	}
	bodies := 0
	for _, has := range []bool{r.Body != "", r.Form != nil, r.JSON != nil, r.Multipart != nil} {
		if has {
			bodies++
		}
	}
	switch {
	case bodies > 1:
		c.wrong(path, "a request has one body", "keep one of body, form, json and multipart")
	case r.Body != "":
		out.kind, out.body = "text/plain; charset=utf-8", c.template(path+".body", r.Body)
	case r.Form != nil:
		out.kind = "application/x-www-form-urlencoded"
	case r.Multipart != nil:
		out.kind = "multipart/form-data"
	case r.JSON != nil:
		out.kind, out.json = "application/json", c.json(path+".json", r.JSON)
	}
	if r.URL == "" && !r.Socket {
		c.wrong(path+".url", "is missing", `write as in "/t/general"`)
	}
	if out.method == "" {
		out.method = map[bool]string{true: "POST", false: "GET"}[bodies > 0]
	}
	out.charset = c.charset(path+".charset", r.Charset)
	return out
}

func (c *compiler) charset(path, name string) encoding.Encoding {
	if name == "" {
		return nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		c.wrong(path, fmt.Sprintf("charset %q is unknown", name), "")
	}
	return e
}

// json makes a template of JSON: values go into its strings.
func (c *compiler) json(path string, raw json.RawMessage) template {
	var out template
	rest := string(raw)
	for {
		i := strings.IndexByte(rest, '"')
		if i < 0 {
			return append(out, piece{plain: rest})
		}
		end := i + 1
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(rest))
		var text string
		if err := json.Unmarshal([]byte(rest[i:end]), &text); err != nil {
			c.wrong(path, err.Error(), "")
			return nil
		}
		out = append(out, piece{plain: rest[:i] + `"`})
		for _, p := range c.template(path, text) {
			if p.name == "" {
				p.plain = filter("json", p.plain)
			} else {
				p.filters = append(p.filters[:len(p.filters):len(p.filters)], "json")
			}
			out = append(out, p)
		}
		out, rest = append(out, piece{plain: `"`}), rest[end:]
	}
}
