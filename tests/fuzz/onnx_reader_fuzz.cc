// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a network: what is read can be planned, and every number in
// the plan is one of its values.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>

#include "sensitivity/onnx/onnx_reader.h"
#include "sensitivity/onnx/plan.h"

namespace {

void CheckTensor(const fovea::OnnxTensor& tensor) {
  size_t count = 1;
  for (const int64_t side : tensor.shape) count *= static_cast<size_t>(side);
  const size_t found = std::visit(
      [](const auto& values) { return values.size(); }, tensor.values);
  if (found != count) std::abort();
}

void CheckValue(const fovea::Plan& plan, int value) {
  if (value != fovea::Plan::kNoValue &&
      (value < 0 || value >= plan.value_count)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto graph = fovea::ReadOnnx("fuzz", {data, size}, {});
  if (!graph.ok()) return 0;
  for (const auto& [name, tensor] : graph->constants) CheckTensor(tensor);
  const fovea::Plan plan = fovea::MakePlan(*graph);
  for (const int output : plan.outputs) CheckValue(plan, output);
  for (const auto& step : plan.steps) {
    if (step.node >= graph->nodes.size()) std::abort();
    for (const int value : step.inputs) CheckValue(plan, value);
    for (const int value : step.last_used) CheckValue(plan, value);
  }
  return 0;
}
