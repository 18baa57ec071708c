package survey

import "testing"

// TestPlanes checks that any two points stand in exactly one line.
func TestPlanes(t *testing.T) {
	t.Parallel()
	for _, f := range fields() {
		points := f.points()
		if q := f.size(); len(points) != q*q+q+1 {
			t.Errorf("order %d has %d points", q, len(points))
		}
		met := map[[2]int]int{}
		for _, l := range points {
			var on []int
			for i, p := range points {
				if f.on(p, l) {
					for _, o := range on {
						met[[2]int{o, i}]++
					}
					on = append(on, i)
				}
			}
		}
		for i := range points {
			for j := range i {
				if n := met[[2]int{j, i}]; n != 1 {
					t.Fatalf("order %d: two points stand in %d lines", f.size(), n)
				}
			}
		}
	}
}
