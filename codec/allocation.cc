// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/allocation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr double kReferencePercentile = 0.95;

absl::Status CheckOptions(const AllocationOptions& options) {
  if (!(options.kappa >= 0 && options.kappa <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("allocation kappa ", options.kappa, ": must be 0 to 1"));
  }
  if (options.max_offset < 0 || options.max_offset > kMaxQpOffset ||
      options.max_offset % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("allocation max_offset ", options.max_offset,
                     ": must be even, 0 to ", kMaxQpOffset));
  }
  return absl::OkStatus();
}

absl::Status CheckSensitivity(std::span<const double> sensitivity, int columns,
                              int rows) {
  if (columns < 1 || rows < 1 ||
      sensitivity.size() / static_cast<size_t>(columns) !=
          static_cast<size_t>(rows) ||
      sensitivity.size() % static_cast<size_t>(columns) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(sensitivity.size(), " sensitivities for a map of ",
                     columns, "x", rows));
  }
  for (size_t i = 0; i < sensitivity.size(); ++i) {
    if (!std::isfinite(sensitivity[i]) || sensitivity[i] < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("sensitivity of macroblock ", i, " is ", sensitivity[i],
                       ": must be finite and not negative"));
    }
  }
  return absl::OkStatus();
}

// Zero only when all are: a frame whose few sensitive blocks are fewer than
// the percentile still has a reference.
double Reference(std::span<const double> sensitivity) {
  std::vector<double> sorted(sensitivity.begin(), sensitivity.end());
  const auto rank = static_cast<ptrdiff_t>(
      std::ceil(kReferencePercentile * static_cast<double>(sorted.size())));
  const auto percentile = sorted.begin() + (rank - 1);
  std::nth_element(sorted.begin(), percentile, sorted.end());
  if (*percentile > 0) return *percentile;
  return *std::max_element(percentile, sorted.end());
}

// The unrounded offset of one block.
double OffsetOf(double sensitivity, double reference,
                const AllocationOptions& options) {
  if (sensitivity >= reference || options.kappa == 0) return 0;
  if (sensitivity <= 0) return options.max_offset;
  // A difference of logarithms: the quotient could underflow to zero.
  const double log_ratio = std::log2(sensitivity) - std::log2(reference);
  return std::min<double>(options.max_offset,
                          -6 * options.kappa * 0.5 * log_ratio);
}

// A lone coarse block between fine ones costs more in coding QP changes than
// it saves, so a row is smoothed with 1-2-1. Smoothing may only lower an
// offset: a lone sensitive block keeps its quality.
void SmoothRow(std::span<const double> offsets, std::span<uint8_t> out) {
  for (size_t i = 0; i < offsets.size(); ++i) {
    const double own = offsets[i];
    const double left = i > 0 ? offsets[i - 1] : own;
    const double right = i + 1 < offsets.size() ? offsets[i + 1] : own;
    const double smooth = std::min(own, (left + 2 * own + right) / 4);
    out[i] = static_cast<uint8_t>(2 * std::lround(smooth / 2));
  }
}

}  // namespace

absl::StatusOr<QualityMap> AllocateQuality(std::span<const double> sensitivity,
                                           int columns, int rows,
                                           const AllocationOptions& options) {
  absl::Status status = CheckOptions(options);
  status.Update(CheckSensitivity(sensitivity, columns, rows));
  if (!status.ok()) return status;
  const double reference = Reference(sensitivity);
  QualityMap map{columns, rows, std::vector<uint8_t>(sensitivity.size())};
  const auto width = static_cast<size_t>(columns);
  std::vector<double> offsets(width);
  for (size_t first = 0; first < sensitivity.size(); first += width) {
    for (size_t i = 0; i < width; ++i) {
      offsets[i] = OffsetOf(sensitivity[first + i], reference, options);
    }
    SmoothRow(offsets, std::span(map.qp_offset).subspan(first, width));
  }
  return map;
}

}  // namespace fovea
