// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the present input of one stream compares with those that its model was
// last run on: what a predictor needs to say whether one of their answers
// still holds (filter/reuse_predictor.h).

#ifndef FOVEA_FILTER_ANSWER_HISTORY_H_
#define FOVEA_FILTER_ANSWER_HISTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "codec/grid.h"
#include "filter/features.h"
#include "filter/motion_blobs.h"
#include "filter/thumbnail.h"

namespace fovea {

// Cells that differ by more than 10 grey levels; all, where shapes do.
int CellsApart(const Features& a, const Features& b);

// A box the model nearly left out, or nearly saw: where the picture changes
// there, the answer may turn without anything having happened.
struct DoubtfulBox {
  MotionBox box;
  float doubt = 0;  // 0 to 1: 1 of a score at the threshold
};

// What is to be known of an answer, whatever it says.
struct AnswerTraits {
  uint64_t vote = 0;  // equal of answers that count as the same
  std::vector<DoubtfulBox> doubtful;
};

// How doubtful a box is whose score lies `margin` from the threshold: a bell
// of deviation 0.07, 0 where that falls below 0.01. 0 of NaN.
float DoubtOf(float margin);

// Of the present input and an earlier one. Logarithms are of 1 + x.
struct PairTraits {
  enum : size_t {
    kDistance,        // log of FeatureDistance()
    kCells,           // log of the number of cells more than 10 levels apart
    kDoubtfulChange,  // log of what doubtful boxes have changed since by
    kAge,             // log of quarters of a second since
    kChange,          // log of what the picture has changed since by
    kIsLast,          // 1 of the latest run
    kLastDoubt,       // its doubt, of the latest run
    kDoubt,           // sum over the answer's boxes
    // Logs of DistanceOf() thumbnails; as usual where one is not there.
    kThumbnail,
    kThumbnailPart,
    kCount,
  };
  std::array<float, kCount> values = {};
  uint64_t vote = 0;
  float distance = 0;  // FeatureDistance()
};

// What can be told of the present input alone.
struct PresentTraits {
  enum : size_t {
    kOne,       // 1
    kDistance,  // as above, from the latest run
    kCells,
    kDoubtfulChange,
    kAge,
    kChange,
    kDoubt,
    kTurns,  // share of the last runs whose answer was not the one before
    kThumbnail,
    kThumbnailPart,
    kCount,
  };
  std::array<float, kCount> values = {};
};

// What a skip head says of the present input (filter/skip_head.h).
struct UsualAnswer {
  uint64_t vote = 0;
  float evidence = 0;  // logarithm of the odds that the model would say it
};

struct ComparedRuns {
  PresentTraits present;
  // Latest first, then those of other times or streams; empty before any.
  // At most kMost are looked at.
  std::vector<PairTraits> runs;
  static constexpr size_t kMost = 12;
  // Absent where no head says anything, or the answer is not at hand.
  std::optional<UsualAnswer> usual;
};

// Not thread-safe. Memory is that of kRuns features and thumbnails, and 8 bytes
// for each macroblock that the doubtful boxes of their answers cover.
class AnswerHistory {
 public:
  static constexpr size_t kRuns = 8;

  // The next input: its grid measured against the input before it (size,
  // has_previous and difference alone are read), its features, its time,
  // which may repeat; of runs of a later time the age is 0. Its thumbnail may
  // be left out.
  void See(const Grid& grid, Features features, int64_t time_ns,
           Thumbnail thumbnail = {});

  // The input seen last, compared with the latest kRuns runs. Some 8 us of
  // 80 x 45 macroblocks, 10 with thumbnails.
  ComparedRuns Compare() const;

  // The model was run on the input seen last and answered so. Of boxes counts
  // what lies in the picture.
  void Ran(const AnswerTraits& answer);

  // Whether there is anything to compare with.
  bool empty() const { return runs_.empty(); }

  // The input seen last.
  const Features& features() const { return features_; }

  // Forgets all runs, not the input seen last: after a gap, or for another
  // model.
  void Reset();

 private:
  struct Cell {
    uint32_t at;   // in the grid
    float weight;  // those of a box add up to its doubt
  };
  struct Run {
    Features features;
    Thumbnail thumbnail;
    int64_t time_ns = 0;
    uint64_t vote = 0;
    float doubt = 0;
    std::vector<Cell> doubtful;
    double change = 0;           // of the picture, up to this run
    double doubtful_change = 0;  // since
  };

  PairTraits Compare(const Run& run, bool is_last) const;
  float Turns() const;
  std::vector<Cell> DoubtfulCells(
      const std::vector<DoubtfulBox>& doubtful) const;

  Features features_;
  Thumbnail thumbnail_;
  int64_t time_ns_ = 0;
  double change_ = 0;  // mean difference, summed over frames
  int columns_ = 0, rows_ = 0;
  std::deque<Run> runs_;  // latest first
};

}  // namespace fovea

#endif  // FOVEA_FILTER_ANSWER_HISTORY_H_
