// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/reuse_policy.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "bench/reuse/har_recordings.h"

namespace fovea::bench {
namespace {

// The window is 1.5 s of which 0.5 s are new: it is all of the new activity
// 1 s after the first that is partly.
constexpr int64_t kSettleNs = 1'000'000'000;
constexpr float kSameDistance = 1.5F;

std::vector<double> Steps(double first, double last, double step) {
  std::vector<double> steps;
  const auto count = static_cast<int>(std::lround((last - first) / step));
  for (int i = 0; i <= count; ++i) steps.push_back(first + step * i);
  return steps;
}

// Holds the last answer, or runs.
class HoldingPolicy : public ReusePolicy {
 public:
  std::optional<uint8_t> Answer(const TracedWindow& window) final {
    if (Runs(window)) return std::nullopt;
    return last_.answer;
  }
  void Ran(const TracedWindow& window) override { last_ = window; }

 protected:
  virtual bool Runs(const TracedWindow& window) = 0;
  const TracedWindow& last() const { return last_; }

 private:
  TracedWindow last_;
};

class EveryFewWindows : public HoldingPolicy {
 public:
  explicit EveryFewWindows(double every) : every_(static_cast<int>(every)) {}
  void Ran(const TracedWindow& window) override {
    HoldingPolicy::Ran(window);
    since_ = 0;
  }

 protected:
  bool Runs(const TracedWindow&) override { return ++since_ >= every_; }

 private:
  const int every_;
  int since_ = 0;
};

// Runs while there is activity, by 0.15 g or 25 degrees per second (times
// the knob), and when it begins or ends.
class ActivityGate : public HoldingPolicy {
 public:
  explicit ActivityGate(double scale) : scale_(scale) {}

 protected:
  bool Runs(const TracedWindow& window) override {
    return IsActive(window) || IsActive(last());
  }

 private:
  bool IsActive(const TracedWindow& window) const {
    return window.off_gravity > 0.15 * scale_ || window.turning > 25 * scale_;
  }
  const double scale_;
};

// Runs when the deviation of an axis is another than that of the last window
// run, by so many eighths of an octave.
class DeviationGate : public HoldingPolicy {
 public:
  explicit DeviationGate(double most) : most_(most) {}

 protected:
  bool Runs(const TracedWindow& window) override {
    for (size_t i = kCellDeviation; i < kCellDeviation + 3; ++i) {
      const int off = window.features.cells[i] - last().features.cells[i];
      if (std::abs(off) > most_) return true;
    }
    return false;
  }

 private:
  const double most_;
};

class TemplateGate : public HoldingPolicy {
 public:
  explicit TemplateGate(double most) : most_(most) {}

 protected:
  bool Runs(const TracedWindow& window) override {
    return SensorDistance(window.features, last().features) > most_;
  }

 private:
  const double most_;
};

// Runs exactly when the answer changes: no policy that holds does better.
class Oracle : public HoldingPolicy {
 protected:
  bool Runs(const TracedWindow& window) override {
    return window.answer != last().answer;
  }
};

// Trees answer what they are sure about; the model the rest.
class TreeCascade : public ReusePolicy {
 public:
  TreeCascade(std::shared_ptr<const SensorTree> tree, double most)
      : tree_(std::move(tree)), most_(most) {}

  std::optional<uint8_t> Answer(const TracedWindow& window) override {
    const Features none = NoFeatures(window.features);
    float least = 1e9F;
    uint8_t best = 0;
    for (uint8_t answer = 0; answer < kHarClasses; ++answer) {
      const float odds = tree_->LogOdds(window.features, none, answer);
      if (odds >= least) continue;
      least = odds;
      best = answer;
    }
    return least <= most_ ? std::optional(best) : std::nullopt;
  }
  void Ran(const TracedWindow&) override {}

 private:
  const std::shared_ptr<const SensorTree> tree_;
  const double most_;
};

class Gate : public ReusePolicy {
 public:
  explicit Gate(SensorGateOptions options) : gate_(std::move(options)) {}

  std::optional<uint8_t> Answer(const TracedWindow& window) override {
    const SensorDecision decision =
        gate_.Decide(window.features, window.time_ns);
    if (decision.kind == DecisionKind::kRun) return std::nullopt;
    return last_;
  }
  void Ran(const TracedWindow& window) override {
    gate_.Ran(window.features, window.time_ns, window.answer);
    last_ = window.answer;
  }

 private:
  SensorGate gate_;
  uint8_t last_ = 0;
};

using Trees = const ReuseTrees&;
using Made = std::unique_ptr<ReusePolicy>;

SensorGateOptions GateOptions(double knob, Trees trees) {
  SensorGateOptions options;
  options.most_distance = kSameDistance;
  options.tree = trees.pairs;
  options.most_log_odds = static_cast<float>(knob);
  options.settle_ns = kSettleNs;
  return options;
}

Made MakeGate(double knob, Trees trees) {
  return std::make_unique<Gate>(GateOptions(knob, trees));
}

Made MakeWithoutSettling(double knob, Trees trees) {
  SensorGateOptions options = GateOptions(knob, trees);
  options.settle_ns = 0;
  return std::make_unique<Gate>(options);
}

Made MakeWithoutAnswers(double knob, Trees trees) {
  SensorGateOptions options = GateOptions(knob, trees);
  options.tree = trees.unlike;
  return std::make_unique<Gate>(options);
}

Made MakeShallow(double knob, Trees trees) {
  SensorGateOptions options = GateOptions(knob, trees);
  options.tree = trees.shallow;
  return std::make_unique<Gate>(options);
}

Made MakeWithoutTree(double knob, Trees) {
  SensorGateOptions options;
  options.most_distance = static_cast<float>(knob);
  options.settle_ns = kSettleNs;
  return std::make_unique<Gate>(options);
}

template <typename Policy>
Made MakeWithKnob(double knob, Trees) {
  return std::make_unique<Policy>(knob);
}

}  // namespace

Features NoFeatures(const Features& like) {
  Features none = like;
  std::fill(none.cells.begin(), none.cells.end(), int8_t{0});
  return none;
}

std::vector<PolicyKind> RivalsAndGate() {
  const auto odds = Steps(-6, 4, 0.25);
  return {
      {"run all", {1}, MakeWithKnob<EveryFewWindows>},
      {"every k-th", Steps(1, 20, 1), MakeWithKnob<EveryFewWindows>},
      {"activity gate", Steps(0, 6, 0.25), MakeWithKnob<ActivityGate>},
      {"deviation gate", Steps(0, 60, 2), MakeWithKnob<DeviationGate>},
      {"template gate", Steps(0, 25, 0.25), MakeWithKnob<TemplateGate>},
      {"tree cascade", odds,
       [](double knob, Trees trees) -> Made {
         return std::make_unique<TreeCascade>(trees.classes, knob);
       }},
      {"sensor gate", odds, MakeGate},
      {"oracle",
       {1},
       [](double, Trees) -> Made { return std::make_unique<Oracle>(); }},
  };
}

std::vector<PolicyKind> GateWithoutParts() {
  const auto odds = Steps(-6, 4, 0.25);
  return {
      {"sensor gate", odds, MakeGate},
      {"no settling", odds, MakeWithoutSettling},
      {"answer not told", odds, MakeWithoutAnswers},
      {"depth 3", odds, MakeShallow},
      {"no tree", Steps(0, 25, 0.25), MakeWithoutTree},
  };
}

}  // namespace fovea::bench
