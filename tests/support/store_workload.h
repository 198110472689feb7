// SPDX-License-Identifier: GPL-2.0-or-later
//
// Random work on a store whose outcome is known: commit n changes the same
// whatever came before in time, so that a store found with n commits has to
// hold exactly what the first n say.

#ifndef FOVEA_TESTS_SUPPORT_STORE_WORKLOAD_H_
#define FOVEA_TESTS_SUPPORT_STORE_WORKLOAD_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "store/chunk_store.h"

namespace fovea::testing {

// What a store holds after some commits.
struct StoreContent {
  using Rows = std::map<std::pair<Family, std::string>, std::string>;
  uint64_t commits = 0;
  Rows rows;
  std::map<std::string, uint32_t> owners;  // of the payload of that number
};

class StoreWorkload {
 public:
  // Payloads are of up to `payload_bytes`, table rows of `row_bytes`.
  explicit StoreWorkload(uint32_t seed, size_t payload_bytes = 1500,
                         size_t row_bytes = 4000)
      : seed_(seed), payload_bytes_(payload_bytes), row_bytes_(row_bytes) {}

  // The commit that follows on `content`, which then includes it: chunks
  // new and known, rows, and now and then chunks dropped and rows replaced.
  CommitBatch Next(StoreContent* content) const;

  // One that lets go of every other chunk.
  CommitBatch Thin(StoreContent* content) const;

  // The content after so many commits that were all made by Next().
  StoreContent After(uint64_t commits) const;

  std::vector<uint8_t> Payload(uint32_t number) const;

  // How many commits are in `store`.
  static absl::StatusOr<uint64_t> CommitsIn(ChunkStore& store);

  // The first thing that `store` holds otherwise than `content` says: rows,
  // references, bytes of chunks; "" when there is none.
  std::string Difference(ChunkStore& store, const StoreContent& content) const;

 private:
  void PutGop(uint32_t number, const std::string& key, CommitBatch* batch,
              StoreContent* content) const;
  void PutState(CommitBatch* batch, StoreContent* content) const;

  const uint32_t seed_;
  const size_t payload_bytes_;
  const size_t row_bytes_;
};

// One store and one thread that does random things to it: commits mostly,
// prunes, verifies, opens it again, makes its catalogue anew. A process can
// be killed and a disk switched off at any moment meanwhile.
// `seed` says what is committed, `dice` what is done when.
class StoreRun {
 public:
  StoreRun(std::string path, ChunkStoreOptions options, uint32_t seed,
           uint32_t dice);

  // Segments and buffers of a size at which a lot happens.
  static ChunkStoreOptions SmallOptions(uint32_t seed);

  // Opens, and learns from the store how far it is. Wanted first.
  absl::Status Open();
  absl::Status Commit();
  absl::Status Prune() { return store_->Prune().status(); }
  absl::Status Rebuild();
  absl::Status VerifyClean();
  void StepClock(int hours) { now_ns_ += hours * 3'600'000'000'000; }
  void Close();
  bool is_open() const { return store_ != nullptr; }

  // One of these.
  absl::Status RandomStep();
  // Each of these: over several segments, tables and reopenings.
  absl::Status ReferenceScenario();

  const StoreWorkload& workload() const { return workload_; }
  // Commits begun; commits acknowledged. Any thread may ask.
  uint64_t begun() const { return begun_; }
  uint64_t acknowledged() const { return acknowledged_; }
  // Inside Close(), which the other steps call, too. Any thread may ask.
  bool closing() const { return closing_; }

 private:
  const std::string path_;
  ChunkStoreOptions options_;
  const StoreWorkload workload_;
  std::mt19937 chance_;
  int64_t now_ns_ = 1'795'000'000'000'000'000;
  std::unique_ptr<ChunkStore> store_;
  StoreContent content_;
  std::atomic<uint64_t> begun_ = 0;
  std::atomic<uint64_t> acknowledged_ = 0;
  std::atomic<bool> closing_ = false;
};

// What is wrong with a store that has to hold at least `acknowledged` and at
// most `begun` commits of `workload` and to be sound; "" when nothing is.
std::string FaultOf(ChunkStore& store, const StoreWorkload& workload,
                    uint64_t acknowledged, uint64_t begun);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_STORE_WORKLOAD_H_
