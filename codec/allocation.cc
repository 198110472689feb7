// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/allocation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/macroblock_cover.h"
#include "codec/internal/sensitivity_check.h"

namespace fovea {

using internal::CheckSensitivity;
using internal::ForEachMacroblock;

namespace {

constexpr double kDefaultKappa = 0.7;
// QP: bits of chroma at the QP of luma are fewer. Measured with the bench.
constexpr double kChromaPrice = 3;
constexpr double kReferencePercentile = 0.95;
constexpr double kRelevantOffset = 4;  // finer than this: relevant
constexpr int kMaxChromaOffset = 12;   // the H.264 range

double KappaOf(const AllocationOptions& options) {
  return options.kappa.value_or(kDefaultKappa);
}

absl::Status CheckOptions(const AllocationOptions& options) {
  const double kappa = KappaOf(options);
  if (!(kappa >= 0 && kappa <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("allocation kappa ", kappa, ": must be 0 to 1"));
  }
  if (options.max_offset < 0 || options.max_offset > kMaxQpOffset ||
      options.max_offset % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("allocation max_offset ", options.max_offset,
                     ": must be even, 0 to ", kMaxQpOffset));
  }
  if (!(options.reference >= 0 && std::isfinite(options.reference))) {
    return absl::InvalidArgumentError(
        absl::StrCat("allocation reference ", options.reference,
                     ": must be finite and not negative"));
  }
  if (!(options.fade_from >= 0 && options.fade_from <= options.fade_to &&
        options.fade_to <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("allocation fade from ", options.fade_from, " to ",
                     options.fade_to, ": shares must rise within 0 to 1"));
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
  const double kappa = KappaOf(options);
  if (sensitivity >= reference || kappa == 0) return 0;
  if (sensitivity <= 0) return options.max_offset;
  // A difference of logarithms: the quotient could underflow to zero.
  const double log_ratio = std::log2(sensitivity) - std::log2(reference);
  return std::min<double>(options.max_offset, -6 * kappa * 0.5 * log_ratio);
}

// How much of its offsets a frame keeps, by the share of relevant blocks.
double Fade(std::span<const double> offsets, const AllocationOptions& options) {
  const auto relevant =
      std::count_if(offsets.begin(), offsets.end(),
                    [](double offset) { return offset < kRelevantOffset; });
  const double share =
      static_cast<double>(relevant) / static_cast<double>(offsets.size());
  if (share <= options.fade_from) return 1;
  if (share >= options.fade_to) return 0;
  return (options.fade_to - share) / (options.fade_to - options.fade_from);
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
  const double reference =
      options.reference > 0 ? options.reference : Reference(sensitivity);
  std::vector<double> offsets;
  offsets.reserve(sensitivity.size());
  for (const double s : sensitivity) {
    offsets.push_back(OffsetOf(s, reference, options));
  }
  const double fade = Fade(offsets, options);
  for (double& offset : offsets) offset *= fade;
  QualityMap map{columns, rows, std::vector<uint8_t>(sensitivity.size())};
  const auto width = static_cast<size_t>(columns);
  for (size_t first = 0; first < sensitivity.size(); first += width) {
    SmoothRow(std::span(offsets).subspan(first, width),
              std::span(map.qp_offset).subspan(first, width));
  }
  return map;
}

absl::StatusOr<QualityMap> CombineMaps(std::span<const QualityMap> maps) {
  if (maps.empty()) {
    return absl::InvalidArgumentError("no quality maps to combine");
  }
  QualityMap combined = maps.front();
  for (const QualityMap& map : maps.subspan(1)) {
    if (map.columns != combined.columns || map.rows != combined.rows) {
      return absl::InvalidArgumentError(absl::StrCat(
          "quality maps of ", combined.columns, "x", combined.rows, " and ",
          map.columns, "x", map.rows, " cannot be combined"));
    }
    for (size_t i = 0; i < combined.qp_offset.size(); ++i) {
      combined.qp_offset[i] = std::min(combined.qp_offset[i], map.qp_offset[i]);
    }
  }
  return combined;
}

void ProtectBoxes(std::span<const Box> boxes, int cap, QualityMap* map) {
  const auto limit =
      static_cast<uint8_t>(std::clamp(cap, 0, kMaxQpOffset) / 2 * 2);
  for (const Box& box : boxes) {
    ForEachMacroblock(box, 0, map->columns, map->rows, [&](size_t i) {
      map->qp_offset[i] = std::min(map->qp_offset[i], limit);
    });
  }
}

std::optional<int> ChromaQpOffset(double luma, double cb, double cr) {
  for (const double s : {luma, cb, cr}) {
    if (!(s > 0 && std::isfinite(s))) return std::nullopt;
  }
  const double offset =
      -3 * (std::log2((cb + cr) / 2) - std::log2(luma)) - kChromaPrice;
  return static_cast<int>(std::lround(
      std::clamp<double>(offset, -kMaxChromaOffset, kMaxChromaOffset)));
}

double ReferenceSensitivity::Update(std::span<const double> sensitivity) {
  std::vector<double> sound;
  for (const double s : sensitivity) {
    if (s >= 0 && std::isfinite(s)) sound.push_back(s);
  }
  const double reference = sound.empty() ? 0 : Reference(sound);
  if (reference > 0) {
    seen_ = std::min(seen_ + 1, frames_);
    log_reference_ += (std::log2(reference) - log_reference_) / seen_;
  }
  return seen_ > 0 ? std::exp2(log_reference_) : 0;
}

}  // namespace fovea
