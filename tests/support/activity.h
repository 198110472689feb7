// SPDX-License-Identifier: GPL-2.0-or-later
//
// A made inertial recording of somebody who stands and walks by turns.

#ifndef FOVEA_TESTS_SUPPORT_ACTIVITY_H_
#define FOVEA_TESTS_SUPPORT_ACTIVITY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea::testing {

inline constexpr size_t kActivityChannels = 6;
inline constexpr double kActivityRateHz = 50;
inline constexpr int64_t kActivityPeriodNs = 20'000'000;

// Of sample `i`: acceleration in m/s2, turn in rad/s. He begins standing and
// changes every `dwell` samples; walking, the first channel is often negative,
// standing never.
std::array<double, kActivityChannels> ActivitySample(int64_t i, int64_t dwell);
bool Walks(int64_t i, int64_t dwell);

// Samples from `first` on, channel by channel.
std::vector<double> ActivityWindow(int64_t first, int64_t samples,
                                   int64_t dwell);

// As a CSV file with columns time_ns, accel_x ... gyro_z; sample i is at
// start_ns + i periods.
std::string ActivityCsv(int64_t first, int64_t end, int64_t dwell);
inline constexpr int64_t kActivityStartNs = 1'700'000'000'000'000'000;

// model.yaml and labels.txt ("standing", "walking") in `folder`, of a program
// of windows of 50 samples, which is the shell script `script`; `more` comes
// at the card's end.
void WriteWindowProgram(const std::string& folder, const std::string& name,
                        const std::string& script,
                        const std::string& more = "");

// Tells class 1 of a window whose first channel is ever negative, else 0.
// `answer`: shell commands before each answer, which see the window's number
// from 1 on as $n and the class as $class.
std::string ActivityScript(const std::string& answer = ":");

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_ACTIVITY_H_
