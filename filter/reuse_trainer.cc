// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/reuse_trainer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>

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

const Thumbnail& ThumbnailFor(const Lesson& lesson, bool wanted) {
  static const Thumbnail kNone;
  return wanted ? lesson.thumbnail : kNone;
}

// Runs where the risk exceeds `most_risk`. `usual` is of each lesson.
Replayed Replay(std::span<const Lesson> lessons, size_t first,
                const ReusePredictor& predictor,
                std::span<const std::optional<UsualAnswer>> usual,
                double most_risk) {
  Replayed replayed;
  AnswerHistory history;
  int64_t run_ns = 0;
  for (size_t i = 0; i < lessons.size(); ++i) {
    const Lesson& lesson = lessons[i];
    history.See(lesson.grid, lesson.features, lesson.time_ns,
                ThumbnailFor(lesson, predictor.compares_thumbnails()));
    ComparedRuns seen = history.Compare();
    seen.usual = usual[i];
    const Prediction best = predictor.Predict(seen);
    if (i < first || (seen.runs.empty() && !seen.usual) ||
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

// What the head says of each lesson as if it were new; empty: there is none,
// or none any more.
std::vector<UsualAnswer> TrainSkip(std::span<const Lesson> lessons,
                                   ReusePredictor* predictor) {
  if (!predictor->skip()) return {};
  SkipHead head = *predictor->skip();
  std::vector<SkipLesson> taught;
  for (const Lesson& lesson : lessons) {
    taught.push_back({lesson.thumbnail, lesson.answer.vote});
  }
  std::vector<float> evidence;
  if (!head.Fit(taught, &evidence)) {
    predictor->SetSkip(std::nullopt);
    return {};
  }
  std::vector<UsualAnswer> usual;
  for (const float odds : evidence) usual.push_back({head.usual(), odds});
  predictor->SetSkip(std::move(head));
  return usual;
}

}  // namespace

std::vector<ReuseExample> RareRunExamples(std::span<const Lesson> lessons,
                                          uint64_t seed, bool with_thumbnails,
                                          std::span<const UsualAnswer> usual) {
  std::vector<ReuseExample> examples;
  std::mt19937_64 random(seed);
  for (const uint64_t step : kSteps) {
    AnswerHistory history;
    for (size_t i = 0; i < lessons.size(); ++i) {
      const Lesson& lesson = lessons[i];
      history.See(lesson.grid, lesson.features, lesson.time_ns,
                  ThumbnailFor(lesson, with_thumbnails));
      if (!history.empty()) {
        examples.push_back({history.Compare(), lesson.answer.vote});
        if (!usual.empty()) examples.back().comparison.usual = usual[i];
      }
      if (history.empty() || random() % step == 0) history.Ran(lesson.answer);
    }
  }
  return examples;
}

uint64_t UsualVote(std::span<const Lesson> lessons) {
  std::map<uint64_t, size_t> counts;
  size_t most = 0;
  for (const Lesson& lesson : lessons) {
    most = std::max(most, ++counts[lesson.answer.vote]);
  }
  for (const Lesson& lesson : lessons) {
    if (counts[lesson.answer.vote] == most) return lesson.answer.vote;
  }
  return 0;
}

void TrainReuse(std::span<const Lesson> lessons, uint64_t seed,
                ReusePredictor* predictor) {
  if (lessons.size() < kFewestLessons) return;
  const auto usual = TrainSkip(lessons, predictor);
  predictor->Fit(
      RareRunExamples(lessons, seed, predictor->compares_thumbnails(), usual),
      kRounds, seed);
}

double AvoidedAt(std::span<const Lesson> lessons, size_t first,
                 const ReusePredictor& predictor, double agreement) {
  if (first >= lessons.size()) return 0;
  std::vector<std::optional<UsualAnswer>> usual;
  for (const Lesson& lesson : lessons) {
    usual.push_back(predictor.UsualOf(lesson.thumbnail));
  }
  const auto judged = static_cast<double>(lessons.size() - first);
  double most = 0;
  for (int step = 0; step <= kRisks; ++step) {
    const double risk = static_cast<double>(step) / kRisks;
    const Replayed replayed = Replay(lessons, first, predictor, usual, risk);
    const double agreed = 1 - static_cast<double>(replayed.wrong) / judged;
    if (agreed < agreement) continue;
    most = std::max(most, static_cast<double>(replayed.given) / judged);
  }
  return most;
}

}  // namespace fovea
