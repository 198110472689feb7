// SPDX-License-Identifier: GPL-2.0-or-later
//
// One object through a CVAT video: boxes at key frames, and what lies
// between and after them.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_CVAT_TRACKS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_CVAT_TRACKS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "codec/formats/internal/annotation_builder.h"

namespace fovea::codec_internal {

// Which frames a task annotates: first, first + step, ... up to last.
struct CvatFrames {
  int64_t first = 0;
  int64_t step = 1;
  std::optional<int64_t> last;  // nullopt: not said
  double width = 0;             // of the pictures, 0: not said
  double height = 0;
};

struct CvatKey {
  int64_t frame = 0;
  Edges edges;          // before they are turned
  double rotation = 0;  // degrees clockwise about the box's middle
  bool outside = false;
  AnnotatedBox box;                  // attributes and score
  std::vector<std::string> cleared;  // attributes that have no value from here
};

// The upright box around one turned by `rotation`.
Edges Turned(const Edges& edges, double rotation);

// Gives the track's boxes to their frames as CVAT does: straight lines
// between keys, nothing from an outside key on, the last one held to the
// task's end. A key that does not name an attribute has the key before's.
absl::Status AddTrack(std::vector<CvatKey> keys, const CvatFrames& frames,
                      const std::string& label, uint64_t track,
                      AnnotationBuilder* builder);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_CVAT_TRACKS_H_
