// SPDX-License-Identifier: GPL-2.0-or-later
//
// What there is to read in a store, whoever reads: the process that has it
// open, a snapshot of it, or another process over a socket.

#ifndef FOVEA_STORE_STORE_READER_H_
#define FOVEA_STORE_STORE_READER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/derived_rows.h"
#include "store/family.h"

namespace fovea {

// Thread-safe.
class StoreReader {
 public:
  virtual ~StoreReader() = default;

  // A chunk's payload, or `length` bytes of it from `offset` (kOutOfRange
  // when there are not so many). Either way all of it is read and checked
  // against both checksums. kNotFound, kDataLoss (naming segment, offset).
  virtual absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) = 0;
  virtual absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(
      const ChunkId& id, uint64_t offset, uint64_t length) = 0;

  // kNotFound when there is no such row.
  virtual absl::StatusOr<std::string> Get(Family family,
                                          std::string_view key) = 0;

  // Calls `visit` for rows with begin <= key < end ("" as end: no bound) in
  // key order, over one consistent snapshot, until it returns false.
  using Visitor =
      std::function<bool(std::string_view key, std::string_view value)>;
  virtual absl::Status Scan(Family family, std::string_view begin,
                            std::string_view end, const Visitor& visit) = 0;

  // The row with the greatest key <= `key` that starts with `prefix`, or
  // kNotFound.
  struct KeyValue {
    std::string key;
    std::string value;
  };
  virtual absl::StatusOr<KeyValue> SeekBackward(Family family,
                                                std::string_view key,
                                                std::string_view prefix) = 0;

  // Of the last commit that is seen.
  virtual uint64_t last_sequence() const = 0;

  // The epoch for a value that adds to what row `key` of a derived family
  // (store/derived_rows.h) says now, or begins it; and for one that takes
  // something back. Of a reader that sees every commit.
  absl::StatusOr<uint64_t> EpochFor(Family family, std::string_view key);
  uint64_t NewEpoch() const { return last_sequence() + 1; }

  // A camera's priors: the row of one model (kNotFound), and all, by model.
  absl::StatusOr<DerivedRow> Prior(StreamId camera, const ModelKey& model);
  struct PriorEntry {
    ModelKey model = {};
    DerivedRow row;
  };
  absl::StatusOr<std::vector<PriorEntry>> Priors(StreamId camera);

 protected:
  StoreReader() = default;
};

}  // namespace fovea

#endif  // FOVEA_STORE_STORE_READER_H_
