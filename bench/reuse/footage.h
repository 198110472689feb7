// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recording as a gate meets it: packets, pictures, the shared grid. No
// model has looked at it.

#ifndef FOVEA_BENCH_REUSE_FOOTAGE_H_
#define FOVEA_BENCH_REUSE_FOOTAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/reuse/packets.h"
#include "codec/grid.h"
#include "codec/sample.h"

namespace fovea::bench::reuse {

struct ClipName {
  std::string name;     // short: "vtest"
  std::string path;     // below the data folder
  bool moving = false;  // the camera moves
};

// The clips of the evaluation, in the order of its tables. Not among them:
// mot17-04, whose 8 frames leave 5 to judge by.
const std::vector<ClipName>& AllClips();

struct Footage {
  std::string name;
  CameraInfo camera;
  std::vector<Frame> frames;
  std::vector<Grid> grids;      // as many
  std::vector<Packet> packets;  // as many

  size_t size() const { return frames.size(); }
};

// Decodes the whole recording and keeps it. kDataLoss: it has another number
// of packets than of frames.
absl::StatusOr<Footage> LoadFootage(const ClipName& clip,
                                    const std::string& data);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_FOOTAGE_H_
