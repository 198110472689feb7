// SPDX-License-Identifier: GPL-2.0-or-later
//
// zstd over whole buffers whose plain size is known beforehand.

#ifndef FOVEA_STORE_INTERNAL_ZSTD_H_
#define FOVEA_STORE_INTERNAL_ZSTD_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fovea {

// One zstd frame; the same bytes each time. "" when zstd fails (no memory).
std::string ZstdCompress(std::string_view plain);

// kDataLoss unless `packed` is one zstd frame of exactly `plain_size`
// bytes; the caller has bounded `plain_size`.
absl::StatusOr<std::string> ZstdDecompress(std::string_view packed,
                                           size_t plain_size);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_ZSTD_H_
