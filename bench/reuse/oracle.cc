// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/oracle.h"

#include <algorithm>
#include <limits>

#include "bench/reuse/knobs.h"

namespace fovea::bench::reuse {
namespace {

constexpr double kNoDisagreement = 1e6;

// What it costs from a run on, and which is the next.
struct Plan {
  double cost = 0;
  size_t next = 0;
};

// The best next run behind `run`, of those that `plans` knows for each later
// frame; `end` is none.
Plan BestNext(Truth* truth, size_t run, size_t first, size_t end, double price,
              const std::vector<Plan>& plans) {
  Plan best{std::numeric_limits<double>::infinity(), end};
  double wrong = 0;
  for (size_t next = first; next <= end; ++next) {
    const double cost = wrong + (next < end ? plans[next].cost : 0);
    if (cost < best.cost) best = {cost, next};
    if (next < end && !truth->Accepts(next, run)) wrong += price;
    if (wrong >= best.cost) break;  // it only gets dearer
  }
  return best;
}

bool IsCovered(Truth* truth, size_t frame, const std::vector<size_t>& run) {
  // The latest first: they mostly do.
  return std::any_of(run.rbegin(), run.rend(),
                     [&](size_t from) { return truth->Accepts(frame, from); });
}

}  // namespace

Outcome HoldOracle(Truth* truth, size_t begin, size_t end, double price) {
  std::vector<Plan> plans(end);
  for (size_t i = end; i-- > begin;) {
    plans[i] = BestNext(truth, i, i + 1, end, price, plans);
    plans[i].cost += 1;
  }
  Outcome outcome;
  size_t run = begin > 0 ? begin - 1 : 0;
  size_t next =
      begin > 0 ? BestNext(truth, run, begin, end, price, plans).next : begin;
  for (size_t i = begin; i < end; ++i) {
    const bool is_run = i == next;
    if (is_run) {
      run = i;
      next = plans[i].next;
    }
    outcome.avoided.push_back(!is_run);
    outcome.agreed.push_back(truth->Accepts(i, run));
  }
  return outcome;
}

Outcome CacheOracle(Truth* truth, size_t begin, size_t end, size_t least_gain) {
  std::vector<size_t> run;
  for (size_t i = 0; i < begin; ++i) run.push_back(i);
  Outcome outcome;
  for (size_t i = begin; i < end; ++i) {
    const bool covered = IsCovered(truth, i, run);
    size_t gain = 0;
    for (size_t later = i; !covered && later < end && gain < least_gain;
         ++later) {
      gain += truth->Accepts(later, i);
    }
    const bool is_run = !covered && (gain >= least_gain || run.empty());
    if (is_run) run.push_back(i);
    outcome.avoided.push_back(!is_run);
    outcome.agreed.push_back(is_run || covered);
  }
  return outcome;
}

std::vector<Sweep> SweepOracles(Truth* truth) {
  const Split split = SplitOf(truth->size(), false);
  Sweep hold{kHoldOracle, false, {}, {}, {}};
  std::vector<double> prices = Geometric(0.02, 4, 60);
  prices.push_back(kNoDisagreement);
  for (const double price : prices) {
    hold.knobs.push_back(NumberText(price));
    hold.judged.push_back(HoldOracle(truth, split.tune, split.size, price));
  }
  Sweep cache{kCacheOracle, false, {}, {}, {}};
  for (const size_t gain : {1U, 2U, 3U, 4U, 6U, 8U, 12U, 20U, 40U, 80U}) {
    cache.knobs.push_back(NumberText(static_cast<double>(gain)));
    cache.judged.push_back(CacheOracle(truth, split.tune, split.size, gain));
  }
  hold.tuned = hold.judged;
  cache.tuned = cache.judged;
  return {hold, cache};
}

}  // namespace fovea::bench::reuse
