// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/activity.h"

#include <cmath>
#include <filesystem>
#include <numbers>
#include <sstream>

#include "tests/support/test_data.h"

namespace fovea::testing {

bool Walks(int64_t i, int64_t dwell) { return i / dwell % 2 == 1; }

std::array<double, kActivityChannels> ActivitySample(int64_t i, int64_t dwell) {
  // No two windows are quite alike.
  const double unrest = static_cast<double>((i * 7919) % 13) / 1000;
  if (!Walks(i, dwell)) return {0.1 + unrest, 0.2, 9.7, unrest / 10, 0, 0};
  const double phase =
      2 * std::numbers::pi * 2 * static_cast<double>(i) / kActivityRateHz;
  return {3 * std::sin(phase),   1 + unrest, 9.7 + 2 * std::cos(phase),
          0.5 * std::sin(phase), unrest,     0.1};
}

std::vector<double> ActivityWindow(int64_t first, int64_t samples,
                                   int64_t dwell) {
  std::vector<double> values;
  for (size_t c = 0; c < kActivityChannels; ++c) {
    for (int64_t i = first; i < first + samples; ++i) {
      values.push_back(ActivitySample(i, dwell)[c]);
    }
  }
  return values;
}

std::string ActivityCsv(int64_t first, int64_t end, int64_t dwell) {
  std::ostringstream csv;
  csv << "time_ns,accel_x,accel_y,accel_z,gyro_x,gyro_y,gyro_z\n";
  for (int64_t i = first; i < end; ++i) {
    csv << kActivityStartNs + i * kActivityPeriodNs;
    for (const double value : ActivitySample(i, dwell)) csv << ',' << value;
    csv << '\n';
  }
  return csv.str();
}

void WriteWindowProgram(const std::string& folder, const std::string& name,
                        const std::string& script, const std::string& more) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  WriteFileText(folder + "/model.yaml",
                "name: " + name +
                    "\ncommand: [./tell.sh]\nlabels: labels.txt\n" + more +
                    "input:\n  window: 50\n  rate: 50\n  channels: [accel_x, "
                    "accel_y, accel_z, gyro_x, gyro_y, gyro_z]\n");
  WriteFileText(folder + "/labels.txt", "standing\nwalking\n");
  WriteFileText(folder + "/tell.sh", script);
  fs::permissions(folder + "/tell.sh", fs::perms::owner_all);
}

std::string ActivityScript(const std::string& answer) {
  return "#!/bin/sh\nn=0\nclass=0\nwhile read line; do case $line in\n"
         "-*) class=1;;\n"
         "'') n=$((n+1)); " +
         answer + "; echo 0.9,$class; echo; class=0;;\nesac; done\n";
}

}  // namespace fovea::testing
