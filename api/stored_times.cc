// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stored_times.h"

#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// A still is a GOP: few at a time would be a seek for each.
constexpr size_t kPageGops = 256;

bool IsInside(int64_t time_ns, TimeRange range) {
  return time_ns >= range.from_ns && time_ns < range.to_ns;
}

}  // namespace

StoredSamples::StoredSamples(StoreReader* store, StreamId stream,
                             size_t channels, TimeRange range, TimeOrder order)
    : channels_(channels),
      range_(range),
      series_(store, stream),
      blocks_(store, stream, range.from_ns, range.to_ns, order) {}

absl::StatusOr<bool> StoredSamples::NextBlock() {
  const auto row = blocks_.Next();
  if (!row.ok()) return row.status();
  if (!row->has_value()) return false;
  auto decoded = series_.Read(**row);
  if (!decoded.ok()) return decoded.status();
  if (decoded->channels != channels_) {
    return absl::DataLossError(absl::StrCat(
        "block at index ", (*row)->first_index, ": holds ", decoded->channels,
        " channels, expected ", channels_, " as the stream"));
  }
  batch_ = std::move(decoded->batch);
  first_index_ = (*row)->first_index;
  at_ = 0;
  return true;
}

absl::StatusOr<std::optional<TimedSample>> StoredSamples::Next() {
  while (true) {
    for (; at_ < batch_.time_ns.size(); ++at_) {
      if (!IsInside(batch_.time_ns[at_], range_)) continue;
      const size_t i = at_++;
      return std::optional<TimedSample>(
          {first_index_ + i, batch_.time_ns[i],
           std::span(batch_.values).subspan(i * channels_, channels_)});
    }
    const auto more = NextBlock();
    if (!more.ok()) return more.status();
    if (!*more) return std::optional<TimedSample>();
  }
}

StoredFrameTimes::StoredFrameTimes(StoreReader* store, StreamId stream,
                                   TimeRange range, TimeOrder order)
    : index_(store),
      stream_(stream),
      range_(range),
      rising_(order == TimeOrder::kRising) {}

// Where times rise, the last GOP that starts before the range is the first
// that can reach it. Where they do not, any may.
absl::Status StoredFrameTimes::FindFirst() {
  next_index_ = 0;
  if (!rising_ || range_.from_ns == INT64_MIN) return absl::OkStatus();
  const auto frame = index_.AtTime(stream_, range_.from_ns - 1);
  if (absl::IsNotFound(frame.status())) return absl::OkStatus();
  if (!frame.ok()) return frame.status();
  next_index_ = frame->gop.first_index;
  return absl::OkStatus();
}

absl::Status StoredFrameTimes::FillPage() {
  bool full = false;
  const absl::Status status = index_.ForEachGop(
      stream_,
      [&](const GopRef& gop) {
        if (gop.first_index < *next_index_) return true;  // of the last page
        if (rising_ && gop.row.start_ns >= range_.to_ns) return false;
        next_index_ = gop.first_index + 1;
        page_.push_back(gop);
        full = page_.size() == kPageGops;
        return !full;
      },
      *next_index_);
  ended_ = !full;
  return status;
}

absl::StatusOr<bool> StoredFrameTimes::NextGop() {
  if (!next_index_.has_value()) {
    if (absl::Status s = FindFirst(); !s.ok()) return s;
  }
  if (page_.empty() && !ended_) {
    if (absl::Status s = FillPage(); !s.ok()) return s;
  }
  if (page_.empty()) return false;
  const GopRef gop = std::move(page_.front());
  page_.pop_front();
  first_index_ = gop.first_index;
  at_ = 0;
  times_.assign(1, gop.row.start_ns);
  if (gop.row.frames == 1) return true;
  const auto table = index_.Table(gop);
  if (!table.ok()) return table.status();
  times_.clear();
  for (const uint32_t entry : PresentationOrder(*table)) {
    times_.push_back(table->frames[entry].time_ns);
  }
  return true;
}

absl::StatusOr<std::optional<TimedSample>> StoredFrameTimes::Next() {
  while (true) {
    for (; at_ < times_.size(); ++at_) {
      if (!IsInside(times_[at_], range_)) continue;
      const size_t i = at_++;
      return std::optional<TimedSample>({first_index_ + i, times_[i], {}});
    }
    const auto more = NextGop();
    if (!more.ok()) return more.status();
    if (!*more) return std::optional<TimedSample>();
  }
}

}  // namespace fovea
