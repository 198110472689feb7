// SPDX-License-Identifier: GPL-2.0-or-later
//
// The reference is the frame returned last: each of its blocks is either
// the newest source or, through it, the source that was sent last. So slow
// light adds up against one reference and is noticed.
//
// Noise is the interquartile range of 4x4 changes between neighbouring
// frames: blind to a change of light over the whole picture and to motion in
// up to a quarter of it. A recording that repeats frames has none, hence the
// floor.

#include "codec/frame_freezer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/macroblock_cover.h"

namespace fovea {
namespace {

constexpr int kMaxSide = 16384;
constexpr double kQuartiles = 1.349;  // their distance in a unit normal
constexpr double kNoiseMemory = 0.1;  // weight of the newest frame
constexpr int kCell = 4;
// Changes are counted in 1/16 grey level: the sum over a whole cell.
constexpr int kCellPixels = kCell * kCell;
constexpr int kMaxCellSum = 255 * kCellPixels;

// A rectangle of one plane, clipped to the picture.
struct Area {
  int x, y, width, height;
};

const uint8_t* At(const Plane& plane, int x, int y) {
  return plane.data + static_cast<ptrdiff_t>(y) * plane.stride + x;
}

// Sum over one cell of (a - b), brought to the noise of a whole cell where
// the picture's edge cuts it.
int CellChange(const Plane& a, const Plane& b, const Area& cell) {
  int sum = 0;
  for (int row = 0; row < cell.height; ++row) {
    const uint8_t* left = At(a, cell.x, cell.y + row);
    const uint8_t* right = At(b, cell.x, cell.y + row);
    for (int i = 0; i < cell.width; ++i) sum += left[i] - right[i];
  }
  const int pixels = cell.width * cell.height;
  if (pixels == kCellPixels) return sum;
  return static_cast<int>(sum * kCell / std::sqrt(pixels));
}

// Calls visit(change) for each cell of `area`.
template <typename Visit>
void ForEachCell(const Plane& a, const Plane& b, const Area& area,
                 Visit visit) {
  for (int y = 0; y < area.height; y += kCell) {
    for (int x = 0; x < area.width; x += kCell) {
      visit(CellChange(a, b,
                       {area.x + x, area.y + y, std::min(kCell, area.width - x),
                        std::min(kCell, area.height - y)}));
    }
  }
}

int LargestChange(const Plane& a, const Plane& b, const Area& area) {
  int largest = 0;
  ForEachCell(a, b, area, [&](int change) {
    largest = std::max(largest, std::abs(change));
  });
  return largest;
}

void Copy(const Plane& from, uint8_t* to, int to_stride, const Area& area) {
  for (int row = area.y; row < area.y + area.height; ++row) {
    std::memcpy(to + static_cast<ptrdiff_t>(row) * to_stride + area.x,
                At(from, area.x, row), static_cast<size_t>(area.width));
  }
}

std::array<Plane, 3> Planes(const Frame& frame) {
  return {frame.y, frame.u, frame.v};
}

// The bin that holds the entry of this rank, counted from 0.
double Quantile(const std::vector<uint32_t>& histogram, uint32_t rank) {
  size_t bin = 0;
  for (uint32_t below = histogram[0]; below <= rank;) below += histogram[++bin];
  return static_cast<double>(bin);
}

class Freezer final : public FrameFreezer {
 public:
  Freezer(int width, int height, const FreezeOptions& options)
      : width_(width),
        height_(height),
        columns_(MacroblockCount(width)),
        rows_(MacroblockCount(height)),
        options_(options) {}

  absl::StatusOr<Frame> Freeze(const Frame& frame, const QualityMap* map,
                               std::span<const Box> protect) override;
  size_t frozen() const override { return frozen_; }
  double noise() const override { return noise_; }

 private:
  absl::Status Check(const Frame& frame, const QualityMap* map) const;
  void MeasureNoise(const Frame& frame);
  std::vector<uint8_t> StillBlocks(const Frame& frame, const QualityMap* map,
                                   std::span<const Box> protect) const;
  double Threshold(int qp_offset) const;
  bool IsStill(const Frame& frame, int column, int row, int limit) const;
  Area AreaOf(int plane, int column, int row) const;
  absl::StatusOr<Frame> Compose(const Frame& frame,
                                const std::vector<uint8_t>& still);

  const int width_;
  const int height_;
  const int columns_;
  const int rows_;
  const FreezeOptions options_;
  Frame before_;  // as it came
  Frame last_;    // as it was returned
  int since_refresh_ = 0;
  size_t frozen_ = 0;
  double noise_ = 0;
};

absl::Status Freezer::Check(const Frame& frame, const QualityMap* map) const {
  if (frame.width != width_ || frame.height != height_) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame of ", frame.width, "x", frame.height,
                     " to freeze: expected ", width_, "x", height_));
  }
  for (const Plane& plane : Planes(frame)) {
    if (plane.data == nullptr) {
      return absl::InvalidArgumentError("frame to freeze has a null plane");
    }
  }
  if (map != nullptr && (map->columns != columns_ || map->rows != rows_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("map of ", map->columns, "x", map->rows,
                     " for a frame of ", columns_, "x", rows_));
  }
  return absl::OkStatus();
}

void Freezer::MeasureNoise(const Frame& frame) {
  std::vector<uint32_t> histogram(2 * kMaxCellSum + 1);
  uint32_t count = 0;
  ForEachCell(frame.y, before_.y, {0, 0, width_, height_}, [&](int change) {
    ++histogram[static_cast<size_t>(kMaxCellSum + change)];
    ++count;
  });
  const double range =
      Quantile(histogram, count / 4 * 3) - Quantile(histogram, count / 4);
  const double now = range / kCellPixels / kQuartiles;
  noise_ += (noise_ == 0 ? 1 : kNoiseMemory) * (now - noise_);
}

double Freezer::Threshold(int qp_offset) const {
  return std::clamp(options_.noise_factor * noise_ * std::exp2(qp_offset / 6.0),
                    options_.least_change, options_.most_change);
}

Area Freezer::AreaOf(int plane, int column, int row) const {
  const int size = plane == 0 ? kMacroblockSize : kMacroblockSize / 2;
  const int width = plane == 0 ? width_ : (width_ + 1) / 2;
  const int height = plane == 0 ? height_ : (height_ + 1) / 2;
  const int x = column * size;
  const int y = row * size;
  return {x, y, std::min(size, width - x), std::min(size, height - y)};
}

bool Freezer::IsStill(const Frame& frame, int column, int row,
                      int limit) const {
  const auto now = Planes(frame);
  const auto then = Planes(last_);
  for (int i = 0; i < 3; ++i) {
    const auto plane = static_cast<size_t>(i);
    const Area area = AreaOf(i, column, row);
    if (LargestChange(now[plane], then[plane], area) > limit) return false;
  }
  return true;
}

std::vector<uint8_t> Freezer::StillBlocks(const Frame& frame,
                                          const QualityMap* map,
                                          std::span<const Box> protect) const {
  const size_t count =
      static_cast<size_t>(columns_) * static_cast<size_t>(rows_);
  std::vector<uint8_t> open(count, 1);
  for (const Box& box : protect) {
    internal::ForEachMacroblock(box, 0, columns_, rows_,
                                [&](size_t i) { open[i] = 0; });
  }
  std::vector<uint8_t> still(count);
  for (size_t i = 0; i < count; ++i) {
    if (open[i] == 0) continue;
    const int column = static_cast<int>(i) % columns_;
    const int row = static_cast<int>(i) / columns_;
    const double threshold = Threshold(map == nullptr ? 0 : map->qp_offset[i]);
    still[i] =
        IsStill(frame, column, row, static_cast<int>(threshold * kCellPixels));
  }
  return still;
}

absl::StatusOr<Frame> Freezer::Compose(const Frame& frame,
                                       const std::vector<uint8_t>& still) {
  auto buffer = FrameBuffer::Allocate(width_, height_);
  if (!buffer.ok()) return buffer.status();
  const auto fresh = Planes(frame);
  const auto sent = Planes(last_);
  for (int plane = 0; plane < 3; ++plane) {
    const auto p = static_cast<size_t>(plane);
    for (size_t i = 0; i < still.size(); ++i) {
      const Area area = AreaOf(plane, static_cast<int>(i) % columns_,
                               static_cast<int>(i) / columns_);
      Copy(still[i] ? sent[p] : fresh[p], buffer->plane(plane),
           buffer->stride(plane), area);
    }
  }
  Frame composed = std::move(*buffer).Release();
  composed.pts = frame.pts;
  composed.time_ns = frame.time_ns;
  composed.duration_ns = frame.duration_ns;
  return composed;
}

absl::StatusOr<Frame> Freezer::Freeze(const Frame& frame, const QualityMap* map,
                                      std::span<const Box> protect) {
  if (absl::Status s = Check(frame, map); !s.ok()) return s;
  const bool first = last_.y.data == nullptr;
  if (!first) MeasureNoise(frame);
  std::vector<uint8_t> still(
      static_cast<size_t>(columns_) * static_cast<size_t>(rows_), 0);
  if (first || since_refresh_ + 1 >= options_.refresh_frames) {
    since_refresh_ = 0;
  } else {
    ++since_refresh_;
    still = StillBlocks(frame, map, protect);
  }
  auto composed = Compose(frame, still);
  if (!composed.ok()) return composed.status();
  frozen_ = static_cast<size_t>(std::count(still.begin(), still.end(), 1));
  before_ = frame;
  last_ = *composed;
  return composed;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FrameFreezer>> FrameFreezer::Create(
    int width, int height, const FreezeOptions& options) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("freezer for ", width, "x", height,
                     ": sides must be 1 to ", kMaxSide, " pixels"));
  }
  if (!(options.noise_factor >= 0 && options.noise_factor <= 1000)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "freeze noise_factor ", options.noise_factor, ": must be 0 to 1000"));
  }
  if (!(options.least_change >= 0 &&
        options.least_change <= options.most_change &&
        options.most_change <= 255)) {
    return absl::InvalidArgumentError(
        absl::StrCat("freeze changes ", options.least_change, " to ",
                     options.most_change, ": must rise within 0 to 255"));
  }
  if (options.refresh_frames < 1) {
    return absl::InvalidArgumentError(absl::StrCat("freeze refresh_frames ",
                                                   options.refresh_frames,
                                                   ": must be 1 or more"));
  }
  return std::make_unique<Freezer>(width, height, options);
}

}  // namespace fovea
