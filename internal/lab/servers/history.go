package servers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/lab/people"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/watch"
)

const (
	// historyDays before today have logs already when a collector is first
	// started.
	historyDays = 4
	messagesDay = 40
	callsDay    = 16
	loginsDay   = 24
	// usersHere and outsidersHere are the people in one collector's logs who
	// use the monitored build, and who only talk to them.
	usersHere     = 24
	outsidersHere = 16
)

// furnish fills an empty directory with what lies on a collector: the key,
// logs of some days, and what strangers left behind in an older break-in. A
// directory with a key file is left as it is.
func furnish(plan profile.Plan, number int, dir string, now time.Time) error {
	keyPath := filepath.Join(dir, KeyFile)
	if _, err := os.Stat(keyPath); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	h := newHistory(plan, number)
	for age := historyDays; age >= 0; age-- {
		if err := h.writeDay(dir, now.UTC(), age); err != nil {
			return err
		}
	}
	if err := leaveStrangers(h.rng, dir, now); err != nil {
		return err
	}
	// The key comes last: it marks a directory that is complete.
	key := strings.TrimRight(string(plan.Build.Upload.Box.Key), "\x00")
	return os.WriteFile(keyPath, []byte(key+"\n"), 0o600)
}

// history invents what a collector has gathered before the lab was started.
type history struct {
	rng       *rand.Rand
	people    *people.People
	upload    profile.Upload
	version   string
	words     []string
	users     []user
	outsiders []string
}

// user is somebody whose client reports to this collector. Watched users are
// captured whatever they write.
type user struct {
	name, address string
	watched       bool
}

func newHistory(plan profile.Plan, number int) *history {
	rng := plan.Source(fmt.Sprintf("history/%d", number))
	taken := []string{profile.Alice, profile.Bob, profile.Carol}
	for _, m := range plan.Crowd {
		taken = append(taken, m.Name)
	}
	h := &history{
		rng: rng, people: people.New(rng, append(taken, plan.Watched...)...),
		upload: plan.Build.Upload, version: plan.Build.Version, words: plan.Entries(),
	}
	for i := range usersHere {
		// Every eighth user is watched, and with no word list that is all there is.
		h.users = append(h.users, user{name: h.people.User(), address: h.people.Address().String(), watched: i%8 == 0})
	}
	for range outsidersHere {
		h.outsiders = append(h.outsiders, h.people.User())
	}
	return h
}

// writeDay writes the logs of the day that was age days before now. Today's
// end at now.
func (h *history) writeDay(dir string, now time.Time, age int) error {
	day := now.Truncate(24*time.Hour).AddDate(0, 0, -age)
	end := min(24*time.Hour, now.Sub(day))
	families := []struct {
		name string
		n    int
		row  func(time.Time) string
	}{
		{FamilyMessages, messagesDay, h.message}, {FamilyCalls, callsDay, h.call}, {FamilyLogins, loginsDay, h.login},
	}
	for _, family := range families {
		n := max(2, int(float64(family.n)*end.Hours()/24))
		lines, err := h.lines(n, h.times(n, day, end), family.row)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, logName(family.name, day))
		if err := os.WriteFile(name, []byte(lines), 0o600); err != nil {
			return err
		}
		if err := os.Chtimes(name, now, day.Add(end)); err != nil {
			return err
		}
	}
	return nil
}

// times draws n times of a day, in order.
func (h *history) times(n int, day time.Time, length time.Duration) []time.Time {
	times := make([]time.Time, n)
	for i := range times {
		times[i] = day.Add(time.Duration(h.rng.Int64N(int64(length) + 1)))
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func (h *history) lines(n int, times []time.Time, row func(time.Time) string) (string, error) {
	var b strings.Builder
	for i := range n {
		line, err := watch.Encode(h.upload, row(times[i]))
		if err != nil {
			return "", err
		}
		b.WriteString(line + "\n")
	}
	return b.String(), nil
}

// message is a captured message: around a listed word, or anything a watched
// user wrote or got.
func (h *history) message(at time.Time) string {
	who := h.users[h.rng.IntN(len(h.users))]
	if len(h.words) == 0 {
		who = h.users[8*h.rng.IntN(len(h.users)/8)]
	}
	text := h.people.Text()
	if !who.watched {
		text = h.people.Holding(h.words[h.rng.IntN(len(h.words))])
	}
	r := watch.Record{Sender: who.name, Recipient: h.other(who.name), Text: text, At: at}
	if h.rng.IntN(2) == 0 {
		r.Sender, r.Recipient, r.Received = r.Recipient, r.Sender, true
	}
	return r.Line()
}

// other is somebody else: half the time a user of the clean build.
func (h *history) other(than string) string {
	if h.rng.IntN(2) == 0 {
		return h.outsiders[h.rng.IntN(len(h.outsiders))]
	}
	for {
		if u := h.users[h.rng.IntN(len(h.users))]; u.name != than {
			return u.name
		}
	}
}

func (h *history) call(at time.Time) string {
	who := h.users[h.rng.IntN(len(h.users))]
	callee := h.people.Number()
	if h.rng.IntN(3) == 0 {
		callee = h.other(who.name)
	}
	return watch.Row(who.name, callee, who.address, at.Format(watch.TimeLayout))
}

func (h *history) login(at time.Time) string {
	who := h.users[h.rng.IntN(len(h.users))]
	return watch.Row(who.name, who.address, h.version, at.Format(watch.TimeLayout))
}
