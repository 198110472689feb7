// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/held_spans.h"

#include "index/frame_index.h"
#include "store/rows.h"

namespace fovea {
namespace {

absl::StatusOr<std::vector<IndexSpan>> GopSpans(StoreReader* store,
                                                StreamId stream) {
  std::vector<IndexSpan> spans;
  const absl::Status status =
      FrameIndex(store).ForEachGop(stream, [&](const GopRef& gop) {
        spans.push_back({gop.first_index, gop.first_index + gop.row.frames,
                         gop.row.start_ns,
                         gop.row.start_ns + gop.row.duration_ns});
        return true;
      });
  if (!status.ok()) return status;
  return spans;
}

absl::StatusOr<std::vector<IndexSpan>> BlockSpans(StoreReader* store,
                                                  StreamId stream) {
  std::vector<IndexSpan> spans;
  absl::Status damage;
  const absl::Status scanned = store->Scan(
      Family::kBlock, StreamPrefix(stream), StreamPrefix(stream + 1),
      [&](std::string_view, std::string_view value) {
        const auto row = DecodeBlockRow(value);
        damage = row.status();
        if (!row.ok()) return false;
        spans.push_back({row->first_index, row->first_index + row->samples,
                         row->start_ns, row->end_ns + 1});
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  return spans;
}

}  // namespace

absl::StatusOr<std::vector<IndexSpan>> HeldSpans(StoreReader* store,
                                                 StreamId stream, bool camera) {
  return camera ? GopSpans(store, stream) : BlockSpans(store, stream);
}

}  // namespace fovea
