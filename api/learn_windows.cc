// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/learn_windows.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/run_windows.h"
#include "api/stop_flag.h"
#include "api/window_reader.h"
#include "api/window_reuse.h"
#include "filter/sensor_features.h"
#include "sensitivity/class_answer.h"

namespace fovea {
namespace {

constexpr int64_t kFewestWindows = 100;
constexpr double kTaughtShare = 0.6;
constexpr double kMostWrong = 0.05;
constexpr size_t kThresholds = 64;  // tried
// Of each window: pairs with one of the latest, as a gate compares, and with
// any, as a cache does.
constexpr size_t kLatest = 8, kLatestPairs = 3, kAnyPairs = 2;

struct Lesson {
  Features features;
  int answer = kNoAnswer;
};

// How likely another answer is, of a window and the last one run.
using Risk = std::function<float(const Lesson&, const Lesson&)>;

class Teacher {
 public:
  Teacher(const LearnWindowsOptions& options, const SensorLayout& layout,
          const std::function<void(int64_t, int64_t)>& progress,
          const std::atomic<bool>* stop)
      : options_(options), layout_(layout), progress_(progress), stop_(stop) {}

  absl::StatusOr<bool> Add(const StoredWindow& window) {
    if (Stopped(stop_)) return absl::CancelledError("interrupted");
    const double rate_hz = options_.model->description().card.rate_hz;
    auto features = SensorFeaturesOf(layout_, {window.values, rate_hz});
    if (!features.ok()) return features.status();
    const auto answer = options_.model->Ask(window.values);
    if (!answer.ok()) {
      return absl::Status(
          answer.status().code(),
          absl::StrCat("window at sample ", window.place.first_index, ": ",
                       answer.status().message()));
    }
    if (const auto label = ClassOf(*answer)) {
      lessons_.push_back({*std::move(features), static_cast<int>(*label)});
    }
    if (progress_) progress_(++done_, 0);
    return static_cast<int64_t>(lessons_.size()) < options_.most_windows;
  }

  std::vector<Lesson> Take() { return std::move(lessons_); }

 private:
  const LearnWindowsOptions& options_;
  const SensorLayout layout_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>* const stop_;
  std::vector<Lesson> lessons_;
  int64_t done_ = 0;
};

std::vector<SensorPair> PairsOf(std::span<const Lesson> lessons,
                                uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::vector<SensorPair> pairs;
  const auto add = [&](size_t i, size_t reference) {
    const Lesson& now = lessons[i];
    const Lesson& then = lessons[reference];
    pairs.push_back({&now.features, &then.features, then.answer,
                     now.answer != then.answer});
  };
  for (size_t i = 1; i < lessons.size(); ++i) {
    for (size_t n = 0; n < kLatestPairs; ++n) {
      add(i, i - 1 - dice() % std::min(i, kLatest));
    }
    for (size_t n = 0; n < kAnyPairs; ++n) add(i, dice() % lessons.size());
  }
  return pairs;
}

struct Replay {
  double held = 0, wrong = 0;  // shares
};

// A window is held where its risk, against the last one run, is at most so
// high.
Replay ReplayOf(std::span<const Lesson> lessons, const Risk& risk,
                float threshold) {
  size_t held = 0, wrong = 0, reference = 0;
  for (size_t i = 1; i < lessons.size(); ++i) {
    if (risk(lessons[i], lessons[reference]) > threshold) {
      reference = i;
      continue;
    }
    ++held;
    wrong += lessons[i].answer != lessons[reference].answer;
  }
  const auto windows = static_cast<double>(lessons.size());
  return {static_cast<double>(held) / windows,
          static_cast<double>(wrong) / windows};
}

// The greatest share held at any threshold with few enough wrong.
double AvoidedBy(std::span<const Lesson> lessons, const Risk& risk) {
  std::vector<float> risks;
  for (size_t i = 1; i < lessons.size(); ++i) {
    risks.push_back(risk(lessons[i], lessons[i - 1]));
  }
  std::ranges::sort(risks);
  double most = 0;
  for (size_t n = 0; n < kThresholds; ++n) {
    const float threshold = risks[(risks.size() - 1) * n / (kThresholds - 1)];
    const Replay replay = ReplayOf(lessons, risk, threshold);
    if (replay.wrong <= kMostWrong) most = std::max(most, replay.held);
  }
  return most;
}

absl::StatusOr<SensorTree> Train(std::span<const Lesson> lessons,
                                 size_t classes, uint64_t seed) {
  const FilterLimits limits;
  SensorTreeOptions options;
  options.depth = 5;  // docs/REUSE_IMU.md: more does not help
  options.answers =
      classes <= limits.max_tree_answers ? static_cast<int>(classes) : 0;
  return SensorTree::Train(PairsOf(lessons, seed), options, limits);
}

size_t ClassesIn(std::span<const Lesson> lessons) {
  int most = kNoAnswer;
  for (const Lesson& lesson : lessons) most = std::max(most, lesson.answer);
  return static_cast<size_t>(most + 1);
}

bool AreOfOneClass(std::span<const Lesson> lessons) {
  return std::ranges::all_of(lessons, [&](const Lesson& lesson) {
    return lesson.answer == lessons[0].answer;
  });
}

absl::StatusOr<std::vector<Lesson>> LessonsOf(
    Store* store, const std::string& stream, const LearnWindowsOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  const ModelCard& card = options.model->description().card;
  const auto layout = WindowLayoutOf(card, *summary);
  if (!layout.ok()) return layout.status();
  Teacher teacher(options, *layout, progress, stop);
  const auto read = ReadWindows(
      store->chunks(), *summary, card, HopOf(card, options.hop), options.range,
      [&](const StoredWindow& window) { return teacher.Add(window); });
  if (!read.ok()) return read.status();
  return teacher.Take();
}

}  // namespace

absl::StatusOr<LearntTree> LearnWindows(
    Store* store, const std::string& stream, const LearnWindowsOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  if (options.model == nullptr) {
    return absl::InvalidArgumentError("learn filter: needs a model");
  }
  const auto lessons = LessonsOf(store, stream, options, progress, stop);
  if (!lessons.ok()) return lessons.status();
  LearntTree learnt;
  learnt.windows = static_cast<int64_t>(lessons->size());
  if (learnt.windows < kFewestWindows) {
    return absl::FailedPreconditionError(absl::StrCat(
        "stream '", stream, "': ", learnt.windows, " windows to learn from; ",
        kFewestWindows, " or more are needed"));
  }
  const std::span<const Lesson> all(*lessons);
  const auto taught =
      static_cast<size_t>(kTaughtShare * static_cast<double>(all.size()));
  if (AreOfOneClass(all.first(taught))) {
    return absl::FailedPreconditionError(absl::StrCat(
        "stream '", stream, "': the model told class ", all[0].answer,
        " of all ", taught, " windows that teach; learn from a longer part"));
  }
  learnt.windows_held_out = static_cast<int64_t>(all.size() - taught);
  learnt.classes = ClassesIn(all);
  auto tree = Train(all.first(taught), learnt.classes, options.seed);
  if (!tree.ok()) return tree.status();
  const auto judges = all.subspan(taught);
  learnt.avoided_before =
      AvoidedBy(judges, [](const Lesson& now, const Lesson& then) {
        return SensorDistance(now.features, then.features);
      });
  learnt.avoided_after =
      AvoidedBy(judges, [&](const Lesson& now, const Lesson& then) {
        return tree->LogOdds(now.features, then.features, then.answer);
      });
  if (learnt.avoided_after > learnt.avoided_before) {
    learnt.tree = *std::move(tree);
  }
  return learnt;
}

}  // namespace fovea
