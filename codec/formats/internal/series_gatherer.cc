// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/series_gatherer.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

bool IsWithinSecond(int64_t start_ns, int64_t time_ns) {
  int64_t span = 0;
  return !__builtin_sub_overflow(time_ns, start_ns, &span) &&
         span < kSecondNs && span > -kSecondNs;
}

}  // namespace

void SeriesGatherer::AddRow(size_t track, int64_t time_ns,
                            const std::vector<double>& row) {
  if (start_ns_ && !IsWithinSecond(*start_ns_, time_ns)) Flush();
  if (!start_ns_) start_ns_ = time_ns;
  SeriesBatch& batch = tracks_[track].batch;
  batch.time_ns.push_back(time_ns);
  batch.values.insert(batch.values.end(), row.begin(), row.end());
  if (batch.values.size() >= kMostValues) FlushTrack(track);
}

void SeriesGatherer::Reject(size_t track, const std::string& reason) {
  Rejected& rejected = tracks_[track].rejected;
  if (rejected.samples++ == 0) rejected.reason = reason;
}

void SeriesGatherer::Put(SourceItem item) {
  Flush();
  items_.push_back(std::move(item));
}

void SeriesGatherer::FlushTrack(size_t track) {
  Pending pending = std::exchange(tracks_[track], {});
  const int id = static_cast<int>(track);
  if (!pending.batch.time_ns.empty()) {
    items_.push_back({id, std::move(pending.batch)});
  }
  if (pending.rejected.samples == 0) return;
  if (pending.rejected.samples > 1) {
    absl::StrAppend(&pending.rejected.reason, " (first of ",
                    pending.rejected.samples, " rejected samples)");
  }
  items_.push_back({id, std::move(pending.rejected)});
}

void SeriesGatherer::Flush() {
  start_ns_.reset();
  for (size_t i = 0; i < tracks_.size(); ++i) FlushTrack(i);
}

std::optional<SourceItem> SeriesGatherer::Take() {
  if (items_.empty()) return std::nullopt;
  SourceItem item = std::move(items_.front());
  items_.pop_front();
  return item;
}

}  // namespace fovea::codec_internal
