// SPDX-License-Identifier: GPL-2.0-or-later
//
// A look at an ONNX file's records before a parser allocates for them.

#ifndef FOVEA_SENSITIVITY_ONNX_WIRE_CHECK_H_
#define FOVEA_SENSITIVITY_ONNX_WIRE_CHECK_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "sensitivity/onnx/limits.h"

namespace fovea {

// OK for well-formed protobuf records within `limits`. kDataLoss names the
// byte; kResourceExhausted the limit. `name` begins every message.
absl::Status CheckOnnxWire(const std::string& name,
                           std::span<const uint8_t> bytes,
                           const OnnxLimits& limits);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_WIRE_CHECK_H_
