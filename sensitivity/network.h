// SPDX-License-Identifier: GPL-2.0-or-later
//
// A neural network that answers and differentiates its answers by its
// input. Networks run in a plug-in, libfovea_torch.so, which is opened when
// the first network is: programs start fast and work without it.

#ifndef FOVEA_SENSITIVITY_NETWORK_H_
#define FOVEA_SENSITIVITY_NETWORK_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sensitivity/tensor.h"

namespace fovea {

struct NetworkOptions {
  // Of the whole process, since the runtime has one pool; 1 keeps results
  // repeatable on every machine.
  int threads = 1;
  // Off: Forward() keeps nothing and InputGradient() always fails; saves
  // most of a forward pass's memory.
  bool gradients = true;
};

struct NetworkInfo {
  std::string format;  // "ONNX opset 11", "TorchScript"
  // Declared shape of the one input; -1 where any size goes. Empty where
  // the file does not say (TorchScript).
  std::vector<int64_t> input_shape;
  // Names, in order. Empty where the file does not say (TorchScript).
  std::vector<std::string> outputs;
};

// Not thread-safe. Weights are constants: only the input is differentiated.
class Network {
 public:
  virtual ~Network() = default;
  virtual const NetworkInfo& info() const = 0;

  // Runs on `input` (batch first, as the network was trained) and keeps what
  // InputGradient() needs until the next call. A network whose batch is
  // fixed at 1 answers a batch picture by picture; the outputs are joined.
  // kInvalidArgument: the input has another shape than the network takes;
  // names the node. kResourceExhausted: beyond the limits of memory.
  virtual absl::StatusOr<std::vector<Tensor>> Forward(const Tensor& input) = 0;

  // Gradient of sum_i <weights[i], outputs[i]> by the input of the last
  // Forward(), whose output shapes `weights` have. May be called several
  // times for one Forward(). kFailedPrecondition without a Forward().
  virtual absl::StatusOr<Tensor> InputGradient(
      std::span<const Tensor> weights) = 0;
};

// Opens an ONNX file (opset 9 to 17; name ends in ".onnx") or else a
// TorchScript file. An ONNX file is data; TorchScript is a program that runs
// with the rights of this process: open only those you trust. kUnavailable:
// the plug-in is missing, with what to install; kNotFound; kDataLoss: not
// such a file, or damaged; kUnimplemented: names the operator and node that
// are not supported; kResourceExhausted: beyond the limits in docs/LIMITS.md.
absl::StatusOr<std::unique_ptr<Network>> OpenNetwork(
    const std::string& path, const NetworkOptions& options);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_NETWORK_H_
