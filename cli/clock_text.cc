// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/clock_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/time_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

__extension__ using Wide = __int128;

// Store's less the device's; "+2.5ms", "-1h".
std::string OffsetText(const ClockPoint& point) {
  const Wide gap = Wide{point.store_ns} - point.device_ns;
  const Wide size = std::min<Wide>(gap < 0 ? -gap : gap, INT64_MAX);
  return absl::StrCat(gap < 0 ? "-" : "+",
                      FormatExactDuration(static_cast<int64_t>(size)));
}

}  // namespace

std::string ClockText(const ClockMap& clock) {
  int64_t unsure = 0;
  for (const ClockPoint& point : clock.points()) {
    unsure = std::max(unsure, point.uncertainty_ns);
  }
  return absl::StrFormat("%s, %+.1f ppm, within %s",
                         OffsetText(clock.points().front()), clock.Skew() * 1e6,
                         FormatDuration(unsure));
}

std::string ClockTable(const ClockMap& clock, bool color) {
  Table table({{"DEVICE", Align::kRight},
               {"STORE", Align::kRight},
               {"OFFSET", Align::kRight},
               {"WITHIN", Align::kRight}});
  for (const ClockPoint& point : clock.points()) {
    table.Add({FormatStreamTime(point.device_ns),
               FormatStreamTime(point.store_ns), OffsetText(point),
               FormatDuration(point.uncertainty_ns)});
  }
  return table.Render(color);
}

std::string ClockCsv(const ClockMap& clock) {
  std::string text = "device_ns,store_ns,uncertainty_ns\n";
  for (const ClockPoint& point : clock.points()) {
    absl::StrAppend(&text, point.device_ns, ",", point.store_ns, ",",
                    point.uncertainty_ns, "\n");
  }
  return text;
}

Json ClockJson(const ClockMap& clock) {
  Json points = Json::array();
  for (const ClockPoint& point : clock.points()) {
    points.push_back(
        {{"device_ns", NanosecondsJson(point.device_ns)},
         {"store_ns", NanosecondsJson(point.store_ns)},
         {"uncertainty_ns", NanosecondsJson(point.uncertainty_ns)}});
  }
  return {{"skew_ppm", clock.Skew() * 1e6}, {"points", points}};
}

}  // namespace fovea::cli
