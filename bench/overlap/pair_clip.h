// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two cameras that look at one scene at the same time: decoded or generated,
// kept as frames.

#ifndef FOVEA_BENCH_OVERLAP_PAIR_CLIP_H_
#define FOVEA_BENCH_OVERLAP_PAIR_CLIP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_geometry.h"
#include "codec/sample.h"

namespace fovea::bench {

struct PairClip {
  std::string name;
  CameraInfo camera;  // of both
  std::vector<Frame> first, second;
  std::optional<Homography> truth;  // first to second, where it is known
  double truth_share = 0;           // of the second's view, with it
};

// A generated scene whose second camera sees `overlap` of the first one's
// view; straight from the renderer, never coded before.
absl::StatusOr<PairClip> GeneratedPair(double overlap, PictureSize size,
                                       int frames, uint64_t seed);

// Of two recordings each `step`-th frame of the first `frames` * `step`,
// reduced by the whole number `shrink`; kInvalidArgument unless they have
// one size then.
absl::StatusOr<PairClip> RecordedPair(const std::string& name,
                                      const std::string& first,
                                      const std::string& second, int frames,
                                      int step, int shrink);

// Frames of a recording, as they come, up to `longest_ns` after the first.
absl::StatusOr<std::vector<Frame>> LoadFrames(const std::string& path,
                                              int64_t longest_ns);

// Two lists of still files of one size: pair by pair, not a sequence.
absl::StatusOr<PairClip> StillPairs(const std::string& name,
                                    const std::vector<std::string>& first,
                                    const std::vector<std::string>& second);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OVERLAP_PAIR_CLIP_H_
