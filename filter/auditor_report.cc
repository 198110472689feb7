// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an auditor says of itself.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "filter/auditor.h"
#include "filter/error_bound.h"

namespace fovea {

using internal::RungTallies;
using internal::RungTally;

namespace {

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

RungTallies Auditor::AllKinds() const {
  RungTallies all;
  for (const RungTallies& kind : state_.tallies) {
    for (size_t i = 0; i < all.size(); ++i) {
      all[i].decisions += kind[i].decisions;
      all[i].checks += kind[i].checks;
      all[i].told += kind[i].told;
      all[i].caught += kind[i].caught;
    }
  }
  return all;
}

AuditTally Auditor::Summary(const RungTallies& tallies) const {
  AuditTally sum;
  std::vector<CheckTally> coins;
  for (size_t i = 0; i < tallies.size(); ++i) {
    const RungTally& tally = tallies[i];
    if (tally.decisions == 0) continue;
    const int64_t pending = tally.checks - tally.told;
    coins.push_back({RungProbability(i), tally.decisions, tally.checks,
                     tally.caught + pending});
    sum.decisions += tally.decisions;
    sum.checks += tally.checks;
    sum.pending += pending;
    sum.caught += tally.caught;
  }
  const double alpha = 1 - options_.confidence;
  const int64_t told = sum.checks - sum.pending;
  sum.given = sum.decisions - sum.checks;
  sum.most_wrong = MostMissed(coins, alpha);
  sum.bound = Share(sum.most_wrong, sum.given);
  sum.caught_rate = Share(sum.caught, told);
  return sum;
}

AuditTally Auditor::Window() const {
  RungTallies one;
  one[state_.rung] = state_.window;
  AuditTally window = Summary(one);
  if (options_.checks_change_answers || window.decisions == 0) return window;
  const int64_t caught = window.caught + window.pending;
  window.most_wrong =
      std::min(window.given, MostErrors(caught, window.decisions,
                                        RungProbability(state_.rung),
                                        1 - options_.confidence) -
                                 caught);
  window.bound = Share(window.most_wrong, window.given);
  return window;
}

AuditReport Auditor::Report() const {
  AuditReport report;
  report.max_error = options_.max_error;
  report.confidence = options_.confidence;
  report.phase = state_.phase;
  report.threshold = threshold().value_or(0);
  report.level = state_.level;
  report.passed = state_.ladder.passed();
  report.levels = state_.ladder.levels().size();
  report.check_probability = RungProbability(state_.rung);
  report.version = state_.version;
  report.inputs = state_.inputs;
  report.warm_up_runs = state_.warm_up_runs;
  report.counts = state_.counts;
  report.all = Summary(AllKinds());
  report.hold =
      Summary(state_.tallies[internal::KindSlot(DecisionKind::kHold)]);
  report.reuse =
      Summary(state_.tallies[internal::KindSlot(DecisionKind::kReuse)]);
  report.drop =
      Summary(state_.tallies[internal::KindSlot(DecisionKind::kDrop)]);
  report.wrong_of_inputs = Share(report.all.most_wrong, report.inputs);
  report.saved = Share(report.all.given, report.inputs);
  report.tax = Share(report.all.checks, report.inputs);
  report.meets_target = report.all.bound <= options_.max_error;
  report.window = Window();
  for (AuditTally* tally : {&report.all, &report.hold, &report.reuse,
                            &report.drop, &report.window}) {
    tally->clopper_pearson = GreatestRate(
        tally->caught, tally->checks - tally->pending, 1 - options_.confidence);
  }
  report.window_is_exact = !options_.checks_change_answers;
  report.alarm_count = state_.alarm_count;
  report.alarms = state_.alarms;
  return report;
}

}  // namespace fovea
