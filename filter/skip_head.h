// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tells from the present picture alone whether a model would give its usual
// answer about it: that nothing of what is asked for is there, or whatever
// else it says most of the time. No run to compare with is needed.

#ifndef FOVEA_FILTER_SKIP_HEAD_H_
#define FOVEA_FILTER_SKIP_HEAD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "filter/thumbnail.h"

namespace fovea {

namespace internal {
class TextLines;
}

// A picture, and what the model said of it.
struct SkipLesson {
  Thumbnail thumbnail;
  uint64_t vote = 0;  // AnswerTraits::vote
};

// What is seen beside the usual background, and where, weighed by a logistic
// regression. The background is the mean of each cell of the thumbnail over
// pictures with the usual answer, and how far they stray from it; a cell
// speaks by how many times as far it lies. Weighed are the greatest 3 x 3
// cells and the mean of each plane, and the means of 8 x 6 places: what no
// model answers to, such as a tree in the wind, is known by its place.
//
// So the binary heads of FilterForward (MLSys'19: greatest of all places) and
// of InFi-Skip (MobiCom'22: a class learnt of one input, compared with an empty
// one) are covered with 59 weights and 4,320 means, few enough for minutes of
// a stream. Learns from single answers as well, so that runs and checks of a
// stream teach it. Deterministic; not thread-safe while learning.
class SkipHead {
 public:
  // Evidence is within this of 0.
  static constexpr float kMostEvidence = 8;
  // Pictures with the usual answer before which nothing is claimed.
  static constexpr int64_t kFewestUsual = 16;

  // Of answers whose vote is `usual`. Knows nothing.
  explicit SkipHead(uint64_t usual) : usual_(usual) {}

  uint64_t usual() const { return usual_; }
  // Whether it has seen enough to claim anything.
  bool knows() const { return usual_seen_ >= kFewestUsual; }

  // The logarithm of the odds that the model would give the usual answer; 0 of
  // an empty thumbnail, and while it does not know. Some 8 us.
  float Evidence(const Thumbnail& thumbnail) const;

  // One step of gradient ascent; a picture with the usual answer enters the
  // background, as the 256th part of it from the 256th on. Weights stay within
  // 100 of 0. Of an empty thumbnail nothing is learnt.
  void Learn(const SkipLesson& lesson);

  // Learns anew from a stretch of a stream, in the order of time; false, and
  // nothing is learnt, where any three quarters of it together have fewer than
  // kFewestUsual usual answers. `evidence` (may be null) gets what the head
  // says of each lesson by the background of the other three quarters: as it
  // would of a new one.
  bool Fit(std::span<const SkipLesson> lessons, std::vector<float>* evidence);

  // Lines of text (filter/internal/reuse_filter_text.h) and back. kDataLoss
  // says in which line it found what.
  void AppendText(std::string* text) const;
  static absl::StatusOr<SkipHead> Read(internal::TextLines* lines);

  friend bool operator==(const SkipHead&, const SkipHead&) = default;

 private:
  static constexpr size_t kPlaces = size_t{8} * 6;
  static constexpr size_t kStatistics = 1 + 2 * Thumbnail::kPlanes + kPlaces;
  static constexpr size_t kCells = Thumbnail::kPlanes * Thumbnail::kCells;
  using Statistics = std::array<float, kStatistics>;
  using Weights = std::array<double, kStatistics>;

  // Of the usual pictures, in 4096ths of a grey level.
  struct Background {
    std::array<int32_t, kCells> mean = {}, stray = {};
    void Add(const Thumbnail& thumbnail, int64_t before);
    friend bool operator==(const Background&, const Background&) = default;
  };

  std::vector<const Thumbnail*> UsualOf(
      std::span<const SkipLesson> lessons) const;
  static Background BackgroundOf(std::span<const Thumbnail* const> pictures);
  static Statistics StatisticsOf(const Thumbnail& thumbnail,
                                 const Background& background);
  double Odds(const Statistics& statistics) const;
  void FitWeights(std::span<const Statistics> statistics,
                  std::span<const SkipLesson> lessons);

  uint64_t usual_;
  int64_t usual_seen_ = 0;  // at most 10^9
  Weights weights_ = {};
  Weights prior_ = {};  // what single answers are held back toward
  Background background_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_SKIP_HEAD_H_
