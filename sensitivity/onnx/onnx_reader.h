// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads ONNX networks: opset 9 to 17 of the default operators, one input,
// all weights inside the file.

#ifndef FOVEA_SENSITIVITY_ONNX_ONNX_READER_H_
#define FOVEA_SENSITIVITY_ONNX_ONNX_READER_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "sensitivity/onnx/limits.h"
#include "sensitivity/onnx/onnx_graph.h"

namespace fovea {

// `name` begins every error. kDataLoss: no ONNX file, damaged, or its graph
// cannot be run; kUnimplemented: sound, but of a kind that is not read;
// kResourceExhausted: beyond `limits`. Weights that are no finite number are
// kDataLoss. Whether operators and attributes are known is not looked at;
// Constant nodes become constants. Thread-safe.
absl::StatusOr<OnnxGraph> ReadOnnx(const std::string& name,
                                   std::span<const uint8_t> bytes,
                                   const OnnxLimits& limits);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_ONNX_READER_H_
