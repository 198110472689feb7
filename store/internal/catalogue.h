// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ordered rows in families, all of which can be made again from segments.
// The implementation is RocksDB, seen by rocks.cc alone.

#ifndef FOVEA_STORE_INTERNAL_CATALOGUE_H_
#define FOVEA_STORE_INTERNAL_CATALOGUE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/journal.h"
#include "store/store.h"

namespace fovea {

// Thread-safe. kDataLoss: its files are damaged.
class Catalogue {
 public:
  enum class Mode { kCreate, kOpen, kReadOnly };

  // kFailedPrecondition with the next step when it is missing or damaged.
  static absl::StatusOr<std::unique_ptr<Catalogue>> Open(
      const std::string& path, Mode mode);
  virtual ~Catalogue() = default;

  // None when there is no such row.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      Family family, std::string_view key) = 0;

  // Applies all changes or none. With `sync`, returns once they are on
  // stable storage.
  virtual absl::Status Write(const std::vector<RowChange>& changes,
                             bool sync) = 0;

  // As Store::Scan() and Store::SeekBackward().
  virtual absl::Status Scan(Family family, std::string_view begin,
                            std::string_view end,
                            const Store::Visitor& visit) = 0;
  virtual absl::StatusOr<Store::KeyValue> SeekBackward(
      Family family, std::string_view key, std::string_view prefix) = 0;

  // Puts everything written so far into table files.
  virtual absl::Status Flush() = 0;

  // Rewrites the files until no deleted row is in any of them.
  virtual absl::Status PurgeDeleted() = 0;

 protected:
  Catalogue() = default;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_CATALOGUE_H_
