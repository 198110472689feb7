// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/frame_list.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "api/shown_frames.h"
#include "index/frame_index.h"
#include "store/limits.h"

namespace fovea {

absl::Status ListFrames(Store* store, const std::string& stream,
                        TimeRange range,
                        const std::function<bool(const ListedFrame&)>& visit) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  if (summary->description.kind != StreamKind::kCamera) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", summary->name, "' is of kind ",
                     StreamKindName(summary->description.kind),
                     "; frames are listed of cameras"));
  }
  const auto snapshot = store->chunks()->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  const FrameIndex index(snapshot->get());
  const auto gops = index.Gops(summary->id, range.from_ns, range.to_ns,
                               OrderOfFrames(summary->counts));
  if (!gops.ok()) return gops.status();
  for (const GopRef& gop : *gops) {
    const auto table = index.Table(gop);
    if (!table.ok()) return table.status();
    const auto shown = RanksShown(gop, *table, range.from_ns, range.to_ns);
    if (!shown) continue;
    const std::vector<uint32_t> order = PresentationOrder(*table);
    for (uint32_t rank = shown->first; rank <= shown->last; ++rank) {
      if (!visit({gop.first_index + rank, gop.first_index,
                  table->frames[order[rank]]})) {
        return absl::OkStatus();
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace fovea
