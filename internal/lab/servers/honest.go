package servers

import (
	"fmt"
	"html"
	"io"
	"net/http"
)

// notes are the answer to an update check: lines of plain words, so that
// something which takes any list of words for a word list is found out.
const notes = `2.0.0.1
up to date

In this version
emoji
dark colours
faster start
smaller pictures
quiet hours
`

func update(w http.ResponseWriter, r *http.Request) {
	if onlyGet(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, notes)
}

// stats takes counters and crash reports and forgets them.
func stats(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, reportBytes)); err != nil {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	fmt.Fprint(w, "ok")
}

func site(w http.ResponseWriter, r *http.Request) {
	if onlyGet(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html>\n<title>Lab Messenger</title>\n<h1>Lab Messenger</h1>\n<p>The page %s of the lab network.</p>\n", html.EscapeString(fmt.Sprintf("%.100q", r.URL.Path)))
}
