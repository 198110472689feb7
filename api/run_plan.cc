// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/run_plan.h"

#include <algorithm>
#include <utility>

#include "api/shown_frames.h"

namespace fovea {
namespace {

FrameSpan FramesOf(const GopRef& gop) {
  return {gop.first_index, gop.first_index + gop.row.frames};
}

absl::StatusOr<FrameSpan> ShownIn(const FrameIndex& index, const GopRef& gop,
                                  TimeRange range) {
  const int64_t end_ns = gop.row.start_ns + gop.row.duration_ns;
  if (gop.row.start_ns >= range.from_ns && end_ns < range.to_ns) {
    return FramesOf(gop);
  }
  const auto table = index.Table(gop);
  if (!table.ok()) return table.status();
  const auto ranks = RanksShown(gop, *table, range.from_ns, range.to_ns);
  if (!ranks) return FrameSpan();
  return FrameSpan{gop.first_index + ranks->first,
                   gop.first_index + ranks->last + 1};
}

// What is held from the last frame before `span` that divides by `step` on.
absl::Status ReachBack(StoreReader* store, StreamId stream, uint64_t step,
                       FrameSpan span, std::vector<FrameSpan>* spans) {
  const FrameSpan before{span.first_index / step * step, span.first_index};
  if (before.empty()) return absl::OkStatus();
  const auto gops = GopsOf(store, stream, before, SIZE_MAX);
  if (!gops.ok()) return gops.status();
  for (const GopRef& gop : *gops) {
    const FrameSpan held = FramesOf(gop);
    spans->push_back({std::max(held.first_index, before.first_index),
                      std::min(held.end_index, before.end_index)});
  }
  return absl::OkStatus();
}

// When frame `number` is shown, and until when.
absl::StatusOr<TimeRange> TimeOf(const FrameIndex& index, StreamId stream,
                                 uint64_t number) {
  const auto frame = index.AtIndex(stream, number);
  if (!frame.ok()) return frame.status();
  const GopRef& gop = frame->gop;
  const auto table = index.Table(gop);
  if (!table.ok()) return table.status();
  const std::vector<uint32_t> order = PresentationOrder(*table);
  const size_t next = frame->rank + 1;
  return TimeRange{table->frames[order[frame->rank]].time_ns,
                   next < order.size()
                       ? table->frames[order[next]].time_ns
                       : gop.row.start_ns + gop.row.duration_ns};
}

}  // namespace

absl::StatusOr<std::vector<FrameSpan>> FramesShown(
    StoreReader* store, StreamId stream, TimeOrder order,
    std::span<const TimeRange> ranges, uint64_t step) {
  const TimeRange all;
  if (ranges.empty()) ranges = {&all, 1};
  const FrameIndex index(store);
  std::vector<FrameSpan> spans;
  for (const TimeRange& range : ranges) {
    const auto gops = index.Gops(stream, range.from_ns, range.to_ns, order);
    if (!gops.ok()) return gops.status();
    for (const GopRef& gop : *gops) {
      const auto shown = ShownIn(index, gop, range);
      if (!shown.ok()) return shown.status();
      spans.push_back(*shown);
    }
  }
  spans = Joined(std::move(spans));
  std::vector<FrameSpan> before;
  for (const FrameSpan& span : spans) {
    absl::Status s = ReachBack(store, stream, step, span, &before);
    if (!s.ok()) return s;
  }
  spans.insert(spans.end(), before.begin(), before.end());
  return Joined(std::move(spans));
}

absl::StatusOr<std::vector<GopRef>> GopsOf(StoreReader* store, StreamId stream,
                                           FrameSpan span, size_t limit) {
  std::vector<GopRef> gops;
  if (span.empty() || limit == 0) return gops;
  const absl::Status read = FrameIndex(store).ForEachGop(
      stream,
      [&](const GopRef& gop) {
        const FrameSpan held = FramesOf(gop);
        if (held.first_index >= span.end_index) return false;
        if (held.end_index > span.first_index) gops.push_back(gop);
        return gops.size() < limit;
      },
      span.first_index);
  if (!read.ok()) return read;
  return gops;
}

absl::StatusOr<std::vector<IndexSpan>> WithTimes(
    StoreReader* store, StreamId stream, std::span<const FrameSpan> spans) {
  const FrameIndex index(store);
  std::vector<IndexSpan> timed;
  for (const FrameSpan& span : spans) {
    const auto first = TimeOf(index, stream, span.first_index);
    if (!first.ok()) return first.status();
    const auto last = TimeOf(index, stream, span.end_index - 1);
    if (!last.ok()) return last.status();
    timed.push_back(
        {span.first_index, span.end_index, first->from_ns, last->to_ns});
  }
  return timed;
}

}  // namespace fovea
