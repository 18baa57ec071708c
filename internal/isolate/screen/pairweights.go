package screen

// weights is the mass of a lane as a matrix over the candidates it is about.
type weights struct {
	items []int
	mass  [][]float64 // symmetric; on the diagonal those alone
	sum   float64
	each  float64 // expected causes for each unit of the mass
	some  float64 // chance that there is a cause at all
}

func (l *pairLane) weights(r rates) *weights {
	w := &weights{each: 1, some: 1 - l.none}
	place := map[int]int{}
	at := func(i int) int {
		p, ok := place[i]
		if !ok {
			p = len(w.items)
			place[i] = p
			w.items = append(w.items, i)
		}
		return p
	}
	live := l.live(r)
	for _, c := range live {
		at(c.a)
		at(c.b)
	}
	w.mass = make([][]float64, len(w.items))
	for i := range w.mass {
		w.mass[i] = make([]float64, len(w.items))
	}
	for _, c := range live {
		a, b := at(c.a), at(c.b)
		w.mass[a][b], w.mass[b][a] = c.mass, c.mass
		w.sum += c.mass
	}
	if r.miss == 0 && w.some > 0 {
		w.each = l.expected() / w.some
	}
	return w
}

// gain of a question that holds causes of a mass. Several causes may stand in
// the message: one of them in a part of it is likelier than the part's share.
func (w *weights) gain(mass float64, n int, r rates) float64 {
	if w.some <= 0 {
		return 0
	}
	in := min(mass/w.some, 1)
	if all := chanceOf(w.each * w.some); r.miss == 0 && all > 0 {
		in = chanceOf(w.each*mass) / all
	}
	return r.gain(in*w.some, n)
}

// totals is the mass of each candidate towards all.
func (w *weights) totals() []float64 {
	total := make([]float64, len(w.items))
	for i, row := range w.mass {
		for _, m := range row {
			total[i] += m
		}
	}
	return total
}

// pick is the first candidate not used of which none is better, or -1.
func pick(used []bool, better func(i, j int) bool) int {
	best := -1
	for i, u := range used {
		if !u && (best < 0 || better(i, best)) {
			best = i
		}
	}
	return best
}

// grow adds the candidate with most mass towards those in, one after another.
func (w *weights) grow(r rates) (best []int, most float64) {
	total, used, into := w.totals(), make([]bool, len(w.items)), make([]float64, len(w.items))
	for i := range into {
		into[i] = w.mass[i][i]
	}
	set, in, size := make([]int, 0, len(into)), 0.0, 0
	most = -1
	for range into {
		next := pick(used, func(i, j int) bool { return into[i] > into[j] || into[i] == into[j] && total[i] > total[j] })
		used[next] = true
		in += into[next]
		set = append(set, w.items[next])
		for j := range into {
			into[j] += w.mass[next][j]
		}
		if g := w.gain(in, len(set), r); in > 0 && g > most+1e-12 {
			most, size = g, len(set)
		}
	}
	return set[:size], most
}

// shrink takes the candidate with least mass towards the others away, one
// after another.
func (w *weights) shrink(r rates) (best []int, most float64) {
	total, gone, in := w.totals(), make([]bool, len(w.items)), w.sum
	order, size := make([]int, 0, len(total)), 0
	most = -1
	for left := len(total); left > 0 && in > 0; left-- {
		if g := w.gain(in, left, r); g > most+1e-12 {
			most, size = g, left
		}
		least := pick(gone, func(i, j int) bool { return total[i] < total[j] })
		gone[least] = true
		order = append(order, w.items[least])
		in -= total[least]
		for j := range total {
			if j != least {
				total[j] -= w.mass[least][j]
			}
		}
	}
	for i, g := range gone {
		if !g {
			order = append(order, w.items[i])
		}
	}
	return order[len(order)-size:], most
}
