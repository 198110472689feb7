// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/replay.h"

#include <numeric>

namespace fovea::bench::reuse {
namespace {

double ShareOf(const std::vector<uint8_t>& flags, double of_nothing) {
  if (flags.empty()) return of_nothing;
  return std::accumulate(flags.begin(), flags.end(), 0.0) /
         static_cast<double>(flags.size());
}

}  // namespace

Truth::Truth(const Trace& trace, Loss loss)
    : trace_(trace),
      task_{loss, trace.threshold},
      known_(trace.size() * trace.size(), -1) {
  for (size_t i = 0; i < trace.size(); ++i) origin_[answer(i).get()] = i;
}

bool Truth::Accepts(size_t frame, const Answer& given) {
  static const Boxes kNothing;
  if (given == nullptr) return task_.Same(trace_.boxes(frame), kNothing);
  const auto origin = origin_.find(given.get());
  if (origin != origin_.end()) return Accepts(frame, origin->second);
  return task_.Same(trace_.boxes(frame), *given);
}

bool Truth::Accepts(size_t frame, size_t from) {
  if (frame == from) return true;
  int8_t& known = known_[frame * size() + from];
  if (known < 0) {
    known = task_.Same(trace_.boxes(frame), trace_.boxes(from)) ? 1 : 0;
  }
  return known == 1;
}

double Outcome::avoided_share() const { return ShareOf(avoided, 0); }
double Outcome::agreed_share() const { return ShareOf(agreed, 1); }

Outcome Replay(Truth* truth, size_t begin, size_t end, Policy* policy) {
  for (size_t i = 0; i < begin; ++i) policy->Ran(i, truth->answer(i));
  Outcome outcome;
  for (size_t i = begin; i < end; ++i) {
    const std::optional<Answer> given = policy->Decide(i);
    outcome.avoided.push_back(given.has_value());
    outcome.agreed.push_back(!given.has_value() || truth->Accepts(i, *given));
    if (!given.has_value()) policy->Ran(i, truth->answer(i));
  }
  return outcome;
}

}  // namespace fovea::bench::reuse
