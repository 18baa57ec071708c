package report

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// Picture is the drawing of who sent what to whom, in units of a view box.
// The message's own way runs down the left, copies go off to the right.
type Picture struct {
	// Left is where the view box begins, Width and Height its size.
	Left          int
	Width, Height int
	Title, Desc   string
	Boxes         []Box
	Lines         []Line
	Crosses       []Cross
	Notes         []Note
}

// Shows reports whether the picture has a line of a class, for its legend.
func (p Picture) Shows(class string) bool {
	for _, l := range p.Lines {
		if l.Class == class {
			return true
		}
	}
	return false
}

// Box is a named party. Class is its part: "person", "app", "way", "taker",
// "source", "anybody" or "other".
type Box struct {
	X, Y, W, H        int
	Class, Name, Part string
}

// Middle and the baselines of the two lines of text in a box.
func (b Box) Middle() int { return b.X + b.W/2 }

// NameLine is the baseline of the name.
func (b Box) NameLine() int { return b.Y + b.H/2 - 3 }

// PartLine is the baseline of the part.
func (b Box) PartLine() int { return b.Y + b.H/2 + 15 }

// Line is a path with its arrow heads, as SVG path data. Class is "message",
// "copy", "list" or "other".
type Line struct {
	Class, D string
	Heads    []string
}

// Cross marks where messages stop. Note is a label beside a line.
type Cross struct{ X, Y int }

// Note is a label beside a line.
type Note struct {
	X, Y        int
	Class, Text string
}

// The grid of the picture.
const (
	picWide   = 480
	picLeft   = 12
	picRight  = 268
	picBoxL   = 192
	picBoxR   = 200
	picGap    = 20
	picShown  = 3
	picCellsL = 21
	picCellsR = 22
)

// drawing is a picture in the making.
type drawing struct {
	Picture
	x *index
	// app's box, and how far down each column has come.
	app         Box
	left, right int
	said        []string
}

func (x *index) picture(v View) Picture {
	d := &drawing{x: x, left: 10, right: 10}
	d.Width, d.Title = picWide, x.Say("picture.title")
	d.messagePath(v)
	d.list(v)
	d.takers(v)
	if !d.Shows("copy") && !d.Shows("list") && !d.Shows("other") {
		d.Left = -(picRight - picLeft) / 2 // One column stands in the middle.
	}
	d.Height = max(d.left, d.right) + 10
	d.Desc = strings.Join(d.said, " ")
	return d.Picture
}

// messagePath draws writer, app, way and recipient, one under the other.
func (d *drawing) messagePath(v View) {
	person := d.leftBox("person", first(d.x.accounts(telltale.SideApp), d.x.Say("picture.user")), d.x.Say("picture.writes"))
	d.left += 36
	d.app = d.leftBox("app", d.x.app().Name, d.x.Say("picture.app", "version", short(d.x.app().Version, picCellsL-11)))
	d.down(person, d.app, picLeft+picBoxL/2)
	kept := len(d.x.supported(telltale.KindSuppression)) > 0
	inside := len(v.Lists.Fetched) > 0 || len(d.x.supported(telltale.KindCopy)) > 0
	above := d.app
	if len(d.x.rec.Scenario.Channel) > 0 {
		d.left += 62
		way := d.leftBox("way", d.x.wayHost(), d.x.Say("picture.way"))
		d.down(above, way, picLeft+56)
		if kept && inside {
			d.stop(above, way)
		}
		above, kept = way, kept && !inside
	}
	d.left += 62
	peer := d.leftBox("person", first(d.x.accounts(telltale.SidePeer), d.x.Say("picture.recipient")), d.x.Say("picture.meant"))
	d.down(above, peer, picLeft+56)
	if kept {
		d.stop(above, peer)
	}
	key := "picture.says-way"
	if slices.Contains(d.x.rec.Scenario.Directions, telltale.Received) {
		key = "picture.says-back"
	}
	d.said = append(d.said, d.x.Say(key, "from", person.Name, "app", d.app.Name, "to", peer.Name))
	if n := len(d.Crosses); n > 0 {
		d.said = append(d.said, d.x.Say("picture.says-stopped"))
	}
}

// wayHost names the message's own way by its busiest host, or by the pattern
// of the scenario if no sensor saw one.
func (x *index) wayHost() string {
	busy := map[string]int{}
	for i := range x.rec.Flows {
		if f := &x.rec.Flows[i]; x.own(f) {
			busy[f.Host]++
		}
	}
	name, most := x.rec.Scenario.Channel[0], 0
	for host, n := range busy {
		if n > most || n == most && host < name {
			name, most = host, n
		}
	}
	return name
}

func first(list []string, otherwise string) string {
	if len(list) == 0 {
		return otherwise
	}
	return list[0]
}

func (d *drawing) leftBox(class, name, part string) Box {
	b := Box{X: picLeft, Y: d.left, W: picBoxL, H: 52, Class: class, Name: short(name, picCellsL), Part: part}
	d.Boxes = append(d.Boxes, b)
	d.left += b.H
	return b
}

func (d *drawing) rightBox(class, name, part string) Box {
	b := Box{X: picRight, Y: d.right, W: picBoxR, H: 52, Class: class, Name: short(name, picCellsR), Part: part}
	d.Boxes = append(d.Boxes, b)
	d.right += b.H + picGap
	return b
}

// down draws the message's way between two boxes, with a head at each end
// that messages were tested to reach.
func (d *drawing) down(from, to Box, x int) {
	l := Line{Class: "message", D: fmt.Sprintf("M%d %dV%d", x, from.Y+from.H+6, to.Y-6)}
	for _, way := range d.x.rec.Scenario.Directions {
		if way == telltale.Sent {
			l.Heads = append(l.Heads, headDown(x, to.Y-2))
		}
		if way == telltale.Received {
			l.Heads = append(l.Heads, headUp(x, from.Y+from.H+2))
		}
	}
	d.Lines = append(d.Lines, l)
}

// stop draws a second way beside the first that ends in a cross.
func (d *drawing) stop(from, to Box) {
	x, y := picLeft+picBoxL-62, (from.Y+from.H+to.Y)/2
	d.Lines = append(d.Lines, Line{Class: "stopped", D: fmt.Sprintf("M%d %dV%d", x, from.Y+from.H+4, y-12)},
		Line{Class: "stopped", D: fmt.Sprintf("M%d %dV%d", x, y+12, to.Y-4)})
	d.Crosses = append(d.Crosses, Cross{x, y})
	d.Notes = append(d.Notes, Note{x + 16, y + 4, "bad", d.x.Say("picture.stopped")})
}

// list draws the server that the app fetches its word list from.
func (d *drawing) list(v View) {
	lists := v.Lists.Fetched
	if len(lists) == 0 {
		d.right = d.app.Y
		return
	}
	entries := Count(0)
	for _, l := range lists {
		entries += l.Entries
	}
	part := d.x.Count("picture.lists", len(lists), "entries", d.x.Count("entries", int(entries)))
	b := d.rightBox("source", lists[0].Host, part)
	d.Lines = append(d.Lines, Line{
		Class: "list", D: fmt.Sprintf("M%d %dH%dV%dH%d", b.X-4, b.Y+b.H/2, 236, d.app.Y+10, d.app.X+d.app.W+8),
		Heads: []string{headLeft(d.app.X+d.app.W+3, d.app.Y+10)},
	})
	d.said = append(d.said, d.x.Say("picture.says-list", "host", b.Name))
	d.right = max(d.right, d.app.Y)
}

// takers draws the hosts that get copies, or the other hosts if none does.
func (d *drawing) takers(v View) {
	hosts, last := 0, Box{}
	for _, c := range v.Collectors {
		if c.Messages == 0 && !d.isDestination(c.Host) {
			continue
		}
		hosts++
		if hosts <= picShown {
			last = d.rightBox("taker", c.Host, d.x.Count("picture.got", int(c.Messages)))
			d.copyLine(last)
			d.said = append(d.said, d.x.Say("picture.says-copies", "host", last.Name))
		}
	}
	if hosts == 0 {
		d.others()
		return
	}
	if hosts > picShown {
		d.Notes = append(d.Notes, Note{picRight, d.right, "plain", d.x.Count("more", hosts-picShown+int(v.MoreCollectors))})
		d.right += picGap
	}
	d.anybody(v, last)
}

func (d *drawing) isDestination(host string) bool {
	for _, h := range d.x.destinations() {
		if cut(h, 80) == host {
			return true
		}
	}
	return false
}

func (d *drawing) copyLine(b Box) {
	y := d.app.Y + d.app.H/2
	d.Lines = append(d.Lines, Line{
		Class: "copy", D: fmt.Sprintf("M%d %dH%dV%dH%d", d.app.X+d.app.W+4, y, 236, b.Y+b.H/2, b.X-8),
		Heads: []string{headRight(b.X-3, b.Y+b.H/2)},
	})
}

// anybody draws the public, where the copies lie open to it.
func (d *drawing) anybody(v View, above Box) {
	open := false
	for _, c := range v.Collectors {
		open = open || len(c.Open) > 0
	}
	if !open {
		return
	}
	d.right += 22
	b := d.rightBox("anybody", d.x.Say("picture.anybody"), d.x.Say("picture.can-read"))
	x := b.X + b.W/2
	d.Lines = append(d.Lines, Line{
		Class: "copy", D: fmt.Sprintf("M%d %dV%d", x, max(above.Y+above.H+4, b.Y-38), b.Y-7),
		Heads: []string{headDown(x, b.Y-2)},
	})
	d.said = append(d.said, d.x.Say("picture.says-anybody"))
}

// others draws the rest of the app's traffic in one box, in a case in which
// nobody was seen to get copies.
func (d *drawing) others() {
	hosts := d.x.otherHosts()
	for _, f := range d.x.supported(telltale.KindList) {
		delete(hosts, f.Claim.Host)
	}
	if len(hosts) == 0 {
		return
	}
	b := d.rightBox("other", d.x.Count("picture.others", len(hosts)), d.x.Say("picture.no-copy"))
	y := b.Y + b.H/2
	d.Lines = append(d.Lines, Line{Class: "other", D: fmt.Sprintf("M%d %dH%d", d.app.X+d.app.W+4, y, b.X-8), Heads: []string{headRight(b.X-3, y)}})
	d.said = append(d.said, d.x.Say("picture.says-others", "hosts", b.Name))
}

func headDown(x, y int) string  { return fmt.Sprintf("M%d %dl-6 -10h12z", x, y) }
func headUp(x, y int) string    { return fmt.Sprintf("M%d %dl-6 10h12z", x, y) }
func headLeft(x, y int) string  { return fmt.Sprintf("M%d %dl10 -6v12z", x, y) }
func headRight(x, y int) string { return fmt.Sprintf("M%d %dl-10 -6v12z", x, y) }
