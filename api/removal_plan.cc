// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/removal_plan.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/held_spans.h"
#include "index/frame_index.h"
#include "index/observations.h"
#include "store/rows.h"

namespace fovea {
namespace {

void Add(int64_t from_ns, int64_t to_ns, int64_t samples, uint64_t bytes,
         RemovalPlan* plan) {
  const bool first = plan->chunks == 0;
  plan->from_ns = first ? from_ns : std::min(plan->from_ns, from_ns);
  plan->to_ns = first ? to_ns : std::max(plan->to_ns, to_ns);
  ++plan->chunks;
  plan->samples += samples;
  plan->bytes += bytes;
}

absl::Status PlanGops(Store* store, StreamId stream, TimeRange range,
                      RemovalPlan* plan) {
  const auto gops =
      FrameIndex(store->chunks()).Gops(stream, range.from_ns, range.to_ns);
  if (!gops.ok()) return gops.status();
  for (const GopRef& gop : *gops) {
    Add(gop.row.start_ns, gop.row.start_ns + gop.row.duration_ns,
        gop.row.frames, gop.row.size, plan);
  }
  return absl::OkStatus();
}

absl::Status PlanBlocks(Store* store, StreamId stream, TimeRange range,
                        RemovalPlan* plan) {
  absl::Status inner;
  const auto visit = [&](std::string_view, std::string_view value) {
    const auto row = DecodeBlockRow(value);
    inner = row.status();
    if (!inner.ok()) return false;
    if (row->start_ns < range.to_ns && row->end_ns >= range.from_ns) {
      Add(row->start_ns, row->end_ns, row->samples, row->size(), plan);
    }
    return true;
  };
  const absl::Status scanned = store->chunks()->Scan(
      Family::kBlock, StreamPrefix(stream), StreamPrefix(stream + 1), visit);
  return scanned.ok() ? inner : scanned;
}

absl::Status PlanObservations(Store* store, StreamId stream, bool camera,
                              TimeRange range, RemovalPlan* plan) {
  const auto held = HeldSpans(store->chunks(), stream, camera);
  if (!held.ok()) return held.status();
  const auto cuts =
      Observations(store->chunks())
          .Cut(stream, SpansTouching(*held, range.from_ns, range.to_ns),
               /*batch=*/nullptr);
  if (!cuts.ok()) return cuts.status();
  plan->observations = cuts->removed + cuts->trimmed;
  return absl::OkStatus();
}

absl::Status PlanCoarse(Store* store, StreamId stream, RemovalPlan* plan) {
  const auto streams = store->Streams();
  if (!streams.ok()) return streams.status();
  for (const StreamSummary& other : *streams) {
    const auto& overlap = other.description.overlap;
    if (overlap && overlap->with_id == stream) {
      plan->coarse.push_back(other.name);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RemovalPlan> PlanRemoval(Store* store, const std::string& stream,
                                        TimeRange range) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  const bool camera = summary->description.kind == StreamKind::kCamera;
  RemovalPlan plan;
  absl::Status status = camera ? PlanGops(store, summary->id, range, &plan)
                               : PlanBlocks(store, summary->id, range, &plan);
  if (!status.ok()) return status;
  status = PlanObservations(store, summary->id, camera, range, &plan);
  if (!status.ok()) return status;
  if (camera) status = PlanCoarse(store, summary->id, &plan);
  if (!status.ok()) return status;
  return plan;
}

}  // namespace fovea
