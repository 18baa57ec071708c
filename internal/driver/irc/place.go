package irc

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale/internal/driver/ends"
)

const (
	// Private is the place of messages to the other account alone.
	Private = "private"
	// noticed begins the places where texts are sent as NOTICE.
	noticed = "notice "
)

// allPlaces are the rooms, private, and the same again as notices.
func allPlaces(rooms []string) []string {
	usual := append(slices.Clone(rooms), Private)
	out := slices.Clone(usual)
	for _, p := range usual {
		out = append(out, noticed+p)
	}
	return out
}

// checkPlaces reports the first of the wanted places that there is not.
func checkPlaces(wanted, rooms []string) error {
	all := allPlaces(rooms)
	for _, p := range wanted {
		if !slices.Contains(all, p) {
			return &ends.OptionError{Path: "places", What: fmt.Sprintf("there is no place %q", p), Fix: "there are " + strings.Join(all, ", ")}
		}
	}
	return nil
}

// target is where a post goes, and by which command.
func (e *End) target(p ends.Post) (command, target string, ok bool) {
	place := p.Place
	if place == "" {
		place = e.places[0]
	}
	if !slices.Contains(e.places, place) {
		return "", "", false
	}
	command = "PRIVMSG"
	if rest, is := strings.CutPrefix(place, noticed); is {
		command, place = "NOTICE", rest
	}
	if place == Private {
		return command, nickOf(p.To), true
	}
	return command, place, true
}

// nickOf is the nick of an account.
func nickOf(a ends.Account) string {
	if a.Address != "" {
		return a.Address
	}
	return a.Name
}
