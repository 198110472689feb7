// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small files at once: maps, boxes, reports, pictures.

#ifndef FOVEA_API_WHOLE_FILE_H_
#define FOVEA_API_WHOLE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea {

// kNotFound, kPermissionDenied, kInvalidArgument (a folder),
// kResourceExhausted (more than `most` bytes).
absl::StatusOr<std::vector<uint8_t>> ReadWholeFile(const std::string& path,
                                                   size_t most);

// Written under a passing name and renamed, so that a full disk or an
// interrupt never leaves half a file under the real one.
absl::Status WriteWholeFile(const std::string& path,
                            std::span<const uint8_t> bytes);
absl::Status WriteWholeFile(const std::string& path, const std::string& text);

}  // namespace fovea

#endif  // FOVEA_API_WHOLE_FILE_H_
