// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parts of a frame that a model is asked about by themselves: the tiles of a
// grid, a gate, a parking place, the box that a detector gave. What tells two
// of them apart comes from the frame's shared grid, without another look at the
// pixels.

#ifndef FOVEA_FILTER_REGION_H_
#define FOVEA_FILTER_REGION_H_

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "codec/box.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/features.h"
#include "filter/fingerprint.h"

namespace fovea {

// Regions of a stream have the numbers 1 to kMostRegions; 0 is the whole frame.
inline constexpr uint32_t kMostRegions = 1023;

struct Region {
  uint32_t number = 1;
  Box box;  // in pixels of the frame
};

// Macroblocks of a picture. The part's upper left pixel is (16 * column,
// 16 * row).
struct GridPart {
  int column = 0, row = 0;
  int columns = 0, rows = 0;
  friend bool operator==(const GridPart&, const GridPart&) = default;
};

// The macroblocks of a picture of width x height that `box` reaches into, from
// one on. What of the box lies outside is left out; kInvalidArgument where all
// of it does, or it is empty or no numbers.
absl::StatusOr<GridPart> PartCovering(const Box& box, int width, int height);

// The part as a picture of its own, which shares the frame's pixels. `part` is
// one of PartCovering() of the frame's size.
Frame PictureOf(const Frame& frame, const GridPart& part);

// What the grids of consecutive frames say of regions. Not thread-safe.
class RegionGrids {
 public:
  // The next frame, measured against the one before it. `grid` stays as it is
  // until the next call.
  void See(const Grid& grid);

  // Of the frame seen last.
  struct Seen {
    // As of a picture of its own. Against the one before it only where the
    // region lay in the same place of the frame before and was asked for there,
    // else like a first frame: of what has moved the grid does not know how it
    // has changed.
    Grid grid;
    Fingerprint fingerprint;  // of this grid
    // Its cells, less the median of the whole frame: what fills a region is
    // not taken for its light. They have no place, so that regions of one shape
    // compare wherever they lie; of other shapes they are infinitely far.
    Features features;
  };
  // `part` lies within the grid. 2.5 us of 24 x 18 macroblocks.
  Seen Of(uint32_t number, const GridPart& part);

 private:
  struct Last {
    int64_t frame = 0;
    GridPart part;
  };

  const Grid* grid_ = nullptr;
  uint8_t light_ = 0;
  int64_t frame_ = 0;  // counts See()
  std::map<uint32_t, Last> last_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_REGION_H_
