// SPDX-License-Identifier: GPL-2.0-or-later
//
// On a still picture one pass over the macroblocks compares each with its
// threshold; everything else looks at those that exceeded it, and what is
// learnt is learnt of every eighth macroblock per frame.

#include "filter/motion_blobs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/internal/blob_gatherer.h"
#include "filter/internal/macroblocks.h"
#include "filter/internal/still_picture.h"
#include "filter/internal/usual_change.h"

namespace fovea {
namespace {

using internal::BlobGatherer;
using internal::Macroblocks;
using internal::MovingMacroblock;
using internal::StillPicture;
using internal::UsualChange;

constexpr int kMaxSide = 16384;
constexpr int kUnits = 4;  // of the grid's differences per grey level
// Frames until it is each macroblock's turn to be learnt.
constexpr uint32_t kPhases = 8;
constexpr int kLightScatter = 2;  // grey levels around the median change
constexpr int kLightScale = 1 << 16;
constexpr uint8_t kTextured = 8;        // half grey levels of mean deviation
constexpr double kLeastTextured = 0.1;  // of the picture, to judge it by that
constexpr double kBusyShare = 0.1;      // from here on thresholds may rise
constexpr double kUsualShare = 0.7;
constexpr double kStandsAgainS = 0.5;
constexpr int64_t kLeastStepNs = 1'000'000;
constexpr int64_t kMostStepNs = 1'000'000'000;
constexpr int64_t kUsualStepNs = 40'000'000;

}  // namespace

std::string DescribeOptions(const MotionBlobOptions& o) {
  return absl::StrCat("blobs ", o.noise_factor, " ", o.spread_factor, " ",
                      o.least_difference, " ", o.flicker_factor, " ", o.noise_s,
                      " ", o.moving_noise_s, " ", o.least_sum, " ", o.linger,
                      " ", o.camera_share, " ", o.camera_whole_share, " ",
                      o.camera_s, " ", o.background_s, " ", o.changed_mean);
}

class MotionBlobs::State {
 public:
  State(int width, int height, const MotionBlobOptions& options)
      : options_(options),
        macroblocks_(width, height),
        usual_(macroblocks_.count, options),
        still_(macroblocks_.count, options),
        gatherer_(macroblocks_, options) {}

  const MotionPicture& Measure(const Grid& grid, int64_t time_ns);
  double Changed(const MotionBox& box) const;
  double ChangedEverywhere() const {
    return frames_ == 0 ? 0 : changed_everywhere_;
  }
  bool TouchesBorder(const MotionBox& box) const {
    return box.left <= 0 || box.top <= 0 || box.right >= macroblocks_.width ||
           box.bottom >= macroblocks_.height;
  }
  void Reset() { frames_ = 0; }

 private:
  void Begin(const Grid& grid, int64_t time_ns);
  void TakeStep(int64_t time_ns);
  void FindLight(const Grid& grid);
  // What the change of light alone may make a macroblock differ by: half as
  // much again as in proportion, since cameras bend their response.
  int LightOn(uint8_t mean) const {
    return std::abs(light_) * mean / (kLightScale / kUnits) * 3 / 2;
  }
  // Beyond what is usual, in units.
  int Excess(const Grid& grid, size_t block) const {
    return grid.difference[block] - usual_.threshold(block) -
           LightOn(grid.mean[block]);
  }
  bool IsDisplaced(const Grid& grid, size_t block) const;
  void FindMoving(const Grid& grid);
  int UsualEverywhere(const Grid& grid) const;
  bool MostMoves(const Grid& grid) const;
  void WatchCamera(const Grid& grid);
  double SecondsSince(int64_t time_ns) const {
    return (static_cast<double>(now_ns_) - static_cast<double>(time_ns)) * 1e-9;
  }
  void RaiseThresholds(int by);
  void TellCameraMoves();
  void Learn(const Grid& grid);

  const MotionBlobOptions options_;
  const Macroblocks macroblocks_;
  UsualChange usual_;
  StillPicture still_;
  BlobGatherer gatherer_;
  MotionPicture picture_;
  std::vector<MovingMacroblock> moving_;
  std::vector<uint8_t> mean_, texture_;  // of the last frame
  uint32_t frames_ = 0;                  // since the start or a gap
  int light_ = 0;  // relative change since the last frame, / kLightScale
  double changed_everywhere_ = 0;
  int64_t now_ns_ = 0;
  int64_t step_ns_ = kUsualStepNs;
  bool camera_moves_ = false;
  bool most_moved_ = false;
  int64_t most_since_ns_ = 0;
  int64_t most_until_ns_ = 0;
};

const MotionPicture& MotionBlobs::State::Measure(const Grid& grid,
                                                 int64_t time_ns) {
  picture_ = MotionPicture();
  if (frames_ == 0 || !grid.has_previous) {
    Begin(grid, time_ns);
    return picture_;
  }
  TakeStep(time_ns);
  if (frames_++ == 1) usual_.Begin(grid.difference);
  FindLight(grid);
  FindMoving(grid);
  WatchCamera(grid);
  mean_ = grid.mean;
  texture_ = grid.texture;
  if (camera_moves_) {
    TellCameraMoves();
    gatherer_.Forget();
    Learn(grid);
    still_.Adopt(grid);
    return picture_;
  }
  gatherer_.Gather(moving_, &picture_);
  Learn(grid);
  return picture_;
}

void MotionBlobs::State::Begin(const Grid& grid, int64_t time_ns) {
  frames_ = 1;
  now_ns_ = time_ns;
  step_ns_ = kUsualStepNs;
  camera_moves_ = most_moved_ = false;
  changed_everywhere_ = 0;
  gatherer_.Forget();
  mean_ = grid.mean;
  texture_ = grid.texture;
  still_.Adopt(grid);
}

// Times that stand still or run backward count as the step before.
void MotionBlobs::State::TakeStep(int64_t time_ns) {
  if (time_ns > now_ns_) {
    const uint64_t step =
        static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(now_ns_);
    step_ns_ =
        std::clamp(static_cast<int64_t>(std::min(step, uint64_t{kMostStepNs})),
                   kLeastStepNs, kMostStepNs);
  }
  now_ns_ = time_ns;
}

// Lamps and exposure scale the whole picture: the mean change of those
// macroblocks that change about as the median one does, over their luma; of
// every eighth. What moves changes otherwise, or little of the picture.
void MotionBlobs::State::FindLight(const Grid& grid) {
  std::array<uint32_t, 511> counts = {};  // of changes from -255 on
  uint32_t all = 0;
  for (size_t b = frames_ % kPhases; b < macroblocks_.count; b += kPhases) {
    ++counts[static_cast<size_t>(grid.mean[b] - mean_[b] + 255)];
    ++all;
  }
  uint32_t seen = counts[0];
  int median = -255;
  while (2 * seen < all) seen += counts[static_cast<size_t>(++median + 255)];
  int64_t change = 0, luma = 1;
  for (size_t b = frames_ % kPhases; b < macroblocks_.count; b += kPhases) {
    const int here = grid.mean[b] - mean_[b];
    if (std::abs(here - median) > kLightScatter) continue;
    change += here;
    luma += mean_[b];
  }
  light_ = static_cast<int>(std::clamp<int64_t>(change * kLightScale / luma,
                                                -kLightScale, kLightScale));
}

// Found elsewhere in the frame before; where the light changed, clearly better
// there, since that finds vectors, too, which help little.
bool MotionBlobs::State::IsDisplaced(const Grid& grid, size_t block) const {
  if (grid.motion_x[block] == 0 && grid.motion_y[block] == 0) return false;
  return LightOn(grid.mean[block]) < kUnits ||
         4 * grid.residual[block] < 3 * grid.difference[block];
}

void MotionBlobs::State::FindMoving(const Grid& grid) {
  moving_.clear();
  for (size_t b = 0; b < macroblocks_.count; ++b) {
    if (grid.difference[b] <= usual_.threshold(b)) continue;
    const int excess = Excess(grid, b);
    if (excess > 0) moving_.push_back({b, excess});
  }
}

// What 70 % of the picture stay below, beyond what is usual for each; of
// every eighth macroblock.
int MotionBlobs::State::UsualEverywhere(const Grid& grid) const {
  std::array<size_t, 256> counts = {};
  size_t all = 0;
  for (size_t b = frames_ % kPhases; b < macroblocks_.count; b += kPhases) {
    const int beyond =
        grid.difference[b] - usual_.mean(b) - LightOn(grid.mean[b]);
    ++counts[static_cast<size_t>(std::max(beyond, 0))];
    ++all;
  }
  const double below = kUsualShare * static_cast<double>(all);
  size_t level = 0;
  for (size_t seen = counts[0]; static_cast<double>(seen) < below;
       seen += counts[level]) {
    ++level;
  }
  return static_cast<int>(level);
}

// Of every eighth macroblock. One that is found elsewhere in the frame before
// moves even where that has become usual.
bool MotionBlobs::State::MostMoves(const Grid& grid) const {
  if (macroblocks_.ShareOf(moving_.size()) >= options_.camera_whole_share) {
    return true;
  }
  size_t textured = 0, moved = 0;
  for (size_t b = frames_ % kPhases; b < macroblocks_.count; b += kPhases) {
    if (grid.texture[b] < kTextured) continue;
    ++textured;
    moved += IsDisplaced(grid, b) || Excess(grid, b) > 0;
  }
  return macroblocks_.ShareOf(textured * kPhases) >= kLeastTextured &&
         static_cast<double>(moved) >=
             options_.camera_share * static_cast<double>(textured);
}

void MotionBlobs::State::WatchCamera(const Grid& grid) {
  const bool busy = macroblocks_.ShareOf(moving_.size()) >= kBusyShare;
  if (MostMoves(grid)) {
    if (!most_moved_) most_since_ns_ = now_ns_;
    most_moved_ = true;
    most_until_ns_ = now_ns_;
    camera_moves_ |= SecondsSince(most_since_ns_) >= options_.camera_s;
  } else {
    most_moved_ = false;
    camera_moves_ &= SecondsSince(most_until_ns_) < kStandsAgainS;
  }
  if (busy && !camera_moves_) {
    RaiseThresholds(static_cast<int>(
        std::lround(options_.flicker_factor * UsualEverywhere(grid))));
  }
}

void MotionBlobs::State::RaiseThresholds(int by) {
  for (MovingMacroblock& m : moving_) m.excess -= by;
  std::erase_if(moving_,
                [](const MovingMacroblock& m) { return m.excess <= 0; });
}

void MotionBlobs::State::TellCameraMoves() {
  picture_.camera_moves = true;
  picture_.moving = static_cast<uint8_t>(
      std::max(1L, std::lround(255 * macroblocks_.ShareOf(moving_.size()))));
  picture_.moving_cells = UINT16_MAX;
}

// While the camera moves, what only differs may be noise that has grown (a
// sensor at nightfall): it is learnt, or the camera would move for ever.
void MotionBlobs::State::Learn(const Grid& grid) {
  const double step_s = static_cast<double>(step_ns_) * 1e-9 * kPhases;
  usual_.SetStep(step_s, frames_ / kPhases);
  still_.SetStep(step_s);
  size_t changed = 0;
  for (size_t b = frames_ % kPhases; b < macroblocks_.count; b += kPhases) {
    changed += still_.Differs(b, grid.mean[b], grid.texture[b]);
    const bool moves =
        IsDisplaced(grid, b) || (!camera_moves_ && gatherer_.MovedLately(b));
    usual_.Learn(b, std::max(grid.difference[b] - LightOn(grid.mean[b]), 0),
                 moves);
    if (!moves) still_.Learn(grid, b);
  }
  changed_everywhere_ = macroblocks_.ShareOf(changed * kPhases);
}

double MotionBlobs::State::Changed(const MotionBox& box) const {
  constexpr int kSide = Macroblocks::kSide;
  if (frames_ == 0) return 0;
  const int right =
      std::min((box.right + kSide - 1) / kSide, macroblocks_.columns);
  const int bottom =
      std::min((box.bottom + kSide - 1) / kSide, macroblocks_.rows);
  int all = 0, changed = 0;
  for (int row = std::max(box.top / kSide, 0); row < bottom; ++row) {
    for (int column = std::max(box.left / kSide, 0); column < right; ++column) {
      const size_t b = macroblocks_.At(column, row);
      ++all;
      changed += still_.Differs(b, mean_[b], texture_[b]);
    }
  }
  return all == 0 ? 0 : static_cast<double>(changed) / all;
}

absl::StatusOr<std::unique_ptr<MotionBlobs>> MotionBlobs::Create(
    int width, int height, const MotionBlobOptions& options) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("motion in ", width, "x", height, ": sides must be 1 to ",
                     kMaxSide, " pixels"));
  }
  return std::unique_ptr<MotionBlobs>(
      new MotionBlobs(std::make_unique<State>(width, height, options)));
}

MotionBlobs::MotionBlobs(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
MotionBlobs::~MotionBlobs() = default;

const MotionPicture& MotionBlobs::Measure(const Grid& grid, int64_t time_ns) {
  return state_->Measure(grid, time_ns);
}

double MotionBlobs::Changed(const MotionBox& box) const {
  return state_->Changed(box);
}

double MotionBlobs::ChangedEverywhere() const {
  return state_->ChangedEverywhere();
}

bool MotionBlobs::TouchesBorder(const MotionBox& box) const {
  return state_->TouchesBorder(box);
}

void MotionBlobs::Reset() { state_->Reset(); }

}  // namespace fovea
