// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/rival_maps.h"

#include <algorithm>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/macroblock_cover.h"
#include "codec/internal/sensitivity_check.h"

namespace fovea {

using internal::CheckSensitivity;
using internal::ForEachMacroblock;

namespace {

constexpr int kMaxGrow = 64;
constexpr int kMaxSide = 1024;  // macroblocks: 16384 pixels

absl::Status CheckOffset(int offset) {
  if (offset >= 0 && offset <= kMaxQpOffset && offset % 2 == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "map offset ", offset, ": must be even, 0 to ", kMaxQpOffset));
}

absl::Status CheckGrow(int grow) {
  if (grow >= 0 && grow <= kMaxGrow) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("map dilation ", grow, ": must be 0 to ", kMaxGrow));
}

absl::Status CheckSides(int columns, int rows) {
  if (columns >= 1 && rows >= 1 && columns <= kMaxSide && rows <= kMaxSide) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "map of ", columns, "x", rows, ": sides must be 1 to ", kMaxSide));
}

QualityMap Uniform(int columns, int rows, int offset) {
  const size_t count = static_cast<size_t>(columns) * static_cast<size_t>(rows);
  return {columns, rows,
          std::vector<uint8_t>(count, static_cast<uint8_t>(offset))};
}

}  // namespace

absl::StatusOr<QualityMap> BoxMap(std::span<const Box> boxes, int columns,
                                  int rows, const BoxMapOptions& options) {
  absl::Status status = CheckSides(columns, rows);
  status.Update(CheckOffset(options.outside));
  status.Update(CheckGrow(options.grow));
  if (!status.ok()) return status;
  QualityMap map = Uniform(columns, rows, options.outside);
  for (const Box& box : boxes) {
    ForEachMacroblock(box, options.grow, columns, rows,
                      [&](size_t i) { map.qp_offset[i] = 0; });
  }
  return map;
}

absl::StatusOr<QualityMap> BinaryMap(std::span<const double> sensitivity,
                                     int columns, int rows,
                                     const BinaryMapOptions& options) {
  absl::Status status = CheckSensitivity(sensitivity, columns, rows);
  status.Update(CheckOffset(options.outside));
  status.Update(CheckGrow(options.grow));
  if (!(options.threshold >= 0 && options.threshold <= 1)) {
    status.Update(absl::InvalidArgumentError(absl::StrCat(
        "binary map threshold ", options.threshold, ": must be 0 to 1")));
  }
  if (!status.ok()) return status;
  const auto [low, high] =
      std::minmax_element(sensitivity.begin(), sensitivity.end());
  const double cut = *low + options.threshold * (*high - *low);
  QualityMap map = Uniform(columns, rows, options.outside);
  for (size_t i = 0; i < sensitivity.size(); ++i) {
    if (sensitivity[i] < cut) continue;
    const auto x = static_cast<float>(i % static_cast<size_t>(columns));
    const auto y = static_cast<float>(i / static_cast<size_t>(columns));
    const Box block{x * kMacroblockSize, y * kMacroblockSize,
                    (x + 1) * kMacroblockSize, (y + 1) * kMacroblockSize};
    ForEachMacroblock(block, options.grow, columns, rows,
                      [&](size_t j) { map.qp_offset[j] = 0; });
  }
  return map;
}

absl::StatusOr<QualityMap> ClassMap(std::span<const double> sensitivity,
                                    int columns, int rows,
                                    std::span<const int> class_offsets) {
  absl::Status status = CheckSensitivity(sensitivity, columns, rows);
  if (class_offsets.empty()) {
    status.Update(absl::InvalidArgumentError("class map without classes"));
  }
  for (const int offset : class_offsets) status.Update(CheckOffset(offset));
  if (!status.ok()) return status;
  std::vector<size_t> order(sensitivity.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return sensitivity[a] > sensitivity[b];
  });
  QualityMap map = Uniform(columns, rows, 0);
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const size_t which = rank * class_offsets.size() / order.size();
    map.qp_offset[order[rank]] = static_cast<uint8_t>(class_offsets[which]);
  }
  return map;
}

StaticMap::StaticMap(int columns, int rows) : columns_(columns), rows_(rows) {}

absl::Status StaticMap::Add(std::span<const double> sensitivity) {
  if (absl::Status s = CheckSensitivity(sensitivity, columns_, rows_);
      !s.ok()) {
    return s;
  }
  sum_.resize(sensitivity.size());
  for (size_t i = 0; i < sum_.size(); ++i) sum_[i] += sensitivity[i];
  ++frames_;
  return absl::OkStatus();
}

absl::StatusOr<QualityMap> StaticMap::Allocate(
    const AllocationOptions& options) const {
  if (frames_ == 0) {
    return absl::FailedPreconditionError("static map has seen no frame yet");
  }
  std::vector<double> mean = sum_;
  for (double& s : mean) s /= static_cast<double>(frames_);
  return AllocateQuality(mean, columns_, rows_, options);
}

}  // namespace fovea
