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

  // Between a process that writes and those that read through it.
  uint64_t request_bytes = 16ULL << 10;
  uint64_t reply_bytes = (64ULL << 20) + (64ULL << 10);  // a chunk, and more
  uint64_t scan_bytes = 1ULL << 20;  // of rows in one reply, or one row
  uint64_t scan_rows = 4096;
  uint64_t message_bytes = 4ULL << 10;  // of an error's text
  uint64_t connections = 32;
  uint64_t snapshots_per_connection = 8;
  int64_t idle_ms = 900'000;     // between two requests of a connection
  int64_t transfer_ms = 30'000;  // for one request or reply once begun
  int64_t answer_ms = 30'000;    // from a request to its reply

  uint64_t backup_manifest_bytes = 128ULL << 20;
  uint64_t backup_files = 1ULL << 20;
  int64_t backup_hold_ns = 48LL * 3'600'000'000'000;  // prunes wait so long

  // Left free on the disk by commits, so that the catalogue can finish what
  // it began.
  uint64_t reserve_bytes = 8ULL << 20;
};
inline constexpr StoreLimits kStoreLimits;

}  // namespace fovea

#endif  // FOVEA_STORE_LIMITS_H_
