// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/ingest_space.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "api/retention.h"
#include "api/stored_policy.h"
#include "store/limits.h"

namespace fovea {
namespace {

// Bytes of a source that is stored as it is, else 0.
uint64_t ComingBytes(const SourceInfo& info, const IngestOptions& options) {
  const bool kept = std::ranges::all_of(info.tracks, [&](const Track& track) {
    return track.kind == StreamKind::kOpaque || track.stills ||
           (track.kind == StreamKind::kCamera && options.source.copy);
  });
  return kept ? static_cast<uint64_t>(info.bytes) : 0;
}

absl::Status ApplyRoomRules(uint64_t coming, const IngestOptions& options,
                            ChunkStore* store, IngestObserver* observer,
                            const std::atomic<bool>* stop) {
  absl::StatusOr<RetentionPolicy> policy = StoredPolicy(store);
  if (!policy.ok()) return policy.status();
  // Age is for upkeep and `retain`: nobody waits for that.
  policy->keep_ns.reset();
  for (RetentionPolicy::Rule& rule : policy->rules) rule.keep_ns.reset();
  if (!policy->max_bytes && !policy->min_free_bytes &&
      !policy->min_free_share) {
    return absl::OkStatus();
  }
  RetentionOptions retention;
  retention.now_ns = WithIngestDefaults(options).now_ns();
  retention.coming_bytes = coming;
  retention.stop = stop;
  const auto report = ApplyRetention(store, *policy, retention);
  if (!report.ok()) return report.status();
  for (const StreamExpiry& stream : report->streams) {
    observer->OnNote(absl::StrCat("retention: ", stream.chunks(), " chunks of ",
                                  stream.stream, " let go for room"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeRoomFor(const IngestInput& input, const IngestOptions& options,
                         ChunkStore* store, IngestObserver* observer,
                         const std::atomic<bool>* stop) {
  if (options.dry_run) return absl::OkStatus();
  const uint64_t coming = ComingBytes(input.source->info(), options);
  if (absl::Status s = ApplyRoomRules(coming, options, store, observer, stop);
      !s.ok()) {
    return s;
  }
  const absl::StatusOr<DiskSpace> space = store->Space();
  if (!space.ok()) return space.status();
  const uint64_t needed = coming + kStoreLimits.reserve_bytes;
  if (space->free_bytes >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      input.location, ": the store's disk is full: ", space->free_bytes,
      " bytes free, ", needed,
      " needed; free some, remove streams with 'fovea rm', or let "
      "'fovea retain' do so"));
}

}  // namespace fovea
