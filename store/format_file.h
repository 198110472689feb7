// SPDX-License-Identifier: GPL-2.0-or-later
//
// The FOVEA file: says that a folder is a store, of which format, and which
// store it is. Text, so that a person can read it too:
//
//   FOVEA store
//   format 1
//   id 0f3c...            32 hexadecimal digits
//   created_ns 1795...    wall clock
//   crc32c 0x1a2b3c4d     of the lines above

#ifndef FOVEA_STORE_FORMAT_FILE_H_
#define FOVEA_STORE_FORMAT_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/file_system.h"
#include "store/segment_format.h"

namespace fovea {

inline constexpr uint32_t kStoreFormat = 1;
inline constexpr char kFormatFileName[] = "FOVEA";
inline constexpr char kFormatFileDraft[] = "FOVEA.tmp";

struct FormatFile {
  StoreId id = {};
  int64_t created_ns = 0;
};

std::string EncodeFormatFile(const FormatFile& file);

// kFailedPrecondition for a newer format, kDataLoss for a damaged file.
absl::StatusOr<FormatFile> DecodeFormatFile(std::string_view text);

// Reads `folder`'s; kNotFound when there is none.
absl::StatusOr<FormatFile> ReadFormatFile(FileSystem* file_system,
                                          const std::string& folder);

// Writes it whole and durably, with a fresh random id.
absl::StatusOr<FormatFile> CreateFormatFile(FileSystem* file_system,
                                            const std::string& folder,
                                            int64_t now_ns);

}  // namespace fovea

#endif  // FOVEA_STORE_FORMAT_FILE_H_
