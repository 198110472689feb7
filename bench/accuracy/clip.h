// SPDX-License-Identifier: GPL-2.0-or-later
//
// The recordings the bench encodes: decoded once, kept as frames.

#ifndef FOVEA_BENCH_ACCURACY_CLIP_H_
#define FOVEA_BENCH_ACCURACY_CLIP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea::bench {

// Which part of which recording, before it is opened.
struct ClipChoice {
  std::string name;  // short: "ua"
  std::string path;
  int frames = 0;  // from the first on
  int every = 1;   // every n-th of them is scored
};

// "ua", "tc", "dc", "gp" below `data`, or the path of a recording. Nonzero
// `frames` and `every` replace the clip's own.
ClipChoice ChooseClip(const std::string& name, const std::string& data,
                      int frames, int every);

struct Clip {
  ClipChoice choice;
  std::string digest;  // SHA-256 of the file
  CameraInfo camera;
  std::vector<Frame> frames;

  double frames_per_second() const;
};

absl::StatusOr<std::string> FileDigest(const std::string& path);

// Decodes the first camera track. kInvalidArgument when it has none or no
// frames.
absl::StatusOr<Clip> LoadClip(const ClipChoice& choice);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_CLIP_H_
