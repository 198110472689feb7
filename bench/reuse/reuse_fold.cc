// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/reuse_fold.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>

#include "absl/status/statusor.h"

namespace fovea::bench {
namespace {

constexpr uint64_t kTuningSeed = 1;  // of joined sequences; held out: others
constexpr uint64_t kHeldOutSeed = 1001;
constexpr double kStandardGravity = 9.80665;
constexpr size_t kNearPairs = 3;  // with one of the 20 windows before
constexpr size_t kNear = 20;
constexpr size_t kAnyPairs = 3;  // with any window of the sequence

SensorLayout HarLayout() {
  SensorLayout layout;
  layout.channels = kHarChannels;
  layout.accelerometer = 0;
  layout.gyroscope = 3;
  return layout;
}

double CpuUs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

// --- windows -------------------------------------------------------------

struct Costs {
  double model_us = 0, features_us = 0;
  size_t windows = 0;
};

void MeasureActivity(std::span<const double> values, TracedWindow* window) {
  const size_t length = values.size() / kHarChannels;
  for (size_t i = 0; i < length; ++i) {
    const auto size = [&](size_t first) {
      const double x = values[first * length + i],
                   y = values[(first + 1) * length + i],
                   z = values[(first + 2) * length + i];
      return std::sqrt(x * x + y * y + z * z);
    };
    window->off_gravity += std::abs(size(0) / kStandardGravity - 1);
    window->turning += size(3) * 180 / 3.14159265;
  }
  window->off_gravity /= static_cast<double>(length);
  window->turning /= static_cast<double>(length);
}

WindowSequence Trace(const LabelledSamples& samples, const HarModel& model,
                     const WindowCut& cut, Costs* costs) {
  const SensorLayout layout = HarLayout();
  WindowSequence windows;
  for (size_t at = 0; at + cut.length <= samples.size(); at += cut.hop) {
    const std::vector<double> values = WindowValues(samples, at, cut.length);
    TracedWindow window;
    window.time_ns =
        std::llround(static_cast<double>(at + cut.length) / kHarRateHz * 1e9);
    window.label = MajorityLabel(samples, at, cut.length);
    MeasureActivity(values, &window);
    const double before = CpuUs();
    auto features = SensorFeaturesOf(layout, {values, kHarRateHz});
    const double between = CpuUs();
    window.answer = model.Answer(values);
    costs->model_us += CpuUs() - between;
    costs->features_us += between - before;
    ++costs->windows;
    if (!features.ok()) {
      throw std::runtime_error(std::string(features.status().message()));
    }
    window.features = *std::move(features);
    windows.push_back(std::move(window));
  }
  return windows;
}

TracedSubject TraceSubject(const HarSubject& subject, const HarModel& model,
                           uint64_t seed, const FoldOptions& options,
                           Costs* costs) {
  TracedSubject traced;
  for (const LabelledSamples& execution : subject.executions) {
    traced.sequences[kNative].push_back(
        Trace(execution, model, options.cut, costs));
  }
  for (int i = 0; i < options.sequences; ++i) {
    traced.sequences[kJoined].push_back(
        Trace(JoinLongDwells(subject, seed + static_cast<uint64_t>(i)), model,
              options.cut, costs));
  }
  return traced;
}

// --- pairs ---------------------------------------------------------------

// Owns windows turned by half a turn, as a phone may lie in its pocket: two
// axes of the mean of acceleration and of turn change sign.
class PairMaker {
 public:
  explicit PairMaker(uint64_t seed) : dice_(seed) {}

  void Add(const TracedSubject& subject) {
    for (const auto& sequences : subject.sequences) {
      for (const WindowSequence& sequence : sequences) Add(sequence);
    }
  }
  // Each window with nothing and each answer in turn, as the cascade asks.
  void AddClasses(const TracedSubject& subject) {
    for (const auto& sequences : subject.sequences) {
      for (const WindowSequence& sequence : sequences) {
        for (const TracedWindow& window : sequence) AddClass(window);
      }
    }
  }
  const std::vector<SensorPair>& pairs() const { return pairs_; }

 private:
  size_t Below(size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(dice_);
  }

  void Add(const WindowSequence& sequence) {
    for (size_t i = 1; i < sequence.size(); ++i) {
      for (size_t n = 0; n < kNearPairs; ++n) {
        AddPair(sequence[i], sequence[i - 1 - Below(std::min(i, kNear))]);
      }
      for (size_t n = 0; n < kAnyPairs; ++n) {
        AddPair(sequence[i], sequence[Below(sequence.size())]);
      }
    }
  }

  const Features* Turned(const Features& features, size_t axis) {
    if (axis == 3) return &features;
    Features& turned = kept_.emplace_back(features);
    for (const size_t first : {size_t{kCellMean}, size_t{kCellTurn}}) {
      for (size_t i = 0; i < 3; ++i) {
        int8_t& cell = turned.cells[first + i];
        if (i != axis) cell = static_cast<int8_t>(-cell);
      }
    }
    return &turned;
  }

  void AddPair(const TracedWindow& window, const TracedWindow& reference) {
    const size_t axis = Below(4);
    pairs_.push_back({Turned(window.features, axis),
                      Turned(reference.features, axis), reference.answer,
                      window.answer != reference.answer});
  }

  void AddClass(const TracedWindow& window) {
    const Features* turned = Turned(window.features, Below(4));
    kept_.push_back(NoFeatures(*turned));
    for (int answer = 0; answer < static_cast<int>(kHarClasses); ++answer) {
      pairs_.push_back(
          {turned, &kept_.back(), answer, window.answer != answer});
    }
  }

  std::mt19937_64 dice_;
  std::deque<Features> kept_;
  std::vector<SensorPair> pairs_;
};

std::shared_ptr<const SensorTree> TrainTree(const PairMaker& pairs, int trees,
                                            int depth, size_t answers) {
  SensorTreeOptions options;
  options.trees = trees;
  options.depth = depth;
  options.answers = static_cast<int>(answers);
  auto tree = SensorTree::Train(pairs.pairs(), options);
  if (!tree.ok()) throw std::runtime_error(tree.status().ToString());
  return std::make_shared<const SensorTree>(*std::move(tree));
}

ReuseTrees TrainTrees(std::span<const TracedSubject* const> subjects,
                      const FoldOptions& options) {
  PairMaker pairs(1), classes(2);
  for (const TracedSubject* subject : subjects) {
    pairs.Add(*subject);
    classes.AddClasses(*subject);
  }
  const int count = options.trees, depth = options.depth;
  ReuseTrees trees;
  trees.pairs = TrainTree(pairs, count, depth, kHarClasses);
  trees.classes = TrainTree(classes, count, depth, kHarClasses);
  if (!options.ablation) return trees;
  trees.unlike = TrainTree(pairs, count, depth, 0);
  trees.shallow = TrainTree(pairs, count, 3, kHarClasses);
  return trees;
}

}  // namespace

Fold TraceFold(std::span<const HarSubject> subjects, size_t held_out,
               const std::string& device, const FoldOptions& options) {
  Fold fold;
  fold.subject = subjects[held_out].name;
  fold.device = device;
  std::vector<const HarSubject*> others;
  for (size_t i = 0; i < subjects.size(); ++i) {
    if (i != held_out) others.push_back(&subjects[i]);
  }
  Costs costs, ignored;
  const HarModel model =
      HarModel::Train(others, options.cut.length, options.model);
  fold.held_out =
      TraceSubject(subjects[held_out], model, kHeldOutSeed, options, &costs);
  for (size_t i = 0; i < 2; ++i) {
    const HarSubject* const other[] = {others[1 - i]};
    fold.tuning[i] = TraceSubject(
        *others[i], HarModel::Train(other, options.cut.length, options.model),
        kTuningSeed, options, &ignored);
  }
  const auto windows = static_cast<double>(costs.windows);
  fold.model_us = costs.model_us / windows;
  fold.features_us = costs.features_us / windows;
  fold.multiplications = model.multiplications();
  return fold;
}

void TrainFold(std::span<const Fold* const> alike, const FoldOptions& options,
               Fold* fold) {
  std::vector<const TracedSubject*> all;
  std::array<std::vector<const TracedSubject*>, 2> others;
  for (const Fold* one : alike) {
    for (size_t i = 0; i < 2; ++i) {
      all.push_back(&one->tuning[i]);
      others[1 - i].push_back(&one->tuning[i]);
    }
  }
  fold->trees = TrainTrees(all, options);
  for (size_t i = 0; i < 2; ++i) {
    fold->tuning_trees[i] = TrainTrees(others[i], options);
  }
}

}  // namespace fovea::bench
