// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/blob_gatherer.h"

#include <algorithm>
#include <cmath>

namespace fovea::internal {
namespace {

constexpr size_t kMostBlobs = 256;
constexpr double kUnits = 4;  // per grey level
constexpr int kCells = 4;     // a side
// One macroblock counts up to this, so that no edge of high contrast
// outweighs a whole object.
constexpr int kMostExcess = 64;
// Sum of the excess at which strength is a half: 16 macroblocks, 4 levels.
constexpr float kHalfStrength = 256;

}  // namespace

BlobGatherer::BlobGatherer(const Macroblocks& macroblocks,
                           const MotionBlobOptions& options)
    : macroblocks_(macroblocks),
      linger_(static_cast<uint32_t>(options.linger)),
      least_sum_(static_cast<int>(std::lround(options.least_sum * kUnits))),
      frame_(linger_ + 1),  // so that "never" is longer ago than `linger`
      moved_at_(macroblocks.count),
      visited_at_(macroblocks.count),
      excess_(macroblocks.count) {}

void BlobGatherer::Forget() {
  std::fill(moved_at_.begin(), moved_at_.end(), 0U);
}

void BlobGatherer::Gather(const std::vector<MovingMacroblock>& moving,
                          MotionPicture* picture) {
  ++frame_;
  for (const MovingMacroblock& m : moving) {
    moved_at_[m.block] = frame_;
    excess_[m.block] = std::min(m.excess, kMostExcess);
  }
  size_t kept = 0;
  for (const MovingMacroblock& m : moving) {
    if (visited_at_[m.block] == frame_) continue;
    const Gathered gathered = Follow(m.block);
    if (gathered.sum < least_sum_) continue;
    kept += static_cast<size_t>(gathered.macroblocks);
    picture->moving_cells |= gathered.cells;
    picture->blobs.push_back(ToBlob(gathered));
  }
  picture->moving = static_cast<uint8_t>((255 * kept + macroblocks_.count - 1) /
                                         macroblocks_.count);
  std::stable_sort(picture->blobs.begin(), picture->blobs.end(),
                   [](const MotionBlob& a, const MotionBlob& b) {
                     return a.strength > b.strength;
                   });
  if (picture->blobs.size() > kMostBlobs) picture->blobs.resize(kMostBlobs);
}

BlobGatherer::Gathered BlobGatherer::Follow(size_t first) {
  const int column = macroblocks_.ColumnOf(first);
  const int row = macroblocks_.RowOf(first);
  Gathered blob{column, row, column, row};
  queue_.assign(1, first);
  visited_at_[first] = frame_;
  while (!queue_.empty()) {
    const size_t block = queue_.back();
    queue_.pop_back();
    if (moved_at_[block] == frame_) Add(block, &blob);
    QueueNeighbours(block);
  }
  return blob;
}

void BlobGatherer::Add(size_t block, Gathered* blob) const {
  const int column = macroblocks_.ColumnOf(block);
  const int row = macroblocks_.RowOf(block);
  blob->left = std::min(blob->left, column);
  blob->top = std::min(blob->top, row);
  blob->right = std::max(blob->right, column);
  blob->bottom = std::max(blob->bottom, row);
  ++blob->macroblocks;
  blob->sum += excess_[block];
  const int cell = row * kCells / macroblocks_.rows * kCells +
                   column * kCells / macroblocks_.columns;
  blob->cells = static_cast<uint16_t>(blob->cells | 1U << cell);
}

void BlobGatherer::QueueNeighbours(size_t block) {
  const int column = macroblocks_.ColumnOf(block);
  const int row = macroblocks_.RowOf(block);
  const int last_row = std::min(row + 1, macroblocks_.rows - 1);
  const int last_column = std::min(column + 1, macroblocks_.columns - 1);
  for (int r = std::max(row - 1, 0); r <= last_row; ++r) {
    for (int c = std::max(column - 1, 0); c <= last_column; ++c) {
      const size_t near = macroblocks_.At(c, r);
      if (visited_at_[near] == frame_ || !MovedLately(near)) continue;
      visited_at_[near] = frame_;
      queue_.push_back(near);
    }
  }
}

MotionBlob BlobGatherer::ToBlob(const Gathered& gathered) const {
  constexpr int kSide = Macroblocks::kSide;
  MotionBlob blob;
  blob.box = {gathered.left * kSide, gathered.top * kSide,
              std::min((gathered.right + 1) * kSide, macroblocks_.width),
              std::min((gathered.bottom + 1) * kSide, macroblocks_.height)};
  blob.macroblocks = gathered.macroblocks;
  const auto sum = static_cast<float>(gathered.sum);
  blob.strength = sum / (sum + kHalfStrength);
  return blob;
}

}  // namespace fovea::internal
