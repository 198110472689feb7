// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one place that includes zstd.h.

#include "store/internal/zstd.h"

#include <zstd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// Frame tables of 60 pictures of a fixed camera (intel_bottle-detection)
// take 17.5, 16.8, 16.7 and 16.2 bytes a picture at levels 3, 6, 12 and 19.
// The last half byte cost several times the time wherever it was tried.
constexpr int kLevel = 6;

}  // namespace

std::string ZstdCompress(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(),
                                    plain.size(), kLevel);
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
