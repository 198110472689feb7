// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sizes as people write them.

#ifndef FOVEA_API_BYTE_SIZE_H_
#define FOVEA_API_BYTE_SIZE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace fovea {

// "200GB", "1.5 TiB", "4096": kB, MB, GB, TB are powers of 1000, KiB to TiB
// of 1024; case does not matter. kInvalidArgument names what was found.
absl::StatusOr<uint64_t> ParseByteSize(std::string_view text);

}  // namespace fovea

#endif  // FOVEA_API_BYTE_SIZE_H_
