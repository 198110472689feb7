// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/grid_gate.h"

namespace fovea {

GateDecision GridGate::Decide(const GateInput& input,
                              const GateReference& reference) {
  if (reference.cached == nullptr) See(input, reference);
  if (input.features == nullptr || input.features->cells.empty()) return {};
  if (reference.cached != nullptr) {
    return Weigh(*input.features, *reference.cached);
  }
  if (comparison_.runs.empty() && !comparison_.usual) return {};
  const Prediction best = predictor_.Predict(comparison_);
  GateDecision decision;
  decision.kind = best.usual ? DecisionKind::kReuse : DecisionKind::kHold;
  decision.cause = DecisionCause::kGate;
  decision.run = best.run;
  decision.risk = best.risk;
  decision.distance =
      best.usual ? best.risk : comparison_.runs[best.run].distance;
  return decision;
}

void GridGate::See(const GateInput& input, const GateReference& reference) {
  comparison_ = reference.runs->Compare();
  thumbnail_ = {};
  if (input.thumbnail == nullptr || !predictor_.skip()) return;
  thumbnail_ = *input.thumbnail;
  if (reference.usual) comparison_.usual = predictor_.UsualOf(thumbnail_);
}

// Runs that answered the same lend it their weight.
GateDecision GridGate::Weigh(const Features& present,
                             const CachedInput& cached) {
  comparison_.runs.push_back(
      OfAnotherTime(present, *cached.features, cached.distance, cached.vote));
  const Prediction best = predictor_.Predict(comparison_);
  comparison_.runs.pop_back();
  if (best.vote != cached.vote) return {};
  GateDecision decision;
  decision.kind = DecisionKind::kReuse;
  decision.cause = DecisionCause::kCache;
  decision.risk = best.risk;
  decision.distance = cached.distance;
  return decision;
}

void GridGate::Ran(const GateRun& run) {
  if (run.checked) predictor_.Learn({comparison_, run.answer.vote});
  if (predictor_.skip()) {
    predictor_.LearnUsual({thumbnail_, run.answer.vote});
  }
}

std::optional<uint64_t> GridGate::usual() const {
  if (!predictor_.skip()) return std::nullopt;
  return predictor_.skip()->usual();
}

}  // namespace fovea
