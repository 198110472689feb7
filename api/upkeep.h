// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a process that has a store open for long does beside its work: it
// lets go what the store's policy does not keep, joins what came in small
// portions, and reads the store through at a modest rate.

#ifndef FOVEA_API_UPKEEP_H_
#define FOVEA_API_UPKEEP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"
#include "store/upkeep_row.h"

namespace fovea {

class Store;

struct UpkeepOptions {
  // From the opening to the first round of retention, and between rounds. In
  // between, room alone is looked after (min-free of the policy).
  int64_t retention_every_ns = 600'000'000'000;
  int64_t room_every_ns = 10'000'000'000;

  // Bytes read per second, and the time from one whole scrub to the next. A
  // store too large to be read through in a week so is read faster. 0: none.
  uint64_t scrub_bytes_per_second = 4 << 20;
  int64_t scrub_every_ns = 86'400'000'000'000;

  std::function<int64_t()> now_ns;        // wall clock; null: the system's
  std::function<int64_t()> monotonic_ns;  // null: the system's
};

// Two threads, one for each. The clock is read once: a jump lets nothing go.
// Nor does a clock that is more than kMostAbsenceNs ahead of when upkeep last
// ran: age is counted from then, until somebody runs `fovea retain`.
class Upkeep {
 public:
  static constexpr int64_t kMostAbsenceNs = 7LL * 86'400'000'000'000;

  // `store` has its store open for writing and outlives this.
  Upkeep(Store* store, const UpkeepOptions& options);
  // Ends both threads soon; what they were at is left whole.
  ~Upkeep();

  // What they have to say since the last call, a line each. Any thread.
  std::vector<std::string> TakeNotes();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

// What upkeep remembers of itself; nothing where it never ran.
absl::StatusOr<UpkeepRow> ReadUpkeep(StoreReader* store);

// Upkeep of this store believes a clock that says `now_ns` from here on.
absl::Status TrustClock(ChunkStore* store, int64_t now_ns);

}  // namespace fovea

#endif  // FOVEA_API_UPKEEP_H_
