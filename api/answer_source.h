// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quality maps from the boxes of a model that only answers and looks along
// while frames are encoded, and what it said.

#ifndef FOVEA_API_ANSWER_SOURCE_H_
#define FOVEA_API_ANSWER_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/map_source.h"
#include "codec/rival_maps.h"
#include "codec/sample.h"

namespace fovea {

struct AnswerOptions {
  ExternalModel* model = nullptr;  // outlives the source
  // It is asked every so many frames; the map holds in between.
  int every = 10;
  // Boxes keep their quality from this score on, or from the card's
  // threshold where that is lower. Of the box rules measured
  // (docs/ACCURACY.md), those of a low score at +12 cost another model
  // than the one that told them least.
  float score = 0.3F;
  BoxMapOptions map;
  // Longest wait for an answer, whatever the card says.
  int64_t longest_answer_ns = INT64_MAX;
};

// What is told of the model; either may be null.
struct AnswerEvents {
  // In Next(), once per look; frame and answer are valid during the call.
  std::function<void(const ModelDescription&, const Frame&, const Answer&)>
      answered;
  // It failed at frame `index`, counted from the first asked for, and is
  // not asked again. Called once.
  std::function<void(const ModelDescription&, int64_t index,
                     const absl::Status&)>
      failed;
};

// A failure of the model is no error of the source: from that frame on its
// maps are those of `instead`. One that failed under an earlier source is
// started anew. kInvalidArgument: no model, `every` below 1.
absl::StatusOr<std::unique_ptr<MapSource>> OpenAnswerSource(
    const AnswerOptions& options, const CameraInfo& camera,
    std::unique_ptr<MapSource> instead, AnswerEvents events);

}  // namespace fovea

#endif  // FOVEA_API_ANSWER_SOURCE_H_
