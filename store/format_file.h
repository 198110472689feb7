// SPDX-License-Identifier: GPL-2.0-or-later
//
// The FOVEA file: says that a folder is a store, of which format, and which
// store it is. Text, so that a person can read it too:
//
//   FOVEA store
//   format 4
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

// Since 2: deletes by the range in journals, several segments open at once,
// blocks with a head and a chunk, payload references that leak. Since 3: packs
// of observations, the family semx, frame tables 2. Since 4: the families res
// and dec. Since 5: series blocks 2 and 3, coding tables, clocks.
inline constexpr uint32_t kStoreFormat = 5;
inline constexpr uint32_t kOldestStoreFormat = 1;  // that is read
inline constexpr char kFormatFileName[] = "FOVEA";
inline constexpr char kFormatFileDraft[] = "FOVEA.tmp";

struct FormatFile {
  uint32_t format = kStoreFormat;
  StoreId id = {};
  int64_t created_ns = 0;
};

std::string EncodeFormatFile(const FormatFile& file);

// kFailedPrecondition for a format that is not known, kDataLoss for a damaged
// file.
absl::StatusOr<FormatFile> DecodeFormatFile(std::string_view text);

// Reads `folder`'s; kNotFound when there is none.
absl::StatusOr<FormatFile> ReadFormatFile(FileSystem* file_system,
                                          const std::string& folder);

// One with a fresh random id, of the present format.
FormatFile NewFormatFile(int64_t now_ns);

// Writes it whole and durably, in the place of one that is there.
absl::Status WriteFormatFile(FileSystem* file_system, const std::string& folder,
                             const FormatFile& format);

}  // namespace fovea

#endif  // FOVEA_STORE_FORMAT_FILE_H_
