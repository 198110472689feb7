// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quality maps from the gradients of models that look along while frames
// are encoded, and what the models said.

#ifndef FOVEA_API_GRADIENT_SOURCE_H_
#define FOVEA_API_GRADIENT_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "api/degrader.h"
#include "api/map_source.h"
#include "codec/allocation.h"
#include "codec/sample.h"
#include "sensitivity/model.h"
#include "sensitivity/profiler.h"

namespace fovea {

struct GradientOptions {
  std::vector<Model*> models;  // outlive the source
  // A gradient pass every so many frames; the map holds in between.
  int every = 10;
  double degraded_crf = kDegradedCrf;
  AllocationOptions allocation;
  ProfileOptions profile;
};

// What a model said about a frame, and what it needs of it.
struct GradientPass {
  const Model* model = nullptr;
  int64_t index = 0;  // of the frame, counted from the first asked for
  const Frame* frame = nullptr;
  const SensitivityInfo* info = nullptr;
  const SensitivityFrame* sensitivity = nullptr;
  const Answer* answer = nullptr;  // about the undistorted frame
};

// `observe` (may be null) is called in Next(), once per model and pass; what
// it is given is valid during the call. Errors: those of Profiler and
// Degrader; kInvalidArgument: no models, or `every` below 1.
absl::StatusOr<std::unique_ptr<MapSource>> OpenGradientSource(
    const GradientOptions& options, const CameraInfo& camera,
    std::function<void(const GradientPass&)> observe);

}  // namespace fovea

#endif  // FOVEA_API_GRADIENT_SOURCE_H_
