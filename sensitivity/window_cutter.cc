// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_cutter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensitivity/window_input.h"

namespace fovea {
namespace {

// Phones deliver in bursts: 86 ms without a row at 100 Hz is no gap.
constexpr double kGapPeriods = 8;
constexpr double kMostRateRatio = 8;
// Larger values would leave the range of float once normalised.
constexpr double kMostValue = 1e30;

}  // namespace

absl::StatusOr<WindowCutter> WindowCutter::Create(const ModelCard& card,
                                                  const SeriesInfo& series,
                                                  int hop) {
  auto columns = FindChannels(card, series);
  if (!columns.ok()) return columns.status();
  if (hop < 0 || hop > kMaxWindow) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a window every 1 to ", kMaxWindow, " samples, found ", hop));
  }
  const bool rate_known = series.rate_hz > 0;
  if (rate_known && card.rate_hz > kMostRateRatio * series.rate_hz) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", card.name, ": takes ", card.rate_hz,
                     " samples a second, the series has ", series.rate_hz,
                     "; expected at least an eighth"));
  }
  WindowCutter cutter;
  cutter.columns_ = *std::move(columns);
  cutter.row_size_ = series.channels.size();
  cutter.window_ = static_cast<size_t>(card.window);
  cutter.hop_ = hop > 0 ? static_cast<size_t>(hop)
                        : std::max<size_t>(1, cutter.window_ / 2);
  cutter.period_ns_ = 1e9 / card.rate_hz;
  const double slower =
      rate_known ? std::min(card.rate_hz, series.rate_hz) : card.rate_hz;
  cutter.gap_ns_ = kGapPeriods * 1e9 / slower;
  cutter.last_.resize(cutter.columns_.size());
  cutter.next_.resize(cutter.columns_.size());
  return cutter;
}

absl::Status WindowCutter::Add(const SeriesBatch& batch, uint64_t first_index,
                               const Visitor& visit) {
  next_index_ = first_index;
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    ++counts_.rows;
    ++next_index_;
    if (!Load(batch.values.data() + i * row_size_)) {
      ++counts_.passed_over;
      continue;
    }
    if (absl::Status s = AddRow(batch.time_ns[i], visit); !s.ok()) return s;
  }
  return absl::OkStatus();
}

bool WindowCutter::Load(const double* row) {
  for (size_t c = 0; c < columns_.size(); ++c) next_[c] = row[columns_[c]];
  return std::all_of(next_.begin(), next_.end(), [](double value) {
    return std::abs(value) <= kMostValue;
  });
}

void WindowCutter::Begin(int64_t time_ns) {
  ++counts_.stretches;
  start_ns_ = last_time_ns_ = time_ns;
  last_ns_ = 0;
  samples_ = 0;
  skip_ = 0;
  pending_.clear();
  pending_indexes_.clear();
}

absl::Status WindowCutter::AddRow(int64_t time_ns, const Visitor& visit) {
  int64_t step = 0, elapsed = 0;
  const bool begins = counts_.stretches == 0 ||
                      __builtin_sub_overflow(time_ns, last_time_ns_, &step) ||
                      std::abs(static_cast<double>(step)) > gap_ns_ ||
                      __builtin_sub_overflow(time_ns, start_ns_, &elapsed);
  if (begins) {
    Begin(time_ns);
    elapsed = 0;
  } else if (step <= 0) {
    ++counts_.passed_over;
    return absl::OkStatus();
  }
  absl::Status status = Resample(static_cast<double>(elapsed), visit);
  last_time_ns_ = time_ns;
  last_ns_ = static_cast<double>(elapsed);
  std::swap(last_, next_);
  return status;
}

// The samples after the last row, up to the next.
absl::Status WindowCutter::Resample(double elapsed_ns, const Visitor& visit) {
  const double step = elapsed_ns - last_ns_;
  while (true) {
    const double at = static_cast<double>(samples_) * period_ns_;
    if (at > elapsed_ns) return absl::OkStatus();
    ++samples_;
    const double share = step > 0 ? (at - last_ns_) / step : 1;
    if (absl::Status s = Push(share, visit); !s.ok()) return s;
  }
}

absl::Status WindowCutter::Push(double share, const Visitor& visit) {
  if (skip_ > 0) {
    --skip_;
    return absl::OkStatus();
  }
  for (size_t c = 0; c < columns_.size(); ++c) {
    pending_.push_back((1 - share) * last_[c] + share * next_[c]);
  }
  pending_indexes_.push_back(next_index_ - 1);
  if (pending_.size() < window_ * columns_.size()) return absl::OkStatus();
  return Emit(visit);
}

// Never beyond the last row's, whose time is one.
int64_t WindowCutter::TimeOf(int64_t sample) const {
  return start_ns_ +
         std::llround(std::floor(static_cast<double>(sample) * period_ns_));
}

absl::Status WindowCutter::Emit(const Visitor& visit) {
  const size_t channels = columns_.size();
  values_.resize(pending_.size());
  for (size_t i = 0; i < pending_.size(); ++i) {
    values_[i % channels * window_ + i / channels] = pending_[i];
  }
  place_.first_index = pending_indexes_.front();
  place_.last_index = pending_indexes_.back();
  place_.start_ns = TimeOf(samples_ - static_cast<int64_t>(window_));
  place_.end_ns = TimeOf(samples_ - 1);
  place_.stretch = counts_.stretches;
  const size_t dropped = std::min(hop_, window_);
  pending_indexes_.erase(
      pending_indexes_.begin(),
      pending_indexes_.begin() + static_cast<std::ptrdiff_t>(dropped));
  pending_.erase(
      pending_.begin(),
      pending_.begin() + static_cast<std::ptrdiff_t>(dropped * channels));
  skip_ = hop_ - dropped;
  ++counts_.windows;
  return visit(values_);
}

}  // namespace fovea
