// SPDX-License-Identifier: GPL-2.0-or-later
//
// What people or other programs said of a recording, from a file, as
// observations.

#ifndef FOVEA_API_ANNOTATE_H_
#define FOVEA_API_ANNOTATE_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/shown_frames.h"
#include "codec/formats/annotations.h"
#include "index/observation.h"
#include "store/derived_rows.h"
#include "store/rows.h"

namespace fovea {

struct AnnotateOptions {
  // Width and height are the stream's, whatever is said here.
  AnnotationOptions file;
  // Whose word it is: what one name said can be replaced.
  std::string by = "annotations";
  // Takes out first what that name said of the stream before.
  bool replace = false;
};

struct AnnotateReport {
  int64_t frames = 0;  // in the file
  int64_t boxes = 0;
  int64_t observations = 0;               // put: tracks, and boxes without one
  int64_t replaced = 0;                   // taken out
  std::map<std::string, int64_t> labels;  // observations
  std::map<std::string, int64_t> made_boxes;  // as Annotations has them
  std::map<std::string, int64_t> passed_over;
};

// Stands where a model's digest does: SHA-256 of a name.
ModelKey AnnotatorKey(const std::string& by);

// The boxes of annotated frames as observations: one per track, or several
// where frames of the file lie in between that do not have it, or where it
// is longer than an observation may be; one per box without a track. They
// hold until their last frame gives way to the next. `times` has every frame
// of `annotations`, by index. kInvalidArgument: a box without a label, or
// with one that no observation can have, naming the frame.
absl::StatusOr<std::vector<Observation>> ObservationsOf(
    const Annotations& annotations, std::span<const FrameTime> times,
    StreamId stream, const ModelKey& by);

}  // namespace fovea

#endif  // FOVEA_API_ANNOTATE_H_
