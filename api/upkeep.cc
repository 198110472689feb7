// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/upkeep.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/join_packs.h"
#include "api/retention.h"
#include "api/store.h"
#include "api/stored_policy.h"
#include "api/system_clock.h"

namespace fovea {
namespace {

constexpr int64_t kDayNs = 86'400'000'000'000;
constexpr uint64_t kWeekSeconds = 7 * 86'400;
constexpr size_t kMostNotes = 100;  // that nobody took

UpkeepOptions WithClocks(UpkeepOptions options) {
  if (!options.now_ns) options.now_ns = &WallNowNs;
  if (!options.monotonic_ns) options.monotonic_ns = &MonotonicNowNs;
  return options;
}

absl::Status WriteRow(ChunkStore* store, const UpkeepRow& row) {
  CommitBatch batch;
  batch.PutRow(Family::kMeta, kUpkeepKey, EncodeUpkeepRow(row));
  return store->Commit(std::move(batch)).status();
}

}  // namespace

class Upkeep::Work {
 public:
  Work(Store* store, const UpkeepOptions& options)
      : store_(store),
        options_(WithClocks(options)),
        begun_ns_(options_.monotonic_ns()) {
    wall_ns_ = BeginningOfTime();
    retention_ = std::thread([this] { KeepPolicy(); });
    if (options_.scrub_bytes_per_second > 0) {
      scrub_ = std::thread([this] { KeepScrubbing(); });
    }
  }

  ~Work() {
    {
      absl::MutexLock lock(&mutex_);
      stop_ = true;
    }
    retention_.join();
    if (scrub_.joinable()) scrub_.join();
  }

  std::vector<std::string> TakeNotes() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(notes_, {});
  }

 private:
  void Note(std::string line) {
    absl::MutexLock lock(&mutex_);
    if (notes_.size() < kMostNotes) notes_.push_back(std::move(line));
  }

  void NoteFailure(const char* what, const absl::Status& status) {
    if (status.ok() || absl::IsCancelled(status)) return;
    Note(absl::StrCat(what, ": ", std::string(status.message())));
  }

  // False when it is to end.
  bool Wait(int64_t ns) {
    const auto stopped = [this] { return stop_.load(); };
    absl::MutexLock lock(&mutex_);
    return !mutex_.AwaitWithTimeout(absl::Condition(&stopped),
                                    absl::Nanoseconds(ns));
  }

  // What the clock said at the opening, unless it cannot be believed.
  int64_t BeginningOfTime() {
    const int64_t now = options_.now_ns();
    const absl::StatusOr<UpkeepRow> row = ReadUpkeep(store_->chunks());
    if (row.ok()) seen_ns_ = row->seen_ns;
    if (!row.ok() || row->seen_ns == 0 ||
        now - row->seen_ns <= kMostAbsenceNs) {
      return now;
    }
    Note(absl::StrCat(
        "retention: the clock is ", (now - row->seen_ns) / kDayNs,
        " days ahead of when this store was last written; nothing goes for "
        "these days until 'fovea retain' is run"));
    return row->seen_ns;
  }

  int64_t Now() const {
    return wall_ns_ + (options_.monotonic_ns() - begun_ns_);
  }

  // --- retention --------------------------------------------------------

  void KeepPolicy() {
    int64_t round_ns = begun_ns_;
    int64_t joined_ns = begun_ns_;
    while (Wait(options_.room_every_ns)) {
      if (options_.monotonic_ns() - joined_ns >= kDayNs && JoinIfAlone()) {
        joined_ns = options_.monotonic_ns();
      }
      const absl::StatusOr<RetentionPolicy> policy =
          StoredPolicy(store_->chunks());
      if (!policy.ok()) {
        NoteFailure("retention", policy.status());
        continue;
      }
      NoteFailure("retention", RememberDaily());
      const int64_t now = options_.monotonic_ns();
      const bool due = now - round_ns >= options_.retention_every_ns;
      if (!due && !(enough_ && RoomIsShort(*policy))) continue;
      if (due) round_ns = now;
      NoteFailure("retention", Retain(*policy));
    }
  }

  // False where somebody changes what was observed.
  bool JoinIfAlone() {
    absl::Mutex* const observed = store_->observed();
    if (!observed->TryLock()) return false;
    const auto joined = JoinSettledPacks(store_->chunks(), &stop_);
    observed->Unlock();
    NoteFailure("index", joined.status());
    return true;
  }

  bool RoomIsShort(const RetentionPolicy& policy) {
    const absl::StatusOr<DiskSpace> space = store_->chunks()->Space();
    return space.ok() &&
           space->free_bytes < policy.LeastFree(space->disk_bytes);
  }

  absl::Status Retain(const RetentionPolicy& policy) {
    if (!policy.lets_go()) return absl::OkStatus();
    RetentionOptions options;
    options.now_ns = Now();
    options.stop = &stop_;
    const auto report = ApplyRetention(store_->chunks(), policy, options);
    if (!report.ok()) return report.status();
    for (const StreamExpiry& stream : report->streams) {
      Note(absl::StrCat("retention: ", stream.chunks(), " chunks of ",
                        stream.stream, " let go"));
    }
    if (std::exchange(enough_, report->enough) && !enough_) {
      Note(
          "retention: more than the policy allows is left: pins, or what "
          "others put on the disk");
    }
    return absl::OkStatus();
  }

  // --- scrub ------------------------------------------------------------

  void KeepScrubbing() {
    while (Wait(options_.retention_every_ns)) {
      const absl::StatusOr<UpkeepRow> row = ReadUpkeep(store_->chunks());
      if (!row.ok()) {
        NoteFailure("scrub", row.status());
        continue;
      }
      if (row->scrubbed_ns != 0 &&
          Now() - row->scrubbed_ns < options_.scrub_every_ns) {
        continue;
      }
      NoteFailure("scrub", Scrub());
    }
  }

  absl::Status Scrub() {
    const absl::StatusOr<DiskSpace> space = store_->chunks()->Space();
    if (!space.ok()) return space.status();
    ScrubOptions options;
    options.deep = options.repair = true;
    options.bytes_per_second = std::max(options_.scrub_bytes_per_second,
                                        space->segment_bytes / kWeekSeconds);
    options.progress = [this](uint64_t, uint64_t) { return !stop_; };
    const auto report = store_->chunks()->Scrub(options);
    if (!report.ok()) return report.status();
    for (const StoreProblem& problem : report->problems) {
      Note(absl::StrCat("scrub: ", problem.object, ": ", problem.what, "; ",
                        problem.next));
    }
    return Remember([&](UpkeepRow& row) {
      row.scrubbed_ns = Now();
      row.problems = static_cast<int64_t>(report->problems.size());
    });
  }

  absl::Status RememberDaily() {
    if (Now() - seen_ns_ < kDayNs) return absl::OkStatus();
    seen_ns_ = Now();
    return Remember([&](UpkeepRow& row) { row.seen_ns = seen_ns_; });
  }

  // One thread at a time changes the row.
  absl::Status Remember(const std::function<void(UpkeepRow&)>& change) {
    absl::MutexLock lock(&row_mutex_);
    absl::StatusOr<UpkeepRow> row = ReadUpkeep(store_->chunks());
    if (!row.ok()) return row.status();
    change(*row);
    return WriteRow(store_->chunks(), *row);
  }

  Store* const store_;
  const UpkeepOptions options_;
  const int64_t begun_ns_;
  int64_t wall_ns_ = 0;  // at begun_ns_
  int64_t seen_ns_ = 0;  // as the row says; of the retention thread
  bool enough_ = true;   // what the last round left; likewise
  absl::Mutex row_mutex_;
  absl::Mutex mutex_;
  std::atomic<bool> stop_ = false;  // set under mutex_, for those who wait
  std::vector<std::string> notes_ ABSL_GUARDED_BY(mutex_);
  std::thread retention_;
  std::thread scrub_;
};

Upkeep::Upkeep(Store* store, const UpkeepOptions& options)
    : work_(std::make_unique<Work>(store, options)) {}

Upkeep::~Upkeep() = default;

absl::StatusOr<UpkeepRow> ReadUpkeep(StoreReader* store) {
  const auto value = store->Get(Family::kMeta, kUpkeepKey);
  if (absl::IsNotFound(value.status())) return UpkeepRow();
  if (!value.ok()) return value.status();
  return DecodeUpkeepRow(*value);
}

absl::Status TrustClock(ChunkStore* store, int64_t now_ns) {
  absl::StatusOr<UpkeepRow> row = ReadUpkeep(store);
  if (!row.ok()) return row.status();
  row->seen_ns = now_ns;
  return WriteRow(store, *row);
}

std::vector<std::string> Upkeep::TakeNotes() { return work_->TakeNotes(); }

}  // namespace fovea
