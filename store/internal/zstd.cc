// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one place that includes zstd.h.

#include "store/internal/zstd.h"

#include <zstd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// Frame tables are a few kilobytes: the highest level costs well under a
// millisecond there. A long trim record gets a cheaper one.
constexpr size_t kSmall = 64 << 10;
constexpr int kSmallLevel = 19;
constexpr int kLargeLevel = 6;

}  // namespace

std::string ZstdCompress(std::string_view plain) {
  const int level = plain.size() <= kSmall ? kSmallLevel : kLargeLevel;
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(),
                                    plain.size(), level);
  packed.resize(ZSTD_isError(size) ? 0 : size);
  return packed;
}

absl::StatusOr<std::string> ZstdDecompress(std::string_view packed,
                                           size_t plain_size) {
  // Asking the frame first keeps a lie about the size from costing memory.
  const auto says = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (says != plain_size) {
    return absl::DataLossError(absl::StrCat("zstd frame does not hold the ",
                                            plain_size, " bytes expected"));
  }
  std::string plain(plain_size, '\0');
  const size_t size =
      ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(size)) {
    return absl::DataLossError(absl::StrCat("zstd: ", ZSTD_getErrorName(size)));
  }
  if (size != plain_size) {
    return absl::DataLossError(
        absl::StrCat("zstd gave ", size, " bytes, expected ", plain_size));
  }
  return plain;
}

}  // namespace fovea
