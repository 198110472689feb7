// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/reuse_trainer.h"

#include <algorithm>
#include <random>

namespace fovea {
namespace {

constexpr size_t kFewestLessons = 16;
constexpr uint64_t kSteps[] = {1, 2, 3, 5, 8, 16, 32};
constexpr int kRounds = 8;
constexpr int kRisks = 50;
constexpr int64_t kBlindNs = 4'000'000'000;

struct Replayed {
  size_t given = 0, wrong = 0;
};

// Whether `now` is so long after `run`, whatever the two are.
bool IsBlind(int64_t run_ns, int64_t now_ns) {
  return now_ns > run_ns &&
         static_cast<uint64_t>(now_ns) - static_cast<uint64_t>(run_ns) >
             static_cast<uint64_t>(kBlindNs);
}

// Runs where the risk exceeds `most_risk`.
Replayed Replay(std::span<const Lesson> lessons, size_t first,
                const ReusePredictor& predictor, double most_risk) {
  Replayed replayed;
  AnswerHistory history;
  int64_t run_ns = 0;
  for (size_t i = 0; i < lessons.size(); ++i) {
    const Lesson& lesson = lessons[i];
    history.See(lesson.grid, lesson.features, lesson.time_ns);
    const Prediction best = predictor.Predict(history.Compare());
    if (i < first || history.empty() ||
        static_cast<double>(best.risk) > most_risk ||
        IsBlind(run_ns, lesson.time_ns)) {
      history.Ran(lesson.answer);
      run_ns = lesson.time_ns;
      continue;
    }
    ++replayed.given;
    replayed.wrong += best.vote != lesson.answer.vote;
  }
  return replayed;
}

}  // namespace

std::vector<ReuseExample> RareRunExamples(std::span<const Lesson> lessons,
                                          uint64_t seed) {
  std::vector<ReuseExample> examples;
  std::mt19937_64 random(seed);
  for (const uint64_t step : kSteps) {
    AnswerHistory history;
    for (const Lesson& lesson : lessons) {
      history.See(lesson.grid, lesson.features, lesson.time_ns);
      if (!history.empty()) {
        examples.push_back({history.Compare(), lesson.answer.vote});
      }
      if (history.empty() || random() % step == 0) history.Ran(lesson.answer);
    }
  }
  return examples;
}

void TrainReuse(std::span<const Lesson> lessons, uint64_t seed,
                ReusePredictor* predictor) {
  if (lessons.size() < kFewestLessons) return;
  predictor->Fit(RareRunExamples(lessons, seed), kRounds, seed);
}

double AvoidedAt(std::span<const Lesson> lessons, size_t first,
                 const ReusePredictor& predictor, double agreement) {
  if (first >= lessons.size()) return 0;
  const auto judged = static_cast<double>(lessons.size() - first);
  double most = 0;
  for (int step = 0; step <= kRisks; ++step) {
    const double risk = static_cast<double>(step) / kRisks;
    const Replayed replayed = Replay(lessons, first, predictor, risk);
    const double agreed = 1 - static_cast<double>(replayed.wrong) / judged;
    if (agreed < agreement) continue;
    most = std::max(most, static_cast<double>(replayed.given) / judged);
  }
  return most;
}

}  // namespace fovea
