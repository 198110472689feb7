// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/align.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/status/status.h"

namespace fovea {
namespace {

constexpr double kDefaultPeriods = 3;
constexpr int64_t kDefaultGapNs = 1'000'000'000;

// Lengths below 2^(kPlaces + 1) are counted each, longer ones by their
// kPlaces + 1 leading binary places.
constexpr int kPlaces = 7;
constexpr int kLengthBits = 63;
constexpr size_t kLengthClasses =
    (size_t{kLengthBits - kPlaces - 1} << kPlaces) + (size_t{2} << kPlaces);

// The distance of two times, which int64 may not hold.
uint64_t Distance(int64_t earlier_ns, int64_t later_ns) {
  return static_cast<uint64_t>(later_ns) - static_cast<uint64_t>(earlier_ns);
}

int DroppedPlaces(uint64_t length) {
  return std::max(0, static_cast<int>(std::bit_width(length)) - kPlaces - 1);
}

size_t LengthClass(uint64_t length) {
  const int dropped = DroppedPlaces(length);
  return (static_cast<size_t>(dropped) << kPlaces) + (length >> dropped);
}

// The middle of a class.
int64_t LengthOf(size_t length_class) {
  const size_t doubled = length_class >> kPlaces;
  const size_t dropped = doubled < 2 ? 0 : doubled - 1;
  const uint64_t lead = length_class - (dropped << kPlaces);
  return static_cast<int64_t>((lead << dropped) + ((1ULL << dropped) >> 1));
}

}  // namespace

int64_t DefaultMaxGap(double rate_hz) {
  if (!(rate_hz > 0)) return kDefaultGapNs;
  const double gap_ns = std::round(kDefaultPeriods * 1e9 / rate_hz);
  constexpr double kLongest = 9e18;
  return static_cast<int64_t>(std::min(gap_ns, kLongest));
}

Aligner::Aligner(std::unique_ptr<TimedSource> samples,
                 std::span<const Channel> channels, AlignMethod method,
                 int64_t max_gap_ns)
    : samples_(std::move(samples)),
      interpolation_(channels),
      method_(method),
      max_gap_ns_(static_cast<uint64_t>(max_gap_ns)),
      before_(channels.size()),
      mixed_(channels.size()) {}

absl::Status Aligner::Advance(int64_t time_ns) {
  while (!ended_) {
    if (!after_.has_value()) {
      auto next = samples_->Next();
      if (!next.ok()) return next.status();
      after_ = *next;
      ended_ = !after_.has_value();
      continue;
    }
    if (after_->time_ns > time_ns) break;
    before_ns_ = after_->time_ns;
    std::copy(after_->values.begin(), after_->values.end(), before_.begin());
    after_.reset();
  }
  return absl::OkStatus();
}

std::optional<AlignedSample> Aligner::Nearest(int64_t time_ns) const {
  std::optional<AlignedSample> nearest;
  uint64_t gap = max_gap_ns_;
  if (before_ns_.has_value() && Distance(*before_ns_, time_ns) <= gap) {
    gap = Distance(*before_ns_, time_ns);
    nearest = {-static_cast<int64_t>(gap), before_};
  }
  if (method_ == AlignMethod::kPrevious || !after_.has_value()) return nearest;
  const uint64_t ahead = Distance(time_ns, after_->time_ns);
  if (ahead < gap || (ahead == gap && !nearest.has_value())) {
    nearest = {static_cast<int64_t>(ahead), after_->values};
  }
  return nearest;
}

std::optional<AlignedSample> Aligner::Interpolated(int64_t time_ns) {
  if (!before_ns_.has_value()) return std::nullopt;
  const uint64_t behind = Distance(*before_ns_, time_ns);
  if (behind == 0) return AlignedSample{0, before_};
  if (behind > max_gap_ns_ || !after_.has_value()) return std::nullopt;
  const uint64_t ahead = Distance(time_ns, after_->time_ns);
  if (ahead > max_gap_ns_) return std::nullopt;
  const double share =
      static_cast<double>(behind) /
      (static_cast<double>(behind) + static_cast<double>(ahead));
  interpolation_.Between(before_, after_->values, share, mixed_);
  const int64_t residual = behind <= ahead ? -static_cast<int64_t>(behind)
                                           : static_cast<int64_t>(ahead);
  return AlignedSample{residual, mixed_};
}

absl::StatusOr<std::optional<AlignedSample>> Aligner::At(int64_t time_ns) {
  if (absl::Status s = Advance(time_ns); !s.ok()) return s;
  return method_ == AlignMethod::kLinear ? Interpolated(time_ns)
                                         : Nearest(time_ns);
}

ResidualSummary::ResidualSummary() : counts_(kLengthClasses) {}

void ResidualSummary::Add(int64_t residual_ns) {
  const int64_t length = std::abs(residual_ns);
  ++counts_[LengthClass(static_cast<uint64_t>(length))];
  ++count_;
  most_ns_ = std::max(most_ns_, length);
}

int64_t ResidualSummary::Quantile(double share) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(share * static_cast<double>(count_));
  int64_t seen = 0;
  for (size_t c = 0; c < counts_.size(); ++c) {
    seen += counts_[c];
    if (static_cast<double>(seen) >= wanted && counts_[c] > 0) {
      return std::min(LengthOf(c), most_ns_);
    }
  }
  return most_ns_;
}

}  // namespace fovea
