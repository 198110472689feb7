// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model of sensor windows, whether it is a network or a program.

#ifndef FOVEA_API_WINDOW_MODEL_H_
#define FOVEA_API_WINDOW_MODEL_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/model_folder.h"
#include "api/window_program.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model.h"
#include "sensitivity/model_description.h"
#include "sensitivity/network.h"

namespace fovea {

// Not thread-safe.
class WindowModel {
 public:
  // Opens the network, or starts the program. Errors of OpenNetwork() and
  // WindowProgram::Start(); kInvalidArgument: the model takes pictures.
  static absl::StatusOr<std::unique_ptr<WindowModel>> Open(
      const ModelFiles& files, const NetworkOptions& options);

  const ModelDescription& description() const { return description_; }

  // What it says about a window of its card, in the stream's units, channel
  // by channel: class probabilities. Errors of Model::InferWindow() and
  // WindowProgram::Ask(); of a program `longest_ns` bounds the wait.
  absl::StatusOr<Answer> Ask(std::span<const double> values,
                             int64_t longest_ns = INT64_MAX);

  // Starts a program anew if it has been ended.
  absl::Status Restart();

 private:
  explicit WindowModel(ModelDescription description);

  const ModelDescription description_;
  std::unique_ptr<Model> network_;  // one of the two
  std::unique_ptr<WindowProgram> program_;
};

// The model as if its card said so many samples to a window: it is another
// one then, with a digest of its own. kInvalidArgument: a network, which is
// made for one length; `samples` beyond 1 to kMaxWindow.
absl::StatusOr<ModelFiles> WithWindow(ModelFiles files, int samples);

}  // namespace fovea

#endif  // FOVEA_API_WINDOW_MODEL_H_
