// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings of human activities with a label per sample, cut into windows in
// two ways: as they were made, and joined so that each activity lasts.

#ifndef FOVEA_BENCH_REUSE_HAR_RECORDINGS_H_
#define FOVEA_BENCH_REUSE_HAR_RECORDINGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea::bench {

inline constexpr size_t kHarChannels = 6;  // acc x, y, z; gyro x, y, z
inline constexpr double kHarRateHz = 103;  // mean over all files
inline constexpr std::array<const char*, 5> kHarActivities = {
    "SEATED", "STANDING_UP", "WALKING", "TURNING", "SITTING_DOWN"};
inline constexpr size_t kHarClasses = kHarActivities.size();

// Samples in order; times are taken as regular (they jitter by a few ms).
struct LabelledSamples {
  std::array<std::vector<float>, kHarChannels> channels;  // m/s2, rad/s
  std::vector<uint8_t> labels;                            // of kHarActivities
  size_t size() const { return labels.size(); }
  // Appends samples [begin, end) of `from`.
  void Append(const LabelledSamples& from, size_t begin, size_t end);
};

// All executions of one subject with one device.
struct HarSubject {
  std::string name;  // "s02"
  std::vector<LabelledSamples> executions;
};

// Below `folder`/`name`/, device "sp" (phone) or "sw" (watch). Throws
// std::runtime_error that names the file and line it cannot read.
HarSubject ReadHarSubject(const std::string& folder, const std::string& name,
                          const std::string& device);

// One sequence in which every activity lasts 10 s or more: spans of a single
// activity, of all executions in shuffled order, are put end to end per
// activity, cut into runs of at least 10 s, and the runs put in an order in
// which neighbours differ. No sample comes twice. Samples are joined hard: a
// join within a run may jump in posture as a transition does, without being
// one. Activities of less than 10 s in all make one shorter run.
LabelledSamples JoinLongDwells(const HarSubject& subject, uint64_t seed);

struct WindowCut {
  size_t length = 104;  // samples
  size_t hop = 52;
};

// The label most samples of a window have, the earlier one of equals.
uint8_t MajorityLabel(const LabelledSamples& samples, size_t begin,
                      size_t length);

// Channel by channel, in the samples' units.
std::vector<double> WindowValues(const LabelledSamples& samples, size_t begin,
                                 size_t length);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_REUSE_HAR_RECORDINGS_H_
