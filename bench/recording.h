// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frames of a recording, decoded and held, for benches to go over again.

#ifndef FOVEA_BENCH_RECORDING_H_
#define FOVEA_BENCH_RECORDING_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea::bench {

struct Recording {
  CameraInfo camera;
  std::vector<Frame> frames;
};

// The first `limit` frames of the first camera track, at least one.
absl::StatusOr<Recording> LoadRecording(const std::string& path, size_t limit);

// `paths`, or where that is empty `defaults` below $FOVEA_TEST_DATA.
std::vector<std::string> ChooseRecordings(
    const std::vector<std::string>& paths,
    const std::vector<std::string>& defaults);

// "[--frames N] [CLIP...]".
struct BenchArguments {
  size_t frames = 0;
  std::vector<std::string> clips;
};

// nullopt when they cannot be read, which standard error tells.
std::optional<BenchArguments> ParseBenchArguments(const char* program,
                                                  size_t default_frames,
                                                  int argc, char** argv);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_RECORDING_H_
