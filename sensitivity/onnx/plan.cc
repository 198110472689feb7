// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/plan.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace fovea {
namespace {

using Names = std::unordered_set<std::string>;

// Nodes that the outputs depend on, last first.
std::vector<const OnnxNode*> NeededNodes(const OnnxGraph& graph,
                                         Names* needed) {
  std::vector<const OnnxNode*> nodes;
  needed->insert(graph.outputs.begin(), graph.outputs.end());
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (std::none_of(node->outputs.begin(), node->outputs.end(),
                     [&](const auto& o) { return needed->contains(o); })) {
      continue;
    }
    needed->insert(node->inputs.begin(), node->inputs.end());
    nodes.push_back(&*node);
  }
  return nodes;
}

class Numbers {
 public:
  int Of(const std::string& name) {
    if (name.empty()) return Plan::kNoValue;
    return number_.emplace(name, static_cast<int>(number_.size()))
        .first->second;
  }
  int count() const { return static_cast<int>(number_.size()); }

 private:
  std::unordered_map<std::string, int> number_;
};

// Walks the steps backward: the first use seen of a value is its last.
void FindLastUses(Plan* plan) {
  std::vector<bool> used(static_cast<size_t>(plan->value_count), false);
  const auto mark = [&](int value) {
    if (value == Plan::kNoValue || used[static_cast<size_t>(value)]) {
      return false;
    }
    used[static_cast<size_t>(value)] = true;
    return true;
  };
  for (const int output : plan->outputs) mark(output);
  for (const auto& [constant, name] : plan->constants) mark(constant);
  for (auto step = plan->steps.rbegin(); step != plan->steps.rend(); ++step) {
    for (const auto* values : {&step->inputs, &step->outputs}) {
      for (const int value : *values) {
        if (mark(value)) step->last_used.push_back(value);
      }
    }
  }
}

}  // namespace

Plan MakePlan(const OnnxGraph& graph) {
  Names needed;
  const auto nodes = NeededNodes(graph, &needed);
  Numbers numbers;
  Plan plan;
  plan.input = numbers.Of(graph.input);
  for (const auto& [name, tensor] : graph.constants) {
    if (needed.contains(name)) {
      plan.constants.emplace_back(numbers.Of(name), name);
    }
  }
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    Plan::Step step;
    step.node = static_cast<size_t>(*node - graph.nodes.data());
    for (const auto& name : (*node)->inputs) {
      step.inputs.push_back(numbers.Of(name));
    }
    for (const auto& name : (*node)->outputs) {
      step.outputs.push_back(needed.contains(name) ? numbers.Of(name)
                                                   : Plan::kNoValue);
    }
    plan.steps.push_back(std::move(step));
  }
  for (const auto& name : graph.outputs) {
    plan.outputs.push_back(numbers.Of(name));
  }
  plan.value_count = numbers.count();
  FindLastUses(&plan);
  return plan;
}

}  // namespace fovea
