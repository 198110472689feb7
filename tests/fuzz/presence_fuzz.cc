// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as the value of a semx row. What decodes is in order, no more than
// a row may hold, and begins where its row does.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "index/presence.h"

namespace {

constexpr int64_t kMostMinutes = 25 * 60 + 2;

void Check(const fovea::Presence& presence, int64_t first) {
  if (presence.minutes.empty() ||
      presence.minutes.size() > presence.observations ||
      presence.minutes[0].first != first ||
      presence.minutes.back().end > first + kMostMinutes) {
    std::abort();
  }
  int64_t last = first - 1;
  for (const fovea::MinuteRun& run : presence.minutes) {
    if (run.first <= last || run.end <= run.first) std::abort();
    last = run.end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  for (const int64_t minute : {int64_t{29'917'440}, int64_t{-1}}) {
    const fovea::ObservationKeyParts parts = {
        7, "car", minute * fovea::kNsPerMinute + 5, 3};
    const auto presence = fovea::DecodePresence(parts, value);
    if (presence.ok()) Check(*presence, minute);
  }
  return 0;
}
