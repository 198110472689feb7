// SPDX-License-Identifier: GPL-2.0-or-later
//
// What RocksDB believes of a table before it has compared a checksum: the
// footer, which none covers, and the properties, which it parses first. It
// aborts on what it does not expect there.

#ifndef FOVEA_STORE_INTERNAL_TABLE_CHECK_H_
#define FOVEA_STORE_INTERNAL_TABLE_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "store/file_system.h"

namespace fovea {

// kDataLoss unless the table in `file` has a footer of the kind that
// store/internal/rocks.cc writes and properties as they were written. Tables
// of earlier releases had checksums that are not compared here. `path` is for
// the message.
absl::Status CheckTable(RandomFile* file, const std::string& path);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_TABLE_CHECK_H_
