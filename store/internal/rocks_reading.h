// SPDX-License-Identifier: GPL-2.0-or-later
//
// Our files as RocksDB reads them.

#ifndef FOVEA_STORE_INTERNAL_ROCKS_READING_H_
#define FOVEA_STORE_INTERNAL_ROCKS_READING_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "store/file_system.h"

namespace fovea {

// Our status as RocksDB has it.
rocksdb::IOStatus Answer(const absl::Status& status);

std::unique_ptr<RandomFile> ReadBytes(std::string bytes);  // from memory
std::unique_ptr<rocksdb::FSSequentialFile> ReadInOrder(
    std::unique_ptr<RandomFile> file);
std::unique_ptr<rocksdb::FSRandomAccessFile> ReadAnywhere(
    std::unique_ptr<RandomFile> file);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_ROCKS_READING_H_
