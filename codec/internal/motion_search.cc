// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/motion_search.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace fovea::internal {
namespace {

constexpr int kMaxVector = 127;  // fits the grid's int8
constexpr int kMaxSteps = 8;     // of the diamond, one pixel each
constexpr uint32_t kPoorSad = 8 * MotionSearch::kNoiseSad;

// What a vector must win against standing still: without it noise makes
// flat blocks wander.
constexpr uint32_t kZeroBonus = 24;

// Of a bitstream's vectors per pixel of the half plane.
constexpr double kQuarters = 8;

// The median of one component. Vectors fit int8, so counting beats sorting.
template <typename Component>
int Median(const std::vector<MotionVector>& vectors, Component component) {
  int counts[2 * kMaxVector + 1] = {};
  for (const MotionVector& v : vectors) ++counts[component(v) + kMaxVector];
  const auto half = static_cast<int>(vectors.size() / 2);
  int value = 0;
  for (int seen = counts[0]; seen <= half; seen += counts[value]) ++value;
  return value - kMaxVector;
}

}  // namespace

struct MotionSearch::Block {
  int column;
  int row;
  PixelPointer pixels;
  PixelPointer standing;  // the same place in the previous plane
  BlockMotion best;

  bool quiet() const { return best.sad <= kNoiseSad; }
};

MotionSearch::MotionSearch(int block_columns, int block_rows,
                           const GridKernels& kernels)
    : columns_(block_columns),
      rows_(block_rows),
      kernels_(kernels),
      vectors_(static_cast<size_t>(block_columns) *
               static_cast<size_t>(block_rows)) {}

void MotionSearch::SearchRow(const HalfPlane& current,
                             const HalfPlane& previous, int row,
                             std::span<const BlockSums> sums,
                             std::span<BlockMotion> out) {
  const size_t first = static_cast<size_t>(row) * static_cast<size_t>(columns_);
  for (int column = 0; column < columns_; ++column) {
    const auto i = static_cast<size_t>(column);
    out[i] = {{}, sums[i].difference};
    if (sums[i].difference > kNoiseSad) {
      const int x = column * kGridBlock;
      const int y = row * kGridBlock;
      Block block{column, row, current.At(x, y), previous.At(x, y), out[i]};
      Search(&block);
      out[i] = block.best;
    }
    vectors_[first + i] = out[i].vector;
  }
}

void MotionSearch::FollowRow(const HalfPlane& current,
                             const HalfPlane& previous, int row,
                             std::span<const BlockSums> sums,
                             const CodedMotion& coded,
                             std::span<BlockMotion> out) {
  const size_t first = static_cast<size_t>(row) * static_cast<size_t>(columns_);
  for (int column = 0; column < columns_; ++column) {
    const auto i = static_cast<size_t>(column);
    out[i] = {{}, sums[i].difference};
    if (sums[i].difference > kNoiseSad && column < coded.columns &&
        row < coded.rows) {
      const size_t at =
          static_cast<size_t>(row) * static_cast<size_t>(coded.columns) + i;
      const int x = column * kGridBlock;
      const int y = row * kGridBlock;
      Block block{column, row, current.At(x, y), previous.At(x, y), out[i]};
      Follow({coded.x[at], coded.y[at]}, &block);
      out[i] = block.best;
    }
    vectors_[first + i] = out[i].vector;
  }
}

void MotionSearch::EndFrame() {
  camera_ = {Median(vectors_, [](const MotionVector& v) { return v.x; }),
             Median(vectors_, [](const MotionVector& v) { return v.y; })};
}

void MotionSearch::Reset() {
  std::fill(vectors_.begin(), vectors_.end(), MotionVector());
  camera_ = {};
}

void MotionSearch::Search(Block* block) const {
  const uint32_t standing_sad = block->best.sad;
  block->best.sad -= std::min(block->best.sad, kZeroBonus);
  TryPredictions(block);
  if (block->best.sad > kPoorSad) {  // predictions fail: a cut, a new object
    for (int distance = 8; distance > 1; distance /= 2) {
      TryAround(block, distance);
    }
  }
  for (int step = 0; step < kMaxSteps && !block->quiet(); ++step) {
    if (!TryAround(block, 1)) break;
  }
  if (block->best.vector == MotionVector()) block->best.sad = standing_sad;
}

// Between B pictures a vector reaches over up to four frames: the pixels say
// over how many.
void MotionSearch::Follow(MotionVector quarters, Block* block) const {
  if (quarters == MotionVector()) return;
  const uint32_t standing_sad = block->best.sad;
  block->best.sad -= std::min(block->best.sad, kZeroBonus);
  const auto over = [quarters](double frames) {
    return MotionVector{
        static_cast<int>(std::lround(quarters.x / (kQuarters * frames))),
        static_cast<int>(std::lround(quarters.y / (kQuarters * frames)))};
  };
  TryFour(block, {over(1), over(2), over(3), over(4)});
  if (block->best.vector == MotionVector()) block->best.sad = standing_sad;
}

void MotionSearch::TryPredictions(Block* block) const {
  const size_t here =
      static_cast<size_t>(block->row) * static_cast<size_t>(columns_) +
      static_cast<size_t>(block->column);
  const auto width = static_cast<size_t>(columns_);
  const MotionVector left =
      block->column > 0 ? vectors_[here - 1] : MotionVector();
  const MotionVector above =
      block->row > 0 ? vectors_[here - width] : MotionVector();
  const MotionVector before = vectors_[here];  // not yet overwritten
  if (left == MotionVector() && above == left && before == left &&
      camera_ == left) {
    return;
  }
  TryFour(block, {left, above, before, camera_});
}

bool MotionSearch::TryAround(Block* block, int distance) const {
  const MotionVector from = block->best.vector;
  TryFour(block, {{from.x - distance, from.y},
                  {from.x + distance, from.y},
                  {from.x, from.y - distance},
                  {from.x, from.y + distance}});
  return block->best.vector != from;
}

void MotionSearch::TryFour(Block* block,
                           const MotionVector (&vectors)[4]) const {
  const PixelPointer standing = block->standing;
  const uint8_t* candidates[4];
  for (int i = 0; i < 4; ++i) {
    // A vector off the plane is replaced by none, which cannot win.
    const MotionVector v =
        Allowed(*block, vectors[i]) ? vectors[i] : MotionVector();
    candidates[i] = standing.data + v.y * standing.stride + v.x;
  }
  uint32_t sads[4];
  kernels_.compare_four(block->pixels, candidates, standing.stride, sads);
  for (int i = 0; i < 4; ++i) {
    if (sads[i] < block->best.sad && Allowed(*block, vectors[i])) {
      block->best = {vectors[i], sads[i]};
    }
  }
}

bool MotionSearch::Allowed(const Block& block, MotionVector vector) const {
  const int x = block.column * kGridBlock + vector.x;
  const int y = block.row * kGridBlock + vector.y;
  return std::abs(vector.x) <= kMaxVector && std::abs(vector.y) <= kMaxVector &&
         x >= -HalfPlane::kBorder && y >= -HalfPlane::kBorder &&
         x <= (columns_ - 1) * kGridBlock + HalfPlane::kBorder &&
         y <= (rows_ - 1) * kGridBlock + HalfPlane::kBorder;
}

}  // namespace fovea::internal
