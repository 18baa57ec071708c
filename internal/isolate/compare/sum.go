package compare

import (
	"slices"
	"time"
)

// Row sums up the runs of one method on one set.
type Row struct {
	Set       string `json:"set"`
	Method    string `json:"method"`
	Reference bool   `json:"reference,omitempty"`
	Runs      int    `json:"runs"`
	// Messages, Triggering and Rounds are means for articles and sums for
	// lists.
	Messages   float64 `json:"messages"`
	Triggering float64 `json:"triggering"`
	Rounds     float64 `json:"rounds"`
	// Recall is the mean share of the rules or triggers that was found.
	Recall float64 `json:"recall"`
	// TimeP50 and TimeP99 are what the program takes for a question, in
	// milliseconds; zero for published methods.
	TimeP50 float64 `json:"ms_p50,omitempty"`
	TimeP99 float64 `json:"ms_p99,omitempty"`
	// Errors that ended runs, each once.
	Errors []string `json:"errors,omitempty"`
}

// ArticleRow is a row of articles.
type ArticleRow struct {
	Row
	MessagesP95   int `json:"messages_p95"`
	TriggeringP95 int `json:"triggering_p95"`
	// Exact answers, and answers that are claimed and not exact, as shares.
	Exact float64 `json:"exact"`
	Wrong float64 `json:"wrong"`
}

// ListRow is a row of lists.
type ListRow struct {
	Row
	// Precision is the mean share of the answers that are right.
	Precision float64 `json:"precision"`
	// Bound is the fewest messages that can do if nothing is known of a term
	// from how it is written.
	Bound int `json:"bound"`
}

// groups gathers runs of the same set and method, in the order in which they
// first come; sets stay together.
func groups[R any](runs []R, key func(R) (set, method string)) [][]R {
	var sets []string
	methods := map[string][]string{}
	by := map[[2]string][]R{}
	for _, r := range runs {
		set, method := key(r)
		if !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
		if !slices.Contains(methods[set], method) {
			methods[set] = append(methods[set], method)
		}
		by[[2]string{set, method}] = append(by[[2]string{set, method}], r)
	}
	var out [][]R
	for _, set := range sets {
		for _, method := range methods[set] {
			out = append(out, by[[2]string{set, method}])
		}
	}
	return out
}

// SumArticles makes one row for each method on each set.
func SumArticles(runs []ArticleRun) []ArticleRow {
	var out []ArticleRow
	for _, g := range groups(runs, func(r ArticleRun) (string, string) { return r.Set, r.Method }) {
		row := ArticleRow{Row: Row{Set: g[0].Set, Method: g[0].Method, Reference: g[0].Reference, Runs: len(g)}}
		n := float64(len(g))
		var messages, triggering []int
		var times []time.Duration
		for _, r := range g {
			row.Messages += float64(r.Messages)
			row.Triggering += float64(r.Triggering)
			row.Rounds += float64(r.Rounds)
			row.Recall += r.Recall
			if r.Exact {
				row.Exact++
			} else if r.Claimed {
				row.Wrong++
			}
			messages, triggering = append(messages, r.Messages), append(triggering, r.Triggering)
			times = append(times, r.times...)
			row.addError(r.Error)
		}
		for _, sum := range []*float64{&row.Messages, &row.Triggering, &row.Rounds, &row.Recall, &row.Exact, &row.Wrong} {
			*sum /= n
		}
		row.MessagesP95, row.TriggeringP95 = quantile(messages, 0.95), quantile(triggering, 0.95)
		row.time(times)
		out = append(out, row)
	}
	return out
}

// SumLists makes one row for each method on each set.
func SumLists(runs []ListRun) []ListRow {
	var out []ListRow
	for _, g := range groups(runs, func(r ListRun) (string, string) { return r.Set, r.Method }) {
		row := ListRow{Row: Row{Set: g[0].Set, Method: g[0].Method, Reference: g[0].Reference, Runs: len(g)}}
		n := float64(len(g))
		var times []time.Duration
		for _, r := range g {
			row.Messages += float64(r.Messages)
			row.Triggering += float64(r.Triggering)
			row.Rounds += float64(r.Rounds)
			row.Bound += r.Bound
			row.Recall += r.Recall
			row.Precision += r.Precision
			times = append(times, r.times...)
			row.addError(r.Error)
		}
		row.Recall, row.Precision = row.Recall/n, row.Precision/n
		row.time(times)
		out = append(out, row)
	}
	return out
}

func (r *Row) addError(err string) {
	if err != "" && !slices.Contains(r.Errors, err) {
		r.Errors = append(r.Errors, err)
	}
}

func (r *Row) time(times []time.Duration) {
	r.TimeP50, r.TimeP99 = milliseconds(quantile(times, 0.5)), milliseconds(quantile(times, 0.99))
}

// ArticleTimes is what the program took for a question over all runs, in
// milliseconds.
func ArticleTimes(runs []ArticleRun) (p50, p99 float64) {
	var times []time.Duration
	for _, r := range runs {
		times = append(times, r.times...)
	}
	return milliseconds(quantile(times, 0.5)), milliseconds(quantile(times, 0.99))
}

// ListTimes is [ArticleTimes] for lists.
func ListTimes(runs []ListRun) (p50, p99 float64) {
	var times []time.Duration
	for _, r := range runs {
		times = append(times, r.times...)
	}
	return milliseconds(quantile(times, 0.5)), milliseconds(quantile(times, 0.99))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// quantile of values; zero if there are none.
func quantile[T int | time.Duration](values []T, q float64) T {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(q*float64(len(values))))]
}
