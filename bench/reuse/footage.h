// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recording as a gate meets it: packets, pictures, the shared grid. No
// model has looked at it.

#ifndef FOVEA_BENCH_REUSE_FOOTAGE_H_
#define FOVEA_BENCH_REUSE_FOOTAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/reuse/packets.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/features.h"

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
  std::vector<Packet> packets;  // as many; of regions none
  // Of regions, the median luma of each whole frame, which their features are
  // told by (filter/region.h); else none.
  std::vector<uint8_t> light = {};

  size_t size() const { return frames.size(); }
};

// What this project's filter tells a frame by.
Features FeaturesAt(const Footage& footage, size_t frame);

// Decodes the whole recording and keeps it. kDataLoss: it has another number
// of packets than of frames.
absl::StatusOr<Footage> LoadFootage(const ClipName& clip,
                                    const std::string& data);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_FOOTAGE_H_
