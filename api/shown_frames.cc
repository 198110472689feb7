// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/shown_frames.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

int64_t EndOf(const GopRow& row) {
  return row.start_ns > INT64_MAX - row.duration_ns
             ? INT64_MAX
             : row.start_ns + row.duration_ns;
}

}  // namespace

std::vector<FrameTime> ShownTimes(const GopRef& gop, const FrameTable& table) {
  const std::vector<uint32_t> order = PresentationOrder(table);
  std::vector<FrameTime> times;
  times.reserve(order.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) {
    times.push_back({gop.first_index + rank, table.frames[order[rank]].time_ns,
                     rank + 1 < order.size()
                         ? table.frames[order[rank + 1]].time_ns
                         : EndOf(gop.row)});
  }
  return times;
}

std::optional<ShownRanks> RanksShown(const GopRef& gop, const FrameTable& table,
                                     int64_t from_ns, int64_t to_ns) {
  const std::vector<FrameTime> times = ShownTimes(gop, table);
  std::optional<ShownRanks> shown;
  for (uint32_t rank = 0; rank < times.size(); ++rank) {
    const auto& [index, begin, end] = times[rank];
    // One that is shown for no time is still shown at its own.
    if (begin >= to_ns || std::max(end - 1, begin) < from_ns) continue;
    if (!shown.has_value()) shown = ShownRanks{rank, rank};
    shown->last = rank;
  }
  return shown;
}

absl::StatusOr<std::optional<ShownRanks>> ShownFrames::Shown(
    const GopRef& gop, int64_t from_ns, int64_t to_ns) const {
  if (gop.row.frames <= 1) return std::optional(ShownRanks{0, 0});
  const auto table = index_.Table(gop);
  if (!table.ok()) return table.status();
  return RanksShown(gop, *table, from_ns, to_ns);
}

absl::StatusOr<ShownFrames::Indexes> ShownFrames::Find(int64_t from_ns,
                                                       int64_t to_ns) const {
  const auto gops = index_.Gops(stream_, from_ns, to_ns, order_);
  if (!gops.ok()) return gops.status();
  std::optional<Indexes> found;
  const auto take = [&](const GopRef& gop) -> absl::Status {
    const auto shown = Shown(gop, from_ns, to_ns);
    if (!shown.ok() || !shown->has_value()) return shown.status();
    const Indexes here = {gop.first_index + (*shown)->first,
                          gop.first_index + (*shown)->last};
    found = {found ? std::min(found->first, here.first) : here.first,
             found ? std::max(found->last, here.last) : here.last};
    return absl::OkStatus();
  };
  const bool rising = order_ == TimeOrder::kRising;
  for (size_t i = 0; i < gops->size(); ++i) {
    // In between every frame is shown.
    if (rising && i > 0 && i + 1 < gops->size()) continue;
    if (absl::Status s = take((*gops)[i]); !s.ok()) return s;
  }
  if (found.has_value()) return *found;
  return absl::NotFoundError(absl::StrCat("stream ", stream_,
                                          " shows no frame from ", from_ns,
                                          " to ", to_ns, " ns"));
}

absl::Status ShownFrames::Read(int64_t from_ns, int64_t to_ns,
                               const Visitor& visit) {
  const auto gops = index_.Gops(stream_, from_ns, to_ns, order_);
  if (!gops.ok()) return gops.status();
  bool going = true;
  for (const GopRef& gop : *gops) {
    if (!going) break;
    const auto shown = Shown(gop, from_ns, to_ns);
    if (!shown.ok()) return shown.status();
    if (!shown->has_value()) continue;
    if (description_->stills) {
      const auto still = reader_.Still(gop);
      if (!still.ok()) return still.status();
      going = visit(gop.first_index, {}, *still);
      continue;
    }
    const auto take = [&](uint32_t rank, const Frame& frame) {
      if (rank < (*shown)->first) return true;
      going = visit(gop.first_index + rank, frame, {});
      return going && rank < (*shown)->last;
    };
    if (absl::Status s = reader_.Frames(gop, take); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace fovea
