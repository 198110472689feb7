// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/join_packs.h"

#include <vector>

#include "api/stream_registry.h"
#include "index/observation.h"

namespace fovea {
namespace {

absl::StatusOr<PackJoinReport> Join(ChunkStore* store,
                                    const std::vector<PackJoinSpan>& spans,
                                    const std::atomic<bool>* stop) {
  return JoinPacks(store, spans,
                   [stop] { return stop == nullptr || !stop->load(); });
}

}  // namespace

absl::StatusOr<PackJoinReport> JoinAllPacks(ChunkStore* store,
                                            const std::atomic<bool>* stop) {
  const auto rows = StreamRegistry(store).List();
  if (!rows.ok()) return rows.status();
  std::vector<PackJoinSpan> spans;
  for (const StreamRow& row : *rows) spans.push_back({row.id});
  return Join(store, spans, stop);
}

absl::StatusOr<PackJoinReport> JoinSettledPacks(ChunkStore* store,
                                                const std::atomic<bool>* stop) {
  constexpr int64_t kMargin = 2 * kObservationLimits.max_length_ns;
  StreamRegistry registry(store);
  const auto rows = registry.List();
  if (!rows.ok()) return rows.status();
  std::vector<PackJoinSpan> spans;
  for (const StreamRow& row : *rows) {
    const auto counts = registry.Counts(row.id);
    if (!counts.ok()) return counts.status();
    if (counts->times_backward > 0) continue;
    const auto extent = registry.Extent(row);
    if (!extent.ok()) return extent.status();
    if (extent->end_ns < INT64_MIN + kMargin) continue;
    spans.push_back({row.id, extent->end_ns - kMargin});
  }
  return Join(store, spans, stop);
}

}  // namespace fovea
