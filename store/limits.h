// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the store accepts and what it believes when it reads: every number
// read from a file meets this header before it meets an allocator or a loop.

#ifndef FOVEA_STORE_LIMITS_H_
#define FOVEA_STORE_LIMITS_H_

#include <cstdint>

namespace fovea {

struct StoreLimits {
  uint64_t chunk_bytes = 64ULL << 20;    // payload of one chunk
  uint64_t journal_bytes = 64ULL << 20;  // all rows of one commit, encoded
  uint64_t rows_per_commit = 1ULL << 20;
  uint64_t key_bytes = 4ULL << 10;
  uint64_t value_bytes = 16ULL << 20;
  uint64_t owner_bytes = 1ULL << 10;
  // Each has a segment open.
  uint32_t retention_classes = 64;
  // All prior rows together: each new segment repeats them.
  uint64_t prior_rows_bytes = 32ULL << 20;
  uint64_t format_file_bytes = 4ULL << 10;
  uint64_t replay_bytes = 256ULL << 20;  // of journals, by a read-only opening

  // Of snapshots and of reading processes: what is removed waits so long.
  int64_t lease_ns = 3'600'000'000'000;
  uint64_t lease_files = 4096;  // looked at in a store's folder of leases

  // Left free on the disk by Commit(), so that the catalogue can finish what
  // it began and Prune() can still write before it deletes.
  uint64_t reserve_bytes = 8ULL << 20;
};
inline constexpr StoreLimits kStoreLimits;

}  // namespace fovea

#endif  // FOVEA_STORE_LIMITS_H_
