// SPDX-License-Identifier: GPL-2.0-or-later
//
// Times and durations as people write and read them, to and from int64
// nanoseconds. Parsing is exact: no value passes through floating point.

#ifndef FOVEA_API_TIME_TEXT_H_
#define FOVEA_API_TIME_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace fovea {

// "1h20m", "1m20s", "250ms", "12.5" (seconds), "1500ns" or a sum of such
// parts in falling units (d h m s ms us ns), all with an optional leading
// minus; or an RFC 3339 instant ("2026-01-05T10:00:00.25Z", offset and
// seconds optional, UTC when no offset is given) as nanoseconds since 1970.
// kInvalidArgument says what was expected; kOutOfRange beyond int64.
absl::StatusOr<int64_t> ParseTimeText(const std::string& text);

// As ParseTimeText(), for lengths of time: no instants, nothing negative.
absl::StatusOr<int64_t> ParseDurationText(const std::string& text);

// Three significant places, human units: "0 s", "250 ms", "11.8 s",
// "1m20s", "2h03m".
std::string FormatDuration(int64_t ns);

// To the nanosecond, as ParseTimeText() reads it back: "0s", "250ms",
// "1.5s", "1h20m0.25s", "-90h".
std::string FormatExactDuration(int64_t ns);

// The same, but RFC 3339 for what IsInstant().
std::string FormatExactTime(int64_t ns);

// "2026-01-05T10:00:00.25Z"; as many decimals as are needed.
std::string FormatRfc3339(int64_t ns);

// True for times that can only be instants: after September 2001. Earlier
// ones count from the start of a recording.
bool IsInstant(int64_t ns);

// A point of stream time: an instant when it can only be one, else the exact
// distance from the stream's zero in seconds: "12.345 s".
std::string FormatStreamTime(int64_t ns);

}  // namespace fovea

#endif  // FOVEA_API_TIME_TEXT_H_
