// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a model does what its card says, on a picture of noise.

#ifndef FOVEA_API_MODEL_CHECK_H_
#define FOVEA_API_MODEL_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/window_program.h"
#include "sensitivity/model.h"

namespace fovea {

// Of a network.
struct ModelCheck {
  NetworkInfo network;
  std::vector<std::vector<int64_t>> output_shapes;
  double scalar = 0;            // of a picture or window of noise
  double gradient_energy = 0;   // mean square by input value, the same
  bool differentiable = false;  // the gradient is finite and not all 0
};

// Runs the model forward and backward on a picture or window of noise of its
// own input size. kDataLoss: an output is not finite; errors of the decoder.
absl::StatusOr<ModelCheck> CheckModel(Model* model);

// Boxes a program tells on a picture of noise. Errors of Ask().
absl::StatusOr<size_t> CheckExternalModel(ExternalModel* model);

// Asks a program about a window of noise. How many classes it told; errors of
// WindowProgram::Ask().
absl::StatusOr<size_t> CheckWindowProgram(WindowProgram* model);

}  // namespace fovea

#endif  // FOVEA_API_MODEL_CHECK_H_
