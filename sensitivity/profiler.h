// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much a model's answer depends on each part of a picture: squared
// gradients of a scalar of its outputs, averaged over probes. Three published
// methods are special cases.

#ifndef FOVEA_SENSITIVITY_PROFILER_H_
#define FOVEA_SENSITIVITY_PROFILER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "codec/sensitivity_file.h"
#include "sensitivity/block_energy.h"
#include "sensitivity/model.h"

namespace fovea {

enum class ProfileMethod : uint8_t {
  // Mean square over probes at the degraded picture: loss^2 / grey^2.
  kEnergy,
  // Mean size of the gradient per DCT frequency at the undistorted picture,
  // one value for all blocks (GRACE, MobiCom 2019).
  kGrace,
  // Sum over the block of |gradient| |original - degraded| at the degraded
  // picture, scaled to 0..1 per frame (AccGrad of AccMPEG, MLSys 2022).
  kAccMpeg,
  // Mean size of the gradient per block at the undistorted picture (STAC,
  // INFOCOM 2022).
  kStac,
};

// "energy", "grace", "accmpeg", "stac".
const char* ProfileMethodName(ProfileMethod method);

struct ProfileOptions {
  ProfileMethod method = ProfileMethod::kEnergy;
  // Random-sign probes beside the plain sum; each costs a backward pass.
  int random_probes = 1;
  bool frequencies = false;  // also per DCT frequency
  bool full_chroma = false;  // Cb and Cr at 4:4:4 instead of 4:2:0
  // Sensitivities are spread over the 3x3 neighbours: what the encoder does
  // to a block shows beside it, and one gradient is noisy.
  bool spread = true;
  uint64_t seed = 1;
};

// Per frame; not thread-safe. Keeps no state between frames but the seed's.
class Profiler {
 public:
  // `model` outlives the profiler. kInvalidArgument: it takes no pictures,
  // or options are out of range.
  static absl::StatusOr<std::unique_ptr<Profiler>> Create(
      Model* model, const CameraInfo& camera, const ProfileOptions& options);

  // What the header of a file of these sensitivities says.
  SensitivityInfo info() const;

  // Sensitivities of one frame; `degraded` is what a coarse encode leaves of
  // it, about CRF 35: at the original itself the gradient of a model's
  // agreement with itself vanishes. kDataLoss: the model's output or
  // gradient is not finite.
  absl::StatusOr<SensitivityFrame> Measure(const Frame& original,
                                           const Frame& degraded);

 private:
  Profiler(Model* model, const CameraInfo& camera,
           const ProfileOptions& options);

  absl::Status AddProbes(const Frame& at, const std::vector<Tensor>& reference);
  absl::Status AddProbe(const std::vector<Tensor>& outputs,
                        const std::vector<Tensor>& reference, Probe probe,
                        const PictureInput& input);
  SensitivityFrame Collect() const;

  Model* const model_;
  const CameraInfo camera_;
  const ProfileOptions options_;
  BlockEnergy energy_;
  // kAccMpeg: what gradients are weighed by.
  std::optional<std::pair<Frame, Frame>> difference_of_;
  uint64_t probes_ = 0;  // so far, of all frames: each has a seed of its own
};

// Mean of each value with its up to eight neighbours.
std::vector<double> Spread3x3(const std::vector<double>& values, int columns,
                              int rows);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_PROFILER_H_
