package report_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// readTable parses a table as RFC 4180 has it: one number of cells in all
// rows, every line ended by CR LF.
func readTable(t *testing.T, write func(io.Writer, report.Input) error, in report.Input) (header []string, rows [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, in); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Error("a line does not end with CR LF")
	}
	all, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

// column returns the cells of one column.
func column(t *testing.T, header []string, rows [][]string, name string) []string {
	t.Helper()
	for i, h := range header {
		if h != name {
			continue
		}
		var out []string
		for _, r := range rows {
			out = append(out, r[i])
		}
		return out
	}
	t.Fatalf("no column %q among %q", name, header)
	return nil
}

func TestTriggersCSV(t *testing.T) {
	t.Parallel()
	w := tom2011()
	header, rows := readTable(t, report.TriggersCSV, w.input())
	if want := len(blocked) + len(copiedW); len(rows) != want {
		t.Fatalf("%d rows, want one for each of %d triggers", len(rows), want)
	}
	if got := column(t, header, rows, "words")[0]; got != blocked[0] {
		t.Errorf("words %q, want %q", got, blocked[0])
	}
	for name, want := range map[string]string{
		"certified": "true", "proofs": "3", "proofs_held": "3", "treated": "8", "effect_size": "1", "cell": "dropped+copied", "direction": "both",
	} {
		if got := column(t, header, rows, name)[0]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestColumnsAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/report-forms.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(io.Writer, report.Input) error{report.TriggersCSV, report.ObservationsCSV} {
		header, _ := readTable(t, write, clean().input())
		for _, name := range header {
			if !bytes.Contains(doc, []byte("`"+name+"`")) {
				t.Errorf("docs/report-forms.md does not name the column %q", name)
			}
		}
	}
}

func TestCertificateThatDidNotHoldIsNoCertificate(t *testing.T) {
	t.Parallel()
	w := tom2011()
	w.rec.Isolations[0].Certificate[1].Held = false
	header, rows := readTable(t, report.TriggersCSV, w.input())
	if got := column(t, header, rows, "certified")[0] + column(t, header, rows, "proofs_held")[0]; got != "false2" {
		t.Errorf("certified and held: %q, want false and 2", got)
	}
	w.rec.Isolations = nil
	header, rows = readTable(t, report.TriggersCSV, w.input())
	if got := column(t, header, rows, "certified")[0]; got != "false" {
		t.Error("without any search the words are said to be certified")
	}
}

func TestObservationsCSV(t *testing.T) {
	t.Parallel()
	w := tom2011()
	first := w.rec.Probes[8]
	w.rec.Observations = []telltale.Observation{
		{Probe: first.ID, Feature: "outcome", Value: 1, Text: "dropped"},
		{Probe: first.ID, Flow: "f000011", Host: hostCopy, Feature: "delay_ms", Value: 40.5},
		{Flow: "f000001", Host: hostList, Feature: "list", Value: 8, Text: "/agent/keyfile"},
	}
	header, rows := readTable(t, report.ObservationsCSV, w.input())
	for name, want := range map[string]string{
		"probe": first.ID + "," + first.ID + ",", "word": first.Word + "," + first.Word + ",", "arm": "treatment,treatment,",
		"cell": "dropped+copied,dropped+copied,", "value": "1,40.5,8", "text": "dropped,,/agent/keyfile", "host": "," + hostCopy + "," + hostList,
	} {
		if got := strings.Join(column(t, header, rows, name), ","); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	w := newWorld("x")
	for _, word := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "|calc", "%0A", "\n=cmd|' /C calc'!A0", "=\"a\nb\""} {
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{word}, Without: []string{word}, Direction: telltale.Direction(word)}})
		w.rec.Observations = append(w.rec.Observations, telltale.Observation{Probe: word, Host: word, Feature: word, Text: word, Value: -1})
	}
	for _, write := range []func(io.Writer, report.Input) error{report.TriggersCSV, report.ObservationsCSV} {
		_, rows := readTable(t, write, w.input())
		if len(rows) != 12 {
			t.Errorf("%d rows, want 12: a cell broke out of its line", len(rows))
		}
		for _, row := range rows {
			for _, cell := range row {
				if _, err := strconv.ParseFloat(cell, 64); err != nil && strings.ContainsAny(firstSign(cell), "=+-@|%＝\t\r\n") {
					t.Errorf("the cell %q is a formula to a spreadsheet", cell)
				}
			}
		}
	}
}

func firstSign(cell string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " "))
	return string(r)
}

func TestHostileTablesAreBoundedAndVisible(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a case of a thousand hostile findings")
	}
	in := hostileInput()
	rec := *in.Record
	for i := range 1000 {
		rec.Observations = append(rec.Observations, telltale.Observation{Probe: fmt.Sprintf("p%06d", i+1), Host: attack, Feature: attack, Text: rec.App.Version, Value: 1})
	}
	in.Record = &rec
	for _, write := range []func(io.Writer, report.Input) error{report.TriggersCSV, report.ObservationsCSV} {
		_, rows := readTable(t, write, in)
		if len(rows) != 1000 {
			t.Errorf("%d rows, want 1000", len(rows))
		}
		for _, cell := range rows[0] {
			if i := strings.IndexFunc(cell, hiddenRune); i >= 0 || utf8.RuneCountInString(cell) > 32_767 {
				t.Errorf("a cell of %d bytes, with something hidden at %d", len(cell), i)
			}
		}
	}
}
