// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of imu, series and opaque streams, by time.

#ifndef FOVEA_API_BLOCK_READER_H_
#define FOVEA_API_BLOCK_READER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/frame_index.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// A block's bytes, from its row and its chunk.
absl::StatusOr<std::vector<uint8_t>> BlockBytes(StoreReader* store,
                                                const BlockRow& row);

// Calls `visit` for the block rows that touch [from_ns, to_ns), in order,
// until it returns false or an error. Reads all block rows of the stream,
// or, where times rise, those in between and a logarithm of
// the others.
absl::Status ForEachBlock(
    StoreReader* store, StreamId stream, int64_t from_ns, int64_t to_ns,
    TimeOrder order,
    const std::function<absl::StatusOr<bool>(const BlockRow&)>& visit);

// The same rows one by one, for those who walk several streams together.
// Looks at the store some rows at a time: what is removed meanwhile may be
// missing.
class BlockCursor {
 public:
  // `store` must outlive this object.
  BlockCursor(StoreReader* store, StreamId stream, int64_t from_ns,
              int64_t to_ns, TimeOrder order);

  // The next row, or none at the end.
  absl::StatusOr<std::optional<BlockRow>> Next();

 private:
  absl::Status FillPage();

  StoreReader* const store_;
  const StreamId stream_;
  const int64_t from_ns_;
  const int64_t to_ns_;
  const bool rising_;
  std::optional<uint64_t> next_seq_;  // none: not begun
  std::deque<BlockRow> page_;
  bool ended_ = false;
};

}  // namespace fovea

#endif  // FOVEA_API_BLOCK_READER_H_
