// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows are taken in as they come, by label and time, until the next one would
// make too large a pack. Then either all of them are joined, or the first one
// stays as it is and makes room.

#include "index/pack_join.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/internal/pack_putter.h"
#include "index/observation_pack.h"
#include "index/presence.h"
#include "index/span_mark.h"

namespace fovea {
namespace {

constexpr uint64_t kBytesPerCommit = 4 << 20;
// A pack is read whole for one of its observations, so tracks of many runs
// come in fewer at a time.
constexpr size_t kMostJoinedBytes = 64 << 10;

struct WaitingRow {
  std::string key;
  std::string value;
  ObservationKeyParts parts;
  PackSummary summary;
};

class PackJoin {
 public:
  PackJoin(ChunkStore* store, const PackJoinGoOn& go_on)
      : store_(store), go_on_(go_on) {}

  absl::Status Join(const PackJoinSpan& span) {
    before_ns_ = span.before_ns;
    absl::Status status;
    const absl::Status scanned = store_->Scan(
        Family::kSem, StreamPrefix(span.stream), StreamPrefix(span.stream + 1),
        [&](std::string_view key, std::string_view value) {
          status = Row(key, value);
          return status.ok();
        });
    if (!scanned.ok()) return scanned;
    return status.ok() ? EndRun() : status;
  }

  absl::Status Commit() {
    putter_.reset();
    bytes_ = 0;
    if (batch_.empty()) return absl::OkStatus();
    return store_->Commit(std::exchange(batch_, {})).status();
  }

  const PackJoinReport& report() const { return report_; }

 private:
  absl::Status Row(std::string_view key, std::string_view value) {
    auto parts = ParseObservationKey(key);
    if (!parts.ok()) return EndRun();
    if (parts->start_ns == kMarkStart) return absl::OkStatus();
    ++report_.rows;
    if (go_on_ && !go_on_()) return absl::CancelledError("interrupted");
    const auto summary = SummarisePack(key, value);
    if (!summary.ok() || summary->until_ns > before_ns_) return EndRun();
    WaitingRow row = {std::string(key), std::string(value), *std::move(parts),
                      *summary};
    if (!rows_.empty() && !IsLike(row)) {
      if (absl::Status s = EndRun(); !s.ok()) return s;
    }
    while (!rows_.empty() && !Fits(row)) {
      if (absl::Status s = JoinOrPass(); !s.ok()) return s;
    }
    rows_.push_back(std::move(row));
    return absl::OkStatus();
  }

  bool IsLike(const WaitingRow& row) const {
    return row.parts.label == rows_[0].parts.label &&
           row.summary.model == rows_[0].summary.model;
  }

  // None begins later than it ends.
  bool Fits(const WaitingRow& row) const {
    size_t observations = row.summary.observations;
    size_t bytes = row.value.size();
    int64_t until_ns = row.summary.until_ns;
    for (const WaitingRow& waiting : rows_) {
      observations += waiting.summary.observations;
      bytes += waiting.value.size();
      until_ns = std::max(until_ns, waiting.summary.until_ns);
    }
    const uint64_t span = static_cast<uint64_t>(until_ns) -
                          static_cast<uint64_t>(rows_[0].parts.start_ns);
    return observations <= kPackLimits.max_observations &&
           bytes <= kMostJoinedBytes &&
           span <= static_cast<uint64_t>(kPackLimits.max_span_ns);
  }

  bool IsWorthJoining() const {
    size_t all = 0, most = 0;
    for (const WaitingRow& row : rows_) {
      all += row.summary.observations;
      most = std::max(most, row.summary.observations);
    }
    return 2 * most <= all;
  }

  absl::Status EndRun() {
    while (!rows_.empty()) {
      if (absl::Status s = JoinOrPass(); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status JoinOrPass() {
    if (!IsWorthJoining()) {
      rows_.pop_front();
      return absl::OkStatus();
    }
    const std::deque<WaitingRow> rows = std::exchange(rows_, {});
    std::vector<Observation> all;
    for (const WaitingRow& row : rows) {
      const auto pack = ObservationPack::Decode(row.key, row.value);
      if (!pack.ok()) return absl::OkStatus();  // all stay
      auto held = pack->All();
      if (!held.ok()) return absl::OkStatus();
      std::ranges::move(*held, std::back_inserter(all));
    }
    report_.joined += static_cast<int64_t>(rows.size());
    ++report_.packs;
    return Replace(rows, all);
  }

  // Of equals the last one is what readers see.
  static std::vector<const Observation*> Distinct(
      const std::vector<Observation>& all) {
    const auto place = [](const Observation* o) {
      return std::pair(o->start_ns, o->track);
    };
    std::vector<const Observation*> distinct;
    for (const Observation& o : all) distinct.push_back(&o);
    std::ranges::reverse(distinct);
    std::ranges::stable_sort(distinct, {}, place);
    const auto same = [&](const Observation* a, const Observation* b) {
      return place(a) == place(b);
    };
    distinct.erase(std::unique(distinct.begin(), distinct.end(), same),
                   distinct.end());
    return distinct;
  }

  // The pack comes to stand under the key of the first row, so that what
  // other rows stand before it or behind it does not change.
  absl::Status Replace(const std::deque<WaitingRow>& rows,
                       const std::vector<Observation>& all) {
    if (!putter_) putter_.emplace(store_, /*grow=*/false, &batch_);
    for (const WaitingRow& row : rows) {
      batch_.DeleteRow(Family::kSem, row.key);
      batch_.DeleteRow(Family::kSemx, PresenceKeyOf(row.parts));
      putter_->Gone(row.key);
      bytes_ += row.value.size();
    }
    if (absl::Status s = putter_->Put(Distinct(all)); !s.ok()) return s;
    return bytes_ < kBytesPerCommit ? absl::OkStatus() : Commit();
  }

  ChunkStore* const store_;
  const PackJoinGoOn& go_on_;
  int64_t before_ns_ = 0;        // of the stream that is read
  std::deque<WaitingRow> rows_;  // one after the other, alike
  CommitBatch batch_;
  uint64_t bytes_ = 0;                // of rows that it joins
  std::optional<PackPutter> putter_;  // into the batch
  PackJoinReport report_;
};

}  // namespace

absl::StatusOr<PackJoinReport> JoinPacks(ChunkStore* store,
                                         std::span<const PackJoinSpan> spans,
                                         const PackJoinGoOn& go_on) {
  PackJoin join(store, go_on);
  for (const PackJoinSpan& span : spans) {
    if (absl::Status s = join.Join(span); !s.ok()) return s;
  }
  if (absl::Status s = join.Commit(); !s.ok()) return s;
  return join.report();
}

}  // namespace fovea
