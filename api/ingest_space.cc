// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/ingest_space.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "api/retention.h"
#include "api/stored_policy.h"
#include "store/limits.h"

namespace fovea {
namespace {

// Bytes of the sources that are stored as they are.
uint64_t ComingBytes(const IngestInput& input, const IngestOptions& options) {
  uint64_t coming = 0;
  for (const Source* source : {input.source.get(), input.imu.get()}) {
    if (source == nullptr) continue;
    const SourceInfo& info = source->info();
    const bool encoded =
        std::ranges::any_of(info.tracks, [&](const Track& track) {
          return track.kind == StreamKind::kCamera && !track.stills &&
                 !options.source.copy;
        });
    if (!encoded) coming += static_cast<uint64_t>(info.bytes);
  }
  return coming;
}

absl::Status ApplyRoomRules(uint64_t coming, const IngestOptions& options,
                            Store* store, IngestObserver* observer,
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
                         Store* store, IngestObserver* observer,
                         const std::atomic<bool>* stop) {
  if (options.dry_run) return absl::OkStatus();
  const uint64_t coming = ComingBytes(input, options);
  if (absl::Status s = ApplyRoomRules(coming, options, store, observer, stop);
      !s.ok()) {
    return s;
  }
  const absl::StatusOr<DiskSpace> space = store->Space();
  if (!space.ok()) return space.status();
  const uint64_t needed = coming + kStoreLimits.reserve_bytes;
  if (space->free_bytes >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(input.location, ": disk full: ", space->free_bytes,
                   " bytes free, ", needed,
                   " needed; free some, remove streams with 'fovea rm', or let "
                   "'fovea retain' do so"));
}

}  // namespace fovea
