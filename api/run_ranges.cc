// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/run_ranges.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace fovea {
namespace {

std::vector<TimeRange> Joined(std::vector<TimeRange> ranges) {
  std::ranges::sort(ranges, {}, &TimeRange::from_ns);
  std::vector<TimeRange> joined;
  for (const TimeRange& range : ranges) {
    if (range.from_ns >= range.to_ns) continue;
    if (joined.empty() || range.from_ns > joined.back().to_ns) {
      joined.push_back(range);
    } else {
      joined.back().to_ns = std::max(joined.back().to_ns, range.to_ns);
    }
  }
  return joined;
}

}  // namespace

absl::StatusOr<std::vector<TimeRange>> ClipRanges(
    Store* store, const StreamSummary& stream, const Query& query,
    std::vector<std::string>* notes, const std::atomic<bool>* stop) {
  Query asked = query;
  if (asked.streams.empty()) asked.streams = {stream.name};
  auto results = store->Query(asked, stop);
  if (!results.ok()) return results.status();
  std::vector<TimeRange> ranges;
  for (const QueryResult& result : *results) {
    const QueryClip& clip = result.clip();
    if (clip.stream_id != stream.id) continue;
    ranges.push_back({clip.from_ns, clip.to_ns});
  }
  *notes = results->notes();
  if (!results->status().ok()) return results->status();
  return Joined(std::move(ranges));
}

absl::StatusOr<std::vector<TimeRange>> MovingRanges(
    StoreReader* store, StreamId stream, const MovingSpanOptions& options,
    MotionSources* sources) {
  const auto spans =
      MovingSpans(store, stream, INT64_MIN, INT64_MAX, options, sources);
  if (!spans.ok()) return spans.status();
  std::vector<TimeRange> ranges;
  for (const MovingSpan& span : *spans) {
    ranges.push_back({span.begin_ns, span.end_ns});
  }
  return ranges;
}

std::vector<TimeRange> Common(std::vector<TimeRange> a,
                              const std::vector<TimeRange>& b) {
  a = Joined(std::move(a));
  std::vector<TimeRange> common;
  for (auto x = a.begin(), end = a.end(); const TimeRange& y : b) {
    while (x != end && x->to_ns <= y.from_ns) ++x;
    for (auto z = x; z != end && z->from_ns < y.to_ns; ++z) {
      common.push_back(
          {std::max(z->from_ns, y.from_ns), std::min(z->to_ns, y.to_ns)});
    }
  }
  return common;
}

}  // namespace fovea
