// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files to pictures: sensitivities and maps as heat maps, what the accuracy
// bench measured as curves.

#ifndef FOVEA_API_PLOT_H_
#define FOVEA_API_PLOT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea {

struct HeatPlotOptions {
  std::string path;   // sensitivity or map file, told apart by its bytes
  int64_t frame = 0;  // presentation index
  std::string video;  // empty: the map alone
};

// Writes a PNG. kNotFound: no file, or nothing holds at that frame.
absl::Status PlotHeatMap(const HeatPlotOptions& options,
                         const std::string& output);

struct RatePlotOptions {
  std::string measure = "soft";       // or "f1"
  std::string judge;                  // empty: all
  std::vector<std::string> policies;  // empty: all
};

// Curves of the bench ("fovea.rate-accuracy/1") as an SVG text: one panel
// per clip and judge, bytes on a logarithmic axis, an interval around each
// point where the report has one. `name` begins every error.
absl::StatusOr<std::string> RateAccuracySvg(const std::string& name,
                                            const std::string& json,
                                            const RatePlotOptions& options);

// The table of savings in the bench's report ("fovea.accuracy/1") as an SVG
// text: one panel per clip and one for all, bytes at equal agreement in per
// cent with their intervals, one row per policy. `table` is its name; empty:
// the policies against the best plain setting where there are any, else the
// first.
absl::StatusOr<std::string> SavingsSvg(const std::string& name,
                                       const std::string& json,
                                       const std::string& table,
                                       const RatePlotOptions& options);

// Writes either, by what `report` is.
absl::Status PlotRateAccuracy(const std::string& report,
                              const std::string& table,
                              const RatePlotOptions& options,
                              const std::string& output);

}  // namespace fovea

#endif  // FOVEA_API_PLOT_H_
