package survey

// field is the finite field of q = pⁿ elements. An element is the number whose
// digits to the base p are the coefficients of a polynomial; products are taken
// modulo an irreducible one, of which rule holds the lower coefficients with
// their signs turned, as digits as well.
type field struct{ p, n, rule int }

// fields are those whose planes are tried, by the number of their elements.
func fields() []field {
	return []field{
		{2, 1, 0}, {3, 1, 0},
		{2, 2, 3}, // x² = x + 1
		{5, 1, 0}, {7, 1, 0},
		{2, 3, 3}, // x³ = x + 1
		{3, 2, 2}, // x² = 2
		{11, 1, 0}, {13, 1, 0},
	}
}

func (f field) size() int {
	q := 1
	for range f.n {
		q *= f.p
	}
	return q
}

func (f field) add(a, b int) int {
	sum, place := 0, 1
	for range f.n {
		sum += (a%f.p + b%f.p) % f.p * place
		a, b, place = a/f.p, b/f.p, place*f.p
	}
	return sum
}

func (f field) mul(a, b int) int {
	product := 0
	for range f.n {
		for range b % f.p {
			product = f.add(product, a)
		}
		a, b = f.shift(a), b/f.p
	}
	return product
}

// shift multiplies by x.
func (f field) shift(a int) int {
	if f.n == 1 {
		return 0
	}
	top := f.size() / f.p
	high := a / top
	a = a % top * f.p
	for range high {
		a = f.add(a, f.rule)
	}
	return a
}
