// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs ONNX graphs on torch.

#ifndef FOVEA_SENSITIVITY_TORCH_ONNX_NETWORK_H_
#define FOVEA_SENSITIVITY_TORCH_ONNX_NETWORK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sensitivity/network.h"
#include "sensitivity/onnx/onnx_graph.h"

namespace fovea {

// kUnimplemented: names the first operator and node that are not supported.
absl::StatusOr<std::unique_ptr<Network>> NewOnnxNetwork(
    const std::string& name, const NetworkOptions& options, OnnxGraph graph);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_TORCH_ONNX_NETWORK_H_
