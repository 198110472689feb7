// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ffmpeg and ffprobe programs as test instruments: they make clips of
// any codec and give a second opinion on what a file holds.

#ifndef FOVEA_TESTS_SUPPORT_FFMPEG_TOOL_H_
#define FOVEA_TESTS_SUPPORT_FFMPEG_TOOL_H_

#include <cstdint>
#include <string>
#include <vector>

namespace fovea::testing {

// Whether both programs can be run.
bool HasFfmpeg();

#define FOVEA_NEED_FFMPEG()                                       \
  if (!::fovea::testing::HasFfmpeg()) {                           \
    GTEST_SKIP() << "the ffmpeg and ffprobe programs are absent"; \
  }                                                               \
  static_assert(true)

// "ffmpeg -y ARGUMENTS"; throws with its messages when it fails.
void Ffmpeg(const std::string& arguments);

// Standard output of a command line; throws when it fails.
std::string RunTool(const std::string& command);

// Presentation ticks of every frame of the first video stream, in output
// order, as ffprobe decodes them.
std::vector<int64_t> ProbeFrameTicks(const std::string& path);

// Number of packets of stream `selector` ("a:0", "v:0", "3").
int64_t ProbePacketCount(const std::string& path, const std::string& selector);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_FFMPEG_TOOL_H_
