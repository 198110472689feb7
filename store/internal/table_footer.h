// SPDX-License-Identifier: GPL-2.0-or-later
//
// RocksDB believes the footers of its tables, which no checksum covers, and
// aborts where blocks were packed another way than a footer says.

#ifndef FOVEA_STORE_INTERNAL_TABLE_FOOTER_H_
#define FOVEA_STORE_INTERNAL_TABLE_FOOTER_H_

#include <string>

#include "absl/status/status.h"
#include "store/file_system.h"

namespace fovea {

// kDataLoss unless the footer of the table in `file` is of the one kind that
// store/internal/rocks.cc has written. `path` is for the message.
absl::Status CheckTableFooter(RandomFile* file, const std::string& path);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_TABLE_FOOTER_H_
