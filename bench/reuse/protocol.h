// SPDX-License-Identifier: GPL-2.0-or-later
//
// How policies are judged: recordings are split by time; settings are chosen
// on the first part and judged on the rest. Beside it what a method's best
// setting would have been in hindsight, the same privilege for all.

#ifndef FOVEA_BENCH_REUSE_PROTOCOL_H_
#define FOVEA_BENCH_REUSE_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/accuracy/bootstrap.h"
#include "bench/reuse/policy.h"
#include "bench/reuse/replay.h"

namespace fovea::bench::reuse {

inline constexpr double kTuningShare = 0.4;
// Of the tuning part, what trained methods learn from. Their settings are
// chosen on the rest of it: on frames they learnt they would look too good.
inline constexpr double kTrainingShare = 0.6;
inline constexpr double kTargets[] = {0.90, 0.95, 0.99};

// Frames [0, train) teach, [train, tune) choose, [tune, size) judge.
struct Split {
  size_t train = 0, tune = 0, size = 0;
};
Split SplitOf(size_t frames, bool trains);

// All settings of a method over one trace under one loss.
struct Sweep {
  std::string method;
  bool pooled = false;  // as of MethodEntry
  std::vector<std::string> knobs;
  std::vector<Outcome> tuned;   // by knob; on frames that choose
  std::vector<Outcome> judged;  // by knob; on frames that judge
  bool holds = false;           // as of MethodEntry
  bool published = false;       // as of MethodEntry
  double gate_us = 0;           // median of a decision; 0: not measured
};

// Trains, replays every setting.
Sweep SweepMethod(const MethodEntry& entry, const Scene& scene, Truth* truth,
                  bool measure_time);

// The setting that avoids most of those that agree on at least `target` of
// the frames; of equals the first. nullopt: none does, run all.
std::optional<size_t> ChooseKnob(std::span<const Outcome> outcomes,
                                 double target);
// The same of sums of shares over recordings, each weighing the same. Sweeps
// have equal settings.
std::optional<size_t> ChoosePooled(std::span<const Sweep* const> sweeps,
                                   double target);

// What a setting did; with nullopt what running all does.
struct Score {
  double avoided = 0, agreed = 1;
  friend bool operator==(const Score&, const Score&) = default;
};
Score ScoreOf(std::span<const Outcome> outcomes, std::optional<size_t> knob);

// Score of the setting that ChooseKnob() takes of what it is judged on.
Score Hindsight(const Sweep& sweep, double target);

// Shares of `draws` redraws of an outcome's frames in blocks; equal seeds draw
// the same frames. Running all (nullopt) does not vary.
struct Redrawn {
  Draws avoided, agreed;
};
Redrawn Redraw(std::span<const Outcome> outcomes, std::optional<size_t> knob,
               size_t draws, uint64_t seed);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PROTOCOL_H_
