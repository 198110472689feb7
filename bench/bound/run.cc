// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/bound/run.h"

#include <algorithm>
#include <cmath>

#include "filter/error_bound.h"

namespace fovea::bench::bound {
namespace {

constexpr size_t kThresholds = 64;

// Holds below a fixed threshold from `begin` to `end`.
Standing Hold(const Source& source, size_t begin, size_t end,
              double threshold) {
  Standing standing;
  size_t reference = begin;
  for (size_t at = begin; at < end; ++at) {
    ++standing.inputs;
    if (at == begin || at - reference > kBlindInputs ||
        source.Risk(at, reference) > threshold) {
      reference = at;
      continue;
    }
    ++standing.given;
    standing.wrong += source.IsWrong(at, reference);
  }
  return standing;
}

// Quantiles of the distances to references of all ages, strictest first.
std::vector<double> Candidates(const Source& source, size_t end) {
  std::vector<double> risks;
  for (size_t at = 1; at < end; ++at) {
    const size_t age = 1 + at % kBlindInputs;
    const double risk = source.Risk(at, at - std::min(at, age));
    if (std::isfinite(risk)) risks.push_back(risk);
  }
  std::sort(risks.begin(), risks.end());
  std::vector<double> candidates;
  for (size_t i = 0; i < kThresholds && !risks.empty(); ++i) {
    candidates.push_back(risks[i * (risks.size() - 1) / (kThresholds - 1)]);
  }
  return candidates;
}

}  // namespace

double Standing::realised() const {
  return given == 0 ? 0
                    : static_cast<double>(wrong) / static_cast<double>(given);
}

double Standing::saved() const {
  return inputs == 0 ? 0
                     : static_cast<double>(given) / static_cast<double>(inputs);
}

AuditedRun RunAudited(const Source& source, const AuditOptions& options,
                      const std::vector<size_t>& lengths) {
  AuditedRun run;
  Auditor auditor = *Auditor::Create(options);
  Standing now;
  int64_t most_wrong = 0;
  size_t reference = 0;
  for (size_t at = 0; at < source.size(); ++at) {
    now.inputs = at + 1;
    if (at == source.told_change()) auditor.Restart();
    if (at == 0 || at - reference > kBlindInputs) {
      auditor.Run(at,
                  at == 0 ? DecisionCause::kFirst : DecisionCause::kBlindTime);
      reference = at;
    } else {
      const Verdict verdict =
          auditor.Decide(at, {DecisionKind::kHold, DecisionCause::kGate,
                              source.Risk(at, reference)});
      const bool wrong = source.IsWrong(at, reference);
      now.given += verdict.give;
      now.wrong += verdict.give && wrong;
      if (verdict.learn && auditor.Learn(verdict, wrong)) ++run.alarms;
      if (verdict.move_reference || (verdict.check && wrong)) reference = at;
    }
    // Bounds never fall, so an old one that suffices will do.
    if (now.wrong > most_wrong) {
      most_wrong = auditor.Report().all.most_wrong;
      run.ever_violated |= now.wrong > most_wrong;
    }
    if (std::find(lengths.begin(), lengths.end(), at + 1) != lengths.end() ||
        at + 1 == source.size()) {
      const AuditReport report = auditor.Report();
      now.bound = report.all.bound;
      now.tax = report.tax;
      run.standings.push_back(now);
    }
  }
  return run;
}

FixedRun RunFixed(const Source& source, double max_error, double confidence,
                  bool calibrated) {
  const auto split =
      static_cast<size_t>(static_cast<double>(source.size()) * kTuned);
  FixedRun run;
  double chosen = 0;
  for (const double threshold : Candidates(source, split)) {
    const Standing first = Hold(source, 0, split, threshold);
    const double rate =
        calibrated ? GreatestRate(first.wrong, first.given, 1 - confidence)
                   : first.realised();
    if (first.given == 0 || rate > max_error) continue;
    chosen = threshold;
    run.runs = true;
  }
  if (run.runs) run.rest = Hold(source, split, source.size(), chosen);
  return run;
}

}  // namespace fovea::bench::bound
