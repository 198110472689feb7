// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensitivities of a recording by the gradients of one or more models, in
// one pass, as files that encoders read.

#ifndef FOVEA_API_PROFILE_FILE_H_
#define FOVEA_API_PROFILE_FILE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/degrader.h"
#include "api/store.h"
#include "codec/formats/source.h"
#include "codec/model_id.h"
#include "sensitivity/model.h"
#include "sensitivity/profiler.h"

namespace fovea {

struct ProfileFileOptions {
  std::string input;  // what OpenSource() takes, or a stream of `store`
  SourceOptions source;
  Store* store = nullptr;  // null: `input` is a file

  ProfileOptions profile;
  // A gradient pass every so many frames; in between, the larger of its two
  // neighbours holds, so that nothing that comes or goes is missed. Cost
  // falls in proportion; savings hardly do up to 10.
  int every = 4;
  // One map for the whole recording, the mean: a camera's prior.
  bool prior = false;
  double degraded_crf = kDegradedCrf;
};

struct ProfileReport {
  CameraInfo camera;
  int64_t frames = 0;
  int64_t probed = 0;  // frames that had a gradient pass
  struct PerModel {
    ModelId model;
    std::string output;
    uint64_t bytes = 0;
    double reference = 0;  // s_ref: mean 95th percentile
    // Share of macroblocks within 4 QP of it: what encoders must keep.
    double relevant_share = 0;
  };
  std::vector<PerModel> models;
  bool stopped = false;
  std::vector<std::string> notes;
  absl::Status source_error;  // not OK: the source ended badly after this
};

// Writes outputs[i] for models[i]; a file appears only when all went well.
// Errors: those of OpenSource(), Profiler, Degrader; kInvalidArgument: no
// model, `every` below 1, the input holds no frame.
absl::StatusOr<ProfileReport> ProfileFile(
    const ProfileFileOptions& options, const std::vector<Model*>& models,
    const std::vector<std::string>& outputs,
    const std::function<void(int64_t done, int64_t total)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_PROFILE_FILE_H_
