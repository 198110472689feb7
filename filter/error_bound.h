// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a few checked answers say about the many that were not: bounds on
// numbers and rates of errors that hold with a stated probability, whatever
// the errors' order and cause. The randomness is that of the check alone.

#ifndef FOVEA_FILTER_ERROR_BOUND_H_
#define FOVEA_FILTER_ERROR_BOUND_H_

#include <cstdint>

namespace fovea {

// P(X <= k) of X binomial: n trials of probability p, 0 <= k, 0 <= n,
// 0 <= p <= 1. To about nine digits.
double BinomialAtMost(int64_t k, int64_t n, double p);

// The most errors there may be among `decisions`, each of which was checked
// with probability `q` independently of all else, where checks caught
// `caught`: a number that is too small with probability `alpha` at most,
// provided that no decision depends on a check before it. 0 < q <= 1,
// 0 < alpha < 1; of nothing checked (q so small that none was) all of them.
int64_t MostErrors(int64_t caught, int64_t decisions, double q, double alpha);

// The greatest rate under which `errors` or fewer in `trials` independent
// trials have probability `alpha` (Clopper and Pearson, 1934); 1 of none.
double GreatestRate(int64_t errors, int64_t trials, double alpha);

}  // namespace fovea

#endif  // FOVEA_FILTER_ERROR_BOUND_H_
