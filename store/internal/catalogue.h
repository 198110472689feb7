// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ordered rows in families, all of which can be made again from segments.
// The implementation is RocksDB, seen by rocks.cc and rocks_files alone.

#ifndef FOVEA_STORE_INTERNAL_CATALOGUE_H_
#define FOVEA_STORE_INTERNAL_CATALOGUE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"
#include "store/journal.h"

namespace fovea {

// Reading calls, on a catalogue or a snapshot of it. Thread-safe. kDataLoss:
// its files are damaged.
class CatalogueReader {
 public:
  virtual ~CatalogueReader() = default;

  // None when there is no such row.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      Family family, std::string_view key) = 0;

  // As StoreReader::Scan() and StoreReader::SeekBackward().
  virtual absl::Status Scan(Family family, std::string_view begin,
                            std::string_view end,
                            const StoreReader::Visitor& visit) = 0;
  virtual absl::StatusOr<StoreReader::KeyValue> SeekBackward(
      Family family, std::string_view key, std::string_view prefix) = 0;

 protected:
  CatalogueReader() = default;
};

class Catalogue : public CatalogueReader {
 public:
  struct Options {
    bool create = false;     // begin empty, whatever the folder holds
    bool read_only = false;  // what is written stays in memory
    // Rows of a family kept in memory before they go to a table file.
    uint64_t buffer_bytes = 0;
  };

  // kFailedPrecondition with the next step when it is missing or damaged.
  // Nothing reaches the folder, which need not exist, before a Flush() or a
  // full buffer.
  static absl::StatusOr<std::unique_ptr<Catalogue>> Open(
      FileSystem* file_system, const std::string& path, const Options& options);

  // Applies all changes or none. They may be gone after the process ends,
  // together with all later ones, unless a Flush() follows: what matters is
  // in a segment first.
  virtual absl::Status Write(const std::vector<RowChange>& changes) = 0;

  // The rows as they are now. Must not outlive the catalogue; rows deleted
  // meanwhile stay in its files as long as it lives.
  virtual std::unique_ptr<CatalogueReader> Snapshot() = 0;

  // Returns once everything written so far is in table files on stable
  // storage.
  virtual absl::Status Flush() = 0;

  // The files that side by side are the catalogue as it last reached the
  // disk. Of those without `bytes` the first `size` are meant, and they do
  // not change. None while all is in memory. This catalogue removes none of
  // them before `use` returns.
  struct LiveFile {
    std::string name;
    uint64_t size = 0;
    std::optional<std::string> bytes;
  };
  virtual absl::Status WithLiveFiles(
      const std::function<absl::Status(const std::vector<LiveFile>&)>& use) = 0;

  // Reads all of the table files. kDataLoss when a byte is not as written.
  virtual absl::Status CheckFiles() = 0;

  // Rewrites the files until no deleted row is in any of them. False where a
  // scan under way still reads one that holds some: it is to be tried again.
  virtual absl::StatusOr<bool> PurgeDeleted() = 0;

 protected:
  Catalogue() = default;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_CATALOGUE_H_
