// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/protocol.h"

#include <algorithm>
#include <chrono>

namespace fovea::bench::reuse {
namespace {

constexpr size_t kTimed = 40;  // decisions
constexpr double kTimedTarget = 0.95;
constexpr size_t kBlock = 10;        // frames drawn together
constexpr size_t kFewestBlocks = 6;  // to choose from

Lessons LessonsOf(const Truth& truth, size_t end) {
  Lessons lessons;
  for (size_t i = 0; i < end; ++i) lessons.answers.push_back(truth.answer(i));
  return lessons;
}

double NowUs() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// As in Replay(), with a clock.
double DecisionUs(const Truth& truth, size_t begin, Policy* policy) {
  for (size_t i = 0; i < begin; ++i) policy->Ran(i, truth.answer(i));
  std::vector<double> times;
  for (size_t i = begin; i < std::min(begin + kTimed, truth.size()); ++i) {
    const double start = NowUs();
    const bool run = !policy->Decide(i).has_value();
    times.push_back(NowUs() - start);
    if (run) policy->Ran(i, truth.answer(i));
  }
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<int64_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// Whether (avoided, agreed) of one setting is to be preferred.
void Prefer(size_t knob, double avoided, double agreed, double target,
            double* most, std::optional<size_t>* chosen) {
  // Shares are quotients: one that is met exactly must not fail by rounding.
  constexpr double kSlack = 1e-9;
  if (agreed + kSlack < target || avoided <= *most) return;
  *most = avoided;
  *chosen = knob;
}

double MeanAt(const std::vector<uint8_t>& flags,
              const std::vector<size_t>& drawn) {
  double sum = 0;
  for (const size_t i : drawn) sum += flags[i];
  return drawn.empty() ? 0 : sum / static_cast<double>(drawn.size());
}

}  // namespace

Split SplitOf(size_t frames, bool trains) {
  const auto share = [](size_t of, double part) {
    return static_cast<size_t>(static_cast<double>(of) * part);
  };
  const size_t tune = share(frames, kTuningShare);
  return {trains ? share(tune, kTrainingShare) : 0, tune, frames};
}

Sweep SweepMethod(const MethodEntry& entry, const Scene& scene, Truth* truth,
                  bool measure_time) {
  const Split split = SplitOf(truth->size(), entry.trains);
  const auto method = entry.make(scene, truth->task());
  if (entry.trains) method->Train(LessonsOf(*truth, split.train));
  Sweep sweep{entry.name,  entry.pooled,   {}, {}, {},
              entry.holds, entry.published};
  for (size_t knob = 0; knob < method->knobs(); ++knob) {
    sweep.knobs.push_back(method->KnobText(knob));
    sweep.tuned.push_back(
        Replay(truth, split.train, split.tune, method->Make(knob).get()));
    sweep.judged.push_back(
        Replay(truth, split.tune, split.size, method->Make(knob).get()));
  }
  if (measure_time) {
    const auto knob = ChooseKnob(sweep.tuned, kTimedTarget);
    scene.features->Remember(false);
    sweep.gate_us =
        DecisionUs(*truth, split.tune, method->Make(knob.value_or(0)).get());
    scene.features->Remember(true);
  }
  return sweep;
}

std::optional<size_t> ChooseKnob(std::span<const Outcome> outcomes,
                                 double target) {
  std::optional<size_t> chosen;
  double most = 0;
  for (size_t knob = 0; knob < outcomes.size(); ++knob) {
    Prefer(knob, outcomes[knob].avoided_share(), outcomes[knob].agreed_share(),
           target, &most, &chosen);
  }
  return chosen;
}

std::optional<size_t> ChoosePooled(std::span<const Sweep* const> sweeps,
                                   double target) {
  std::optional<size_t> chosen;
  if (sweeps.empty()) return chosen;
  double most = 0;
  for (size_t knob = 0; knob < sweeps[0]->tuned.size(); ++knob) {
    double avoided = 0, agreed = 0;
    for (const Sweep* sweep : sweeps) {
      avoided += sweep->tuned[knob].avoided_share();
      agreed += sweep->tuned[knob].agreed_share();
    }
    const auto count = static_cast<double>(sweeps.size());
    Prefer(knob, avoided / count, agreed / count, target, &most, &chosen);
  }
  return chosen;
}

Score ScoreOf(std::span<const Outcome> outcomes, std::optional<size_t> knob) {
  if (!knob.has_value()) return {};
  return {outcomes[*knob].avoided_share(), outcomes[*knob].agreed_share()};
}

Score Hindsight(const Sweep& sweep, double target) {
  return ScoreOf(sweep.judged, ChooseKnob(sweep.judged, target));
}

Redrawn Redraw(std::span<const Outcome> outcomes, std::optional<size_t> knob,
               size_t draws, uint64_t seed) {
  Redrawn redrawn;
  for (size_t i = 0; i < draws; ++i) {
    if (!knob.has_value() || outcomes[*knob].size() == 0) {
      redrawn.avoided.emplace_back(0);
      redrawn.agreed.emplace_back(1);
      continue;
    }
    const Outcome& outcome = outcomes[*knob];
    const size_t block =
        std::clamp<size_t>(outcome.size() / kFewestBlocks, 1, kBlock);
    const auto drawn = DrawBlocks(outcome.size(), block, seed + i);
    redrawn.avoided.emplace_back(MeanAt(outcome.avoided, drawn));
    redrawn.agreed.emplace_back(MeanAt(outcome.agreed, drawn));
  }
  return redrawn;
}

}  // namespace fovea::bench::reuse
