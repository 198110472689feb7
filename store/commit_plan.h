// SPDX-License-Identifier: GPL-2.0-or-later
//
// Turns a batch into what has to be written: which payloads are new, and the
// row changes they bring about in loc, ref and gcq. Nothing is written here.
// Within one batch drops come before puts: a chunk dropped and put by the
// same owner stays.

#ifndef FOVEA_STORE_COMMIT_PLAN_H_
#define FOVEA_STORE_COMMIT_PLAN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"
#include "store/internal/catalogue.h"
#include "store/internal/store_rows.h"
#include "store/journal.h"

namespace fovea {

// A payload to append. Its loc row follows from where it lands.
struct NewChunk {
  ChunkId id;
  std::span<const uint8_t> payload;
  uint64_t waiting_since = 0;
};

struct CommitPlan {
  std::vector<NewChunk> chunks;
  std::vector<RowChange> rows;  // without loc rows of `chunks`
  RetentionClass retention_class = 0;
  CommitReceipt receipt;

  uint64_t PayloadBytes() const;
};

// Checks sizes against the limits, and that the row is the caller's to
// change.
absl::Status CheckRow(const RowChange& row);
absl::Status CheckChunk(std::span<const uint8_t> payload,
                        std::string_view owner);
absl::Status CheckPlan(const CommitPlan& plan);
// kResourceExhausted when, with the plan's, there are more prior rows than
// the snapshots of segments can repeat.
absl::Status CheckPriors(Catalogue* catalogue, const CommitPlan& plan);

// Collects one commit. Payloads must outlive the plan. Not thread-safe.
class CommitPlanner {
 public:
  using ReadStored =
      std::function<absl::StatusOr<std::vector<uint8_t>>(const ChunkId&)>;

  CommitPlanner(Catalogue* catalogue, ReadStored read_stored, uint64_t sequence)
      : catalogue_(catalogue),
        read_stored_(std::move(read_stored)),
        sequence_(sequence) {}

  absl::Status Drop(const ChunkId& id, std::string_view owner);
  // kDataLoss when a stored payload of that name differs.
  absl::Status Put(const ChunkId& id, std::span<const uint8_t> payload,
                   std::string_view owner);
  void Change(Family family, std::string key, std::optional<std::string> value);
  // Comes before all changes, whenever it is called.
  void DropRange(Family family, std::string begin, std::string end);

  absl::StatusOr<CommitPlan> Finish();

 private:
  struct Touched {
    std::optional<ChunkPlace> stored;
    std::optional<std::span<const uint8_t>> appended;
  };

  absl::StatusOr<Touched*> Touch(const ChunkId& id);
  absl::Status CompareWithKnown(const ChunkId& id, const Touched& touched,
                                std::span<const uint8_t> payload) const;
  absl::StatusOr<bool> IsOwned(const ChunkId& id) const;
  absl::Status SettleWaiting(const ChunkId& id, const Touched& touched);
  absl::StatusOr<bool> RowExists(Family family, std::string_view key) const;

  Catalogue* const catalogue_;
  const ReadStored read_stored_;
  const uint64_t sequence_;

  CommitPlan plan_;
  std::map<ChunkId, Touched> touched_;
  // The catalogue as it will be, where it differs.
  std::map<std::pair<Family, std::string>, std::optional<std::string>> rows_;
};

}  // namespace fovea

#endif  // FOVEA_STORE_COMMIT_PLAN_H_
