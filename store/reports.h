// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the store says of itself: problems found, space used, space freed.

#ifndef FOVEA_STORE_REPORTS_H_
#define FOVEA_STORE_REPORTS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

struct StoreProblem {
  std::string object;  // "segment 000003", "chunk 9f1c...", "stream 7 gop 12"
  int64_t offset = 0;
  std::string what;  // expected and found
  std::string next;  // what to do about it
};

struct VerifyReport {
  int64_t segments = 0;
  int64_t chunks = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t unreferenced_chunks = 0;  // wait for a prune
  int64_t leaked_references = 0;    // that no row holds: space, nothing else
  int64_t leaks_mended = 0;         // of those
  std::vector<StoreProblem> problems;
};

// A reader that keeps removed segments on the disk.
struct ReaderHold {
  uint64_t pid = 0;
  int64_t until_ns = 0;  // wall clock; it may end earlier, or be renewed
};

struct PruneReport {
  int64_t segments_removed = 0;
  int64_t chunks_removed = 0;
  uint64_t bytes_freed = 0;
  uint64_t bytes_copied = 0;
  // Nothing refers to these segments any more, but readers may: they are
  // removed, and what was deleted is erased, by the first prune without.
  int64_t segments_waiting = 0;
  std::vector<ReaderHold> readers;
};

// What a store takes of its file system, and what that has.
struct DiskSpace {
  uint64_t segment_bytes = 0;    // files on disk
  uint64_t catalogue_bytes = 0;  // RocksDB files
  uint64_t ballast_bytes = 0;    // set aside for making room on a full disk
  uint64_t free_bytes = 0;       // of the file system, to this user
  uint64_t disk_bytes = 0;       // of it in all
  int64_t segments = 0;

  uint64_t store_bytes() const { return segment_bytes + catalogue_bytes; }
};

// The same with what is in it.
struct DiskUsage : DiskSpace {
  uint64_t live_chunk_bytes = 0;
  uint64_t dead_chunk_bytes = 0;  // waiting for Prune()
  uint64_t journal_bytes = 0;
  int64_t chunks = 0;
};

struct MigrateReport {
  uint32_t from = 0;  // store formats
  uint32_t to = 0;
  uint64_t segment_bytes = 0;   // of what is there
  uint64_t bytes_to_write = 0;  // to change it
};

struct BackupOptions {
  bool prune = false;  // removes what only older backups needed
  bool copy = false;   // of sealed files too, where a link would do
};

struct BackupReport {
  uint64_t sequence = 0;       // of the last commit in it
  uint64_t bytes = 0;          // of all its files
  uint64_t bytes_written = 0;  // of those, by this backup; links aside
  uint64_t bytes_removed = 0;
  int64_t files = 0;
  int64_t files_copied = 0;
  int64_t files_linked = 0;
  int64_t files_removed = 0;
};

}  // namespace fovea

#endif  // FOVEA_STORE_REPORTS_H_
