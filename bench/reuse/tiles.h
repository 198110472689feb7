// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings cut into tiles that a model looks at one by one, as is done to
// see small objects with a small detector (SAHI: Akyon et al., ICIP 2022).

#ifndef FOVEA_BENCH_REUSE_TILES_H_
#define FOVEA_BENCH_REUSE_TILES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/reuse/footage.h"
#include "bench/reuse/trace.h"
#include "filter/region.h"

namespace fovea::bench::reuse {

struct Tile {
  GridPart part;
  Footage footage;
  Trace trace;  // boxes relative to the tile
};

// columns x rows tiles without overlap, as equal as macroblocks let them be,
// of the first `most_frames` frames.
struct TiledClip {
  Footage footage;
  std::vector<Tile> tiles;
};

// Traces are kept below `folder` as those of LoadTrace().
absl::StatusOr<TiledClip> LoadTiledClip(
    const ClipName& clip, const std::string& model, int columns, int rows,
    size_t most_frames, const std::string& data, const std::string& folder,
    const std::function<void(const std::string&)>& say);

// What the tiles' models said together about each frame of the whole picture,
// in its pixels: labels of tile t are kTileLabels * t higher.
inline constexpr int kTileLabels = 1000;
Trace JointTrace(const TiledClip& clip);

// The boxes of one tile among them.
Boxes BoxesOfTile(const Boxes& joint, size_t tile);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_TILES_H_
