// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/grid.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/grid_kernels.h"
#include "codec/internal/half_plane.h"
#include "codec/internal/motion_search.h"

namespace fovea {
namespace {

using internal::BlockMotion;
using internal::BlockSums;
using internal::GridKernels;
using internal::HalfPlane;
using internal::kGridBlock;
using internal::MotionSearch;

constexpr int kMaxSide = 16384;

// Sum over a block's 64 pixels to mean * 2^shift, rounded and saturated.
uint8_t ScaledMean(uint32_t sum, int shift) {
  const uint32_t divisor_bits = static_cast<uint32_t>(6 - shift);
  const uint32_t value = (sum + (1U << divisor_bits) / 2) >> divisor_bits;
  return static_cast<uint8_t>(std::min<uint32_t>(value, 255));
}

}  // namespace

class GridMeter::State {
 public:
  State(int width, int height)
      : width_(width),
        height_(height),
        kernels_(internal::BestGridKernels()),
        current_(width, height),
        previous_(width, height),
        search_(current_.block_columns(), current_.block_rows(), kernels_),
        sums_(static_cast<size_t>(current_.block_columns())),
        motions_(sums_.size()) {
    grid_.columns = current_.block_columns();
    grid_.rows = current_.block_rows();
    const size_t count = sums_.size() * static_cast<size_t>(grid_.rows);
    for (auto* field :
         {&grid_.mean, &grid_.texture, &grid_.difference, &grid_.residual}) {
      field->resize(count);
    }
    grid_.motion_x.resize(count);
    grid_.motion_y.resize(count);
  }

  absl::Status Check(const Frame& frame) const;
  const Grid* Measure(const Frame& frame, const CodedMotion* coded);
  void Reset();

 private:
  void MeasureRow(int row, const CodedMotion* coded);

  const int width_;
  const int height_;
  const GridKernels kernels_;
  HalfPlane current_;
  HalfPlane previous_;
  MotionSearch search_;
  bool filled_ = false;          // current_ holds the last frame
  std::vector<BlockSums> sums_;  // of the row being measured
  std::vector<BlockMotion> motions_;
  Grid grid_;
};

absl::Status GridMeter::State::Check(const Frame& frame) const {
  if (frame.width != width_ || frame.height != height_) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame of ", frame.width, "x", frame.height,
                     ": grid expects ", width_, "x", height_));
  }
  if (frame.y.data == nullptr || frame.y.stride < frame.width) {
    return absl::InvalidArgumentError(
        "frame to measure has no luma or a stride below its width");
  }
  return absl::OkStatus();
}

const Grid* GridMeter::State::Measure(const Frame& frame,
                                      const CodedMotion* coded) {
  std::swap(current_, previous_);
  grid_.has_previous = std::exchange(filled_, true);
  current_.Fill(frame.y, kernels_);
  for (int row = 0; row < grid_.rows; ++row) MeasureRow(row, coded);
  if (grid_.has_previous) search_.EndFrame();
  return &grid_;
}

void GridMeter::State::MeasureRow(int row, const CodedMotion* coded) {
  const int y = row * kGridBlock;
  kernels_.sum_blocks(
      current_.At(0, y),
      grid_.has_previous ? previous_.At(0, y) : internal::PixelPointer{},
      grid_.columns, sums_.data());
  if (grid_.has_previous && coded == nullptr) {
    search_.SearchRow(current_, previous_, row, sums_, motions_);
  } else if (grid_.has_previous) {
    search_.FollowRow(current_, previous_, row, sums_, *coded, motions_);
  }
  size_t block = static_cast<size_t>(row) * sums_.size();
  for (size_t i = 0; i < sums_.size(); ++i, ++block) {
    grid_.mean[block] = ScaledMean(sums_[i].pixels, 0);
    grid_.texture[block] = ScaledMean(sums_[i].deviation, 1);
    grid_.difference[block] = ScaledMean(sums_[i].difference, 2);
    grid_.motion_x[block] = static_cast<int8_t>(motions_[i].vector.x);
    grid_.motion_y[block] = static_cast<int8_t>(motions_[i].vector.y);
    grid_.residual[block] = ScaledMean(motions_[i].sad, 2);
  }
}

void GridMeter::State::Reset() {
  filled_ = false;
  search_.Reset();
  std::fill(motions_.begin(), motions_.end(), BlockMotion());
}

absl::StatusOr<std::unique_ptr<GridMeter>> GridMeter::Create(int width,
                                                             int height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("grid for ", width, "x", height, ": sides must be 1 to ",
                     kMaxSide, " pixels"));
  }
  return std::unique_ptr<GridMeter>(
      new GridMeter(std::make_unique<State>(width, height)));
}

GridMeter::GridMeter(std::unique_ptr<State> state) : state_(std::move(state)) {}

GridMeter::~GridMeter() = default;

absl::StatusOr<const Grid*> GridMeter::Measure(const Frame& frame) {
  if (absl::Status status = state_->Check(frame); !status.ok()) return status;
  return state_->Measure(frame, nullptr);
}

absl::StatusOr<const Grid*> GridMeter::Measure(const Frame& frame,
                                               const CodedMotion& coded) {
  if (absl::Status status = state_->Check(frame); !status.ok()) return status;
  return state_->Measure(frame, &coded);
}

void GridMeter::Reset() { state_->Reset(); }

}  // namespace fovea
