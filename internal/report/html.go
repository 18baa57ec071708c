package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"example.org/telltale"
)

//go:embed templates/*.html templates/*.css
var templates embed.FS

// page is what the templates are given: the view and its style sheet, with the
// hash by which the page's policy lets that one in and no other.
type page struct {
	View
	Style     template.CSS
	StyleHash string
}

// HTML writes the report as one page that needs no network and no script.
func HTML(w io.Writer, in Input) error {
	x, err := in.index()
	if err != nil {
		return err
	}
	v, err := Build(in)
	if err != nil {
		return err
	}
	t, err := template.New("page").Funcs(x.functions()).ParseFS(templates, "templates/*.html")
	if err != nil {
		return fmt.Errorf("report: templates: %w", err)
	}
	style, err := styleSheet()
	if err != nil {
		return err
	}
	// The page is made whole before it is written: no reader gets half of one.
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page.html", page{v, style, styleHash(style)}); err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report: write the page: %w", err)
	}
	return nil
}

// styleSheet joins the embedded style sheets.
func styleSheet() (template.CSS, error) {
	var all []byte
	for _, name := range []string{"base", "answer", "parts", "charts", "print"} {
		b, err := templates.ReadFile("templates/" + name + ".css")
		if err != nil {
			return "", fmt.Errorf("report: style: %w", err)
		}
		all = append(all, b...)
	}
	return template.CSS(all), nil
}

// styleHash names a style sheet as a Content-Security-Policy does.
func styleHash(style template.CSS) string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// share is n of all in whole percent; what is not nothing is at least 1.
func share(n, all Count) int {
	if n <= 0 || all <= 0 {
		return 0
	}
	return max(1, int(100*n/all))
}

// toneClass, verdictClass are the class names of the style sheet.
func toneClass(t Tone) string {
	switch t {
	case ToneAlarm:
		return "alarm"
	case ToneQuiet:
		return "quiet"
	}
	return "open"
}

func verdictClass(v telltale.Verdict) string {
	switch v {
	case telltale.Supported:
		return "alarm"
	case telltale.Inconclusive:
		return "open"
	default:
		return "quiet"
	}
}
