// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/skip_head.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "filter/internal/reuse_filter_text.h"

namespace fovea {
namespace {

constexpr int32_t kParts = 4096;    // of a grey level
constexpr int64_t kLasting = 256;   // pictures that a background remembers
constexpr float kMostStrayed = 16;  // times the usual
constexpr int32_t kLeastStray = kParts;
constexpr size_t kWide = Thumbnail::kColumns, kHigh = Thumbnail::kRows;
constexpr size_t kTile = 3;
constexpr size_t kPlacesAcross = kWide / kTile;

// Adam (Kingma and Ba, 2015) at its published rates but for the step, over all
// lessons at once.
constexpr double kMeanRate = 0.9, kSquareRate = 0.999, kTiny = 1e-8;
constexpr double kStep = 0.05;
constexpr int kRounds = 200;
constexpr double kHoldBack = 0.01;  // toward 0

// Of a single answer: plain ascent.
constexpr double kLearnStep = 0.01;

constexpr size_t kFolds = 4;

double Logistic(double odds) { return 1 / (1 + std::exp(-odds)); }

float Cut(double odds) {
  return std::clamp(static_cast<float>(odds), -SkipHead::kMostEvidence,
                    SkipHead::kMostEvidence);
}

using Strayed = std::array<float, Thumbnail::kCells>;

// Means of 3 x 3 cells, the greatest of all that overlap.
float GreatestTile(const Strayed& cells) {
  float greatest = 0;
  for (size_t row = 0; row + kTile <= kHigh; ++row) {
    std::array<float, kWide> sums;
    const float* at = cells.data() + row * kWide;
    for (size_t x = 0; x < kWide; ++x) {
      sums[x] = at[x] + at[x + kWide] + at[x + 2 * kWide];
    }
    for (size_t x = 0; x + kTile <= kWide; ++x) {
      greatest = std::max(greatest, sums[x] + sums[x + 1] + sums[x + 2]);
    }
  }
  return greatest / (kTile * kTile);
}

}  // namespace

void SkipHead::Background::Add(const Thumbnail& thumbnail, int64_t before) {
  const auto part = static_cast<int32_t>(std::min(before + 1, kLasting));
  for (size_t i = 0; i < kCells; ++i) {
    const int32_t away = thumbnail.cells[i] * kParts - mean[i];
    // The first picture strays from nothing.
    if (before > 0) stray[i] += (std::abs(away) - stray[i]) / part;
    mean[i] += away / part;
  }
}

SkipHead::Statistics SkipHead::StatisticsOf(const Thumbnail& thumbnail,
                                            const Background& background) {
  Statistics statistics = {};
  size_t next = 0;
  statistics[next++] = 1;
  std::array<float, kPlaces> places = {};
  for (size_t plane = 0; plane < Thumbnail::kPlanes; ++plane) {
    const size_t first = plane * Thumbnail::kCells;
    Strayed strayed;
    float sum = 0;
    for (size_t i = 0; i < Thumbnail::kCells; ++i) {
      const int32_t away = std::abs(thumbnail.cells[first + i] * kParts -
                                    background.mean[first + i]);
      strayed[i] = std::min(
          kMostStrayed,
          static_cast<float>(away) /
              static_cast<float>(background.stray[first + i] + kLeastStray));
      sum += strayed[i];
    }
    statistics[next++] = std::log1p(GreatestTile(strayed));
    statistics[next++] = std::log1p(sum / Thumbnail::kCells);
    for (size_t i = 0; i < Thumbnail::kCells; ++i) {
      places[i / kWide / kTile * kPlacesAcross + i % kWide / kTile] +=
          strayed[i];
    }
  }
  for (const float place : places) {
    statistics[next++] =
        std::log1p(place / (kTile * kTile * Thumbnail::kPlanes));
  }
  return statistics;
}

double SkipHead::Odds(const Statistics& statistics) const {
  double odds = 0;
  for (size_t k = 0; k < kStatistics; ++k) {
    odds += weights_[k] * static_cast<double>(statistics[k]);
  }
  return odds;
}

float SkipHead::Evidence(const Thumbnail& thumbnail) const {
  if (thumbnail.empty() || !knows()) return 0;
  return Cut(Odds(StatisticsOf(thumbnail, background_)));
}

void SkipHead::Learn(const SkipLesson& lesson) {
  if (lesson.thumbnail.empty()) return;
  const bool is_usual = lesson.vote == usual_;
  if (knows()) {
    const Statistics seen = StatisticsOf(lesson.thumbnail, background_);
    const double pull = (is_usual ? 1 : 0) - Logistic(Odds(seen));
    for (size_t k = 0; k < kStatistics; ++k) {
      const double up = pull * static_cast<double>(seen[k]) -
                        kHoldBack * (weights_[k] - prior_[k]);
      weights_[k] = std::clamp(weights_[k] + kLearnStep * up,
                               -internal::kMostWeight, internal::kMostWeight);
    }
  }
  if (!is_usual) return;
  background_.Add(lesson.thumbnail, usual_seen_);
  usual_seen_ = std::min(usual_seen_ + 1, internal::kMostSeen);
}

std::vector<const Thumbnail*> SkipHead::UsualOf(
    std::span<const SkipLesson> lessons) const {
  std::vector<const Thumbnail*> usual;
  for (const SkipLesson& lesson : lessons) {
    if (lesson.vote != usual_ || lesson.thumbnail.empty()) continue;
    usual.push_back(&lesson.thumbnail);
  }
  return usual;
}

SkipHead::Background SkipHead::BackgroundOf(
    std::span<const Thumbnail* const> pictures) {
  Background background;
  const auto count = static_cast<int64_t>(pictures.size());
  for (size_t i = 0; i < kCells; ++i) {
    int64_t sum = 0, stray = 0;
    for (const Thumbnail* picture : pictures) sum += picture->cells[i];
    background.mean[i] = static_cast<int32_t>(sum * kParts / count);
    for (const Thumbnail* picture : pictures) {
      stray += std::abs(picture->cells[i] * kParts - background.mean[i]);
    }
    background.stray[i] = static_cast<int32_t>(stray / count);
  }
  return background;
}

bool SkipHead::Fit(std::span<const SkipLesson> lessons,
                   std::vector<float>* evidence) {
  std::vector<Statistics> statistics;
  const size_t part = (lessons.size() + kFolds - 1) / kFolds;
  for (size_t begin = 0; begin < lessons.size(); begin += part) {
    const size_t end = std::min(begin + part, lessons.size());
    std::vector<const Thumbnail*> others = UsualOf(lessons.first(begin));
    for (const Thumbnail* later : UsualOf(lessons.subspan(end))) {
      others.push_back(later);
    }
    if (others.size() < kFewestUsual) return false;
    const Background background = BackgroundOf(others);
    for (const SkipLesson& lesson : lessons.subspan(begin, end - begin)) {
      statistics.push_back(lesson.thumbnail.empty()
                               ? Statistics{}
                               : StatisticsOf(lesson.thumbnail, background));
    }
  }
  if (statistics.empty()) return false;
  FitWeights(statistics, lessons);
  const auto usual = UsualOf(lessons);
  background_ = BackgroundOf(usual);
  usual_seen_ = static_cast<int64_t>(usual.size());
  if (evidence == nullptr) return true;
  evidence->clear();
  for (const Statistics& seen : statistics) {
    evidence->push_back(Cut(Odds(seen)));
  }
  return true;
}

void SkipHead::FitWeights(std::span<const Statistics> statistics,
                          std::span<const SkipLesson> lessons) {
  Weights mean = {}, square = {};
  weights_ = {};
  for (int round = 1; round <= kRounds; ++round) {
    Weights gradient = {};
    for (size_t i = 0; i < statistics.size(); ++i) {
      const double right = lessons[i].vote == usual_ ? 1 : 0;
      const double pull = right - Logistic(Odds(statistics[i]));
      for (size_t k = 0; k < kStatistics; ++k) {
        gradient[k] += pull * static_cast<double>(statistics[i][k]);
      }
    }
    const double mean_part = 1 - std::pow(kMeanRate, round);
    const double square_part = 1 - std::pow(kSquareRate, round);
    for (size_t k = 0; k < kStatistics; ++k) {
      const double up = gradient[k] / static_cast<double>(statistics.size()) -
                        kHoldBack * weights_[k];
      mean[k] += (1 - kMeanRate) * (up - mean[k]);
      square[k] += (1 - kSquareRate) * (up * up - square[k]);
      weights_[k] += kStep * (mean[k] / mean_part) /
                     (std::sqrt(square[k] / square_part) + kTiny);
      weights_[k] = std::clamp(weights_[k], -internal::kMostWeight,
                               internal::kMostWeight);
    }
  }
  prior_ = weights_;
}

}  // namespace fovea
