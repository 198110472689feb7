// SPDX-License-Identifier: GPL-2.0-or-later
//
// The same footage as other files: what the ffmpeg program and a few edits
// make of a clip.

#ifndef FOVEA_BENCH_WRAPPING_H_
#define FOVEA_BENCH_WRAPPING_H_

#include <cstdint>
#include <string>
#include <vector>

namespace fovea::bench {

// What should be recognised of a file, once the clip it was made from is
// stored.
enum class Expected {
  kAll,       // at least 99 %
  kUncut,     // all but the GOP in which it was cut: shown, not judged
  kUnedited,  // all but the chunks around an edit
  kNothing,   // a re-encode
};

struct Wrapping {
  std::string what;
  std::string file;
  Expected expected = Expected::kAll;
};

// Runs "ffmpeg ARGUMENTS"; false, with a line on standard error, when it
// fails.
bool RunFfmpeg(std::vector<std::string> arguments);

// All wrappings of the H.264 clip `clip` in files of `folder`. `quick`: a
// few of them. Those ffmpeg cannot make are left out, and *complete is set
// to false.
std::vector<Wrapping> WrapVideo(const std::string& clip,
                                const std::string& folder, bool quick,
                                bool* complete);

// Copies of the file `path` with bytes put in and cut out.
std::vector<Wrapping> EditBytes(const std::string& path,
                                const std::string& folder);

// Codes the first seconds of `clip` as H.264 with open GOPs, or with closed
// ones that hold a pyramid of B pictures.
bool EncodeOpenGop(const std::string& clip, const std::string& file);
bool EncodePyramid(const std::string& clip, const std::string& file);

// The packets of the first video stream, joined, as the file holds them.
// Empty when there is none.
std::vector<uint8_t> VideoBytes(const std::string& path,
                                const std::string& folder);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_WRAPPING_H_
