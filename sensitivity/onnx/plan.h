// SPDX-License-Identifier: GPL-2.0-or-later
//
// The order in which a graph is run, with numbers for names, and after
// which step each value is needed no more.

#ifndef FOVEA_SENSITIVITY_ONNX_PLAN_H_
#define FOVEA_SENSITIVITY_ONNX_PLAN_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sensitivity/onnx/onnx_graph.h"

namespace fovea {

// Values are numbered from 0; kNoValue stands for an input left out or an
// output nobody takes.
struct Plan {
  static constexpr int kNoValue = -1;

  struct Step {
    size_t node = 0;  // of the graph
    std::vector<int> inputs;
    std::vector<int> outputs;
    std::vector<int> last_used;  // can be forgotten after this step
  };

  int value_count = 0;
  int input = kNoValue;
  std::vector<int> outputs;
  std::vector<std::pair<int, std::string>> constants;  // that are needed
  std::vector<Step> steps;  // only what the outputs depend on
};

// Of a graph that CheckGraph() accepts.
Plan MakePlan(const OnnxGraph& graph);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_PLAN_H_
