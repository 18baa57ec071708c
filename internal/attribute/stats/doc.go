// Package stats holds the few statistical tests that findings rest on: exact
// where exact is feasible, seeded Monte Carlo elsewhere. No p-value is
// asymptotic; of the intervals only Newcombe's rests on the normal
// approximation.
//
// Every function is pure. Those that draw at random are given their source, so
// that a case gives the same numbers each time it is analysed.
//
// Sources:
//   - R. A. Fisher, The Design of Experiments, 1935, ch. 2 (exact test, lady tasting tea).
//   - C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404-413 (interval of a share).
//   - R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890 (interval of a difference, method 10).
//   - S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70 (correction for many tests).
//   - J. Besag, P. Clifford, Biometrika 78 (1991) 301-304 (Monte Carlo p-values, sequential).
//   - M. Pagano, D. Tritchler, JASA 78 (1983) 435-440 (permutation distributions by convolution).
package stats
