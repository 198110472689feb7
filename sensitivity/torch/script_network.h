// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs TorchScript modules.

#ifndef FOVEA_SENSITIVITY_TORCH_SCRIPT_NETWORK_H_
#define FOVEA_SENSITIVITY_TORCH_SCRIPT_NETWORK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sensitivity/network.h"

namespace fovea {

// `bytes` are the file's. kUnimplemented: forward() takes other than one
// tensor.
absl::StatusOr<std::unique_ptr<Network>> NewScriptNetwork(
    const std::string& name, const NetworkOptions& options, std::string bytes);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_TORCH_SCRIPT_NETWORK_H_
