// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quality maps as text, to be written by hand, compared with diff and kept
// beside a recording:
//
//   fovea-map 1 COLUMNS ROWS
//   frame N
//   ROWS lines of COLUMNS offsets
//
// N is the presentation index from which the map holds, until the next one;
// frames before the first map are uniform. What follows a # is a comment.

#ifndef FOVEA_CODEC_MAP_FILE_H_
#define FOVEA_CODEC_MAP_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "codec/limits.h"
#include "codec/quality_map.h"

namespace fovea {

struct MapSequence {
  int columns = 0;
  int rows = 0;
  std::map<int64_t, QualityMap> maps;  // by first frame

  // What holds at `frame`; null before the first map.
  const QualityMap* At(int64_t frame) const;
};

// `name` begins every error, which names the line. kInvalidArgument: not
// such a text, frames not rising, offsets odd or outside 0..kMaxQpOffset;
// kResourceExhausted: beyond the limits.
absl::StatusOr<MapSequence> ParseMaps(const std::string& name,
                                      std::string_view text,
                                      const CodecLimits& limits);

// A text ParseMaps() reads the same from.
std::string MapsText(const MapSequence& sequence);

}  // namespace fovea

#endif  // FOVEA_CODEC_MAP_FILE_H_
