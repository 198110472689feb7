// SPDX-License-Identifier: GPL-2.0-or-later
//
// What RocksDB believes of a manifest: that a record which goes on behind the
// end of the file is the torn end of an append, and to be left out in
// silence. Ours are whole before anything names them.

#ifndef FOVEA_STORE_INTERNAL_MANIFEST_CHECK_H_
#define FOVEA_STORE_INTERNAL_MANIFEST_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "store/file_system.h"

namespace fovea {

// kDataLoss unless the file consists of whole records whose checksums agree.
// `path` is for the message.
absl::Status CheckManifest(RandomFile* file, const std::string& path);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_MANIFEST_CHECK_H_
