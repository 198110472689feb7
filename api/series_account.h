// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the samples of a stored imu or series stream were coded, from the heads
// of its blocks.

#ifndef FOVEA_API_SERIES_ACCOUNT_H_
#define FOVEA_API_SERIES_ACCOUNT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/coded_windows.h"
#include "api/store.h"
#include "api/time_range.h"
#include "codec/clock_map.h"

namespace fovea {

struct SeriesAccount {
  size_t channels = 0;
  int64_t blocks = 0;
  int64_t rows = 0;
  uint64_t bytes = 0;         // of the blocks, times included
  int64_t first_version = 0;  // blocks of version 1
  int64_t bounded = 0;        // blocks within bounds, others are exact
  std::map<uint32_t, int64_t> by_profile;  // blocks, by the profile's id
  CodedWindows coded;                      // for a model
  std::optional<ClockMap> clock;           // none: it is the store's
  std::map<std::string, int64_t> by_text;  // blocks with text, by its rules
  bool stopped = false;                    // by the caller: it is partial

  double bytes_per_row() const;
  double bits_per_value() const;
};

// Of the blocks that touch the range. kInvalidArgument: a stream of another
// kind; errors of reading blocks. Values are not decoded: damage is for
// Store::Verify() to find.
absl::StatusOr<SeriesAccount> AccountForSeries(Store* store,
                                               const std::string& stream,
                                               TimeRange range,
                                               const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_SERIES_ACCOUNT_H_
