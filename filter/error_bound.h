// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a few checked answers say about the many that were not: bounds on
// numbers and rates of errors that hold with a stated probability, whatever
// the errors' order and cause. The randomness is that of the check alone.

#ifndef FOVEA_FILTER_ERROR_BOUND_H_
#define FOVEA_FILTER_ERROR_BOUND_H_

#include <cstdint>
#include <span>

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

// The most errors there may be among `population` answers of which `sampled`
// were drawn at random without replacement and `errors` of those were found
// wrong: a number that is too small with probability `alpha` at most. Exact
// (the hypergeometric distribution's tail, to about six digits); for one look.
// 0 <= errors <= sampled <= population, 0 < alpha < 1.
int64_t MostAmong(int64_t errors, int64_t sampled, int64_t population,
                  double alpha);

// Decisions that the same coin chose among.
struct CheckTally {
  double q = 0;           // of the coin, 0 < q <= 1
  int64_t decisions = 0;  // thrown for
  int64_t checks = 0;     // chosen
  int64_t caught = 0;     // of these, found wrong
};

// The most wrong decisions there may be among those that were not checked, of
// all tallies together: a number that is ever too small, at whatever moments
// it is looked at, with probability `alpha` at most. Decisions, and the q of
// their coins, may depend on all checks before; no decision on its own coin.
// The coins thrown for wrong decisions are a random walk whatever the rest
// does, held below a mixture of likelihood ratios (Robbins, "Statistical
// methods related to the law of the iterated logarithm", 1970), one for every
// tally and their product for all: so those of a rare coin do not loosen what
// a frequent one has shown. One tally per q; checks whose outcome is not known
// yet are to be told as caught. 0 < alpha < 1. One tally of
// q = 5 %: 4.0 / q where none is caught, 9.1 / q of two, 18.9 / q of eight;
// MostErrors() less those caught: 2.9, 6.1, 13.9.
int64_t MostMissed(std::span<const CheckTally> tallies, double alpha);

}  // namespace fovea

#endif  // FOVEA_FILTER_ERROR_BOUND_H_
