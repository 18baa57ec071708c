package compare

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteArticles prints rows of articles: means, with the ratios to the
// published method of the set behind them, and what ended runs.
func WriteArticles(w io.Writer, rows []ArticleRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "set\tmethod\tmessages\tp95\tratio\ttriggering\tp95\tratio\trounds\texact\twrong\trecall\tms p50\tp99")
	last := ""
	for _, r := range rows {
		ref := reference(rows, r.Set, func(r ArticleRow) Row { return r.Row })
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%d\t%s\t%.1f\t%d\t%s\t%.1f\t%s\t%s\t%s\t%s\n",
			title(r.Row, &last), r.Method, r.Messages, r.MessagesP95, ratio(r.Messages, ref.Messages),
			r.Triggering, r.TriggeringP95, ratio(r.Triggering, ref.Triggering), r.Rounds,
			percent(r.Exact), percent(r.Wrong), percent(r.Recall), r.clock())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		writeErrors(w, r.Row)
	}
	return nil
}

// WriteLists prints rows of lists: sums, with the ratios to the published
// method of the set behind them, and what ended runs.
func WriteLists(w io.Writer, rows []ListRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "set\tmethod\tmessages\tratio\ttriggering\tratio\trounds\tx bound\trecall\tprecision\tms p50\tp99")
	last := ""
	for _, r := range rows {
		ref := reference(rows, r.Set, func(r ListRow) Row { return r.Row })
		fmt.Fprintf(t, "%s\t%s\t%.0f\t%s\t%.0f\t%s\t%.0f\t%s\t%s\t%s\t%s\n",
			title(r.Row, &last), r.Method, r.Messages, ratio(r.Messages, ref.Messages), r.Triggering, ratio(r.Triggering, ref.Triggering),
			r.Rounds, ratio(r.Messages, float64(r.Bound)), percent(r.Recall), percent(r.Precision), r.clock())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		writeErrors(w, r.Row)
	}
	return nil
}

// title is the set's name and size, on its first row.
func title(r Row, last *string) string {
	if r.Set == *last {
		return ""
	}
	*last = r.Set
	return fmt.Sprintf("%s (%d)", r.Set, r.Runs)
}

// reference is the published method that a set is measured by.
func reference[R any](rows []R, set string, row func(R) Row) Row {
	for _, r := range rows {
		if r := row(r); r.Set == set && r.Reference {
			return r
		}
	}
	return Row{}
}

// writeErrors prints what ended runs.
func writeErrors(w io.Writer, r Row) {
	for _, e := range r.Errors {
		fmt.Fprintf(w, "%s, %s: %s\n", r.Set, r.Method, e)
	}
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

func percent(x float64) string {
	if x > 1-1e-9 {
		return "100%"
	}
	return fmt.Sprintf("%.1f%%", 100*x)
}

// clock is the time of a question in milliseconds.
func (r Row) clock() string {
	if r.TimeP99 == 0 {
		return "-\t-"
	}
	return fmt.Sprintf("%.1f\t%.1f", r.TimeP50, r.TimeP99)
}
