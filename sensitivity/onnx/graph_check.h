// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a graph can be run from top to bottom.

#ifndef FOVEA_SENSITIVITY_ONNX_GRAPH_CHECK_H_
#define FOVEA_SENSITIVITY_ONNX_GRAPH_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "sensitivity/onnx/onnx_graph.h"

namespace fovea {

// kDataLoss unless every value is made once and before it is used, and
// every output is made. Names the nodes; `name` begins the message.
absl::Status CheckGraph(const std::string& name, const OnnxGraph& graph);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_GRAPH_CHECK_H_
