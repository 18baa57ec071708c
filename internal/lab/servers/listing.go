package servers

import (
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// logName is the file of a family for the day of at, in UTC.
func logName(family string, at time.Time) string {
	return family + at.UTC().Format("20060102") + ".log"
}

// listing is a directory as Apache shows it when nobody has told it not to.
func listing(place string, entries []fs.DirEntry) string {
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	title := html.EscapeString("Index of " + strings.TrimSuffix(place, "/"))
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<html>\n <head>\n  <title>%s</title>\n </head>\n <body>\n<h1>%s</h1>\n<pre>", title, title)
	fmt.Fprint(&b, `<a href="?C=N;O=D">Name</a>                    <a href="?C=M;O=A">Last modified</a>      <a href="?C=S;O=A">Size</a>  <hr>`)
	fmt.Fprintf(&b, "<a href=\"%s\">Parent Directory</a>                             -   \n", path.Dir(strings.TrimSuffix(place, "/"))+"/")
	for _, entry := range entries {
		b.WriteString(row(entry))
	}
	b.WriteString("<hr></pre>\n</body></html>\n")
	return b.String()
}

func row(entry fs.DirEntry) string {
	info, err := entry.Info()
	if err != nil { // removed while it was being listed
		return ""
	}
	name, size := entry.Name(), size(info.Size())
	if entry.IsDir() {
		name, size = name+"/", "-"
	}
	shown := name
	if len(shown) > 23 {
		shown = shown[:20] + "..>"
	}
	gap := strings.Repeat(" ", 24-len(shown))
	// A leading "./" keeps a name with a colon from being read as a scheme.
	href := (&url.URL{Path: name}).String()
	return fmt.Sprintf("<a href=\"%s\">%s</a>%s%s  %4s  \n",
		html.EscapeString(href), html.EscapeString(shown), gap, info.ModTime().UTC().Format("02-Jan-2006 15:04"), size)
}

func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprint(n)
	case n < 1000<<10:
		return fmt.Sprintf("%.1fK", float64(n)/1024)
	}
	return fmt.Sprintf("%.1fM", float64(n)/(1<<20))
}
