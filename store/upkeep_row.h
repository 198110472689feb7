// SPDX-License-Identifier: GPL-2.0-or-later
//
// What background upkeep remembers of itself, in one meta row ("U").

#ifndef FOVEA_STORE_UPKEEP_ROW_H_
#define FOVEA_STORE_UPKEEP_ROW_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fovea {

struct UpkeepRow {
  int64_t seen_ns = 0;      // wall clock when it last ran
  int64_t scrubbed_ns = 0;  // end of the last whole scrub; 0: none yet
  int64_t problems = 0;     // that it found
  friend bool operator==(const UpkeepRow&, const UpkeepRow&) = default;
};

inline constexpr std::string_view kUpkeepKey = "U";
std::string EncodeUpkeepRow(const UpkeepRow& row);
absl::StatusOr<UpkeepRow> DecodeUpkeepRow(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_UPKEEP_ROW_H_
