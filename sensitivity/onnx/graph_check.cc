// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/graph_check.h"

#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr const OnnxNode* kGiven = nullptr;  // an input or a constant

// Value name -> the node that makes it.
using Makers = std::unordered_map<std::string, const OnnxNode*>;

std::string MakerText(const OnnxNode* maker) {
  return maker == kGiven ? "is an input or constant"
                         : "is made by " + NodeLabel(*maker);
}

absl::Status CollectMakers(const std::string& name, const OnnxGraph& graph,
                           Makers* makers) {
  makers->emplace(graph.input, kGiven);
  for (const auto& [constant, tensor] : graph.constants) {
    makers->emplace(constant, kGiven);
  }
  for (const OnnxNode& node : graph.nodes) {
    for (const std::string& output : node.outputs) {
      if (output.empty()) continue;
      const auto [entry, fresh] = makers->emplace(output, &node);
      if (fresh) continue;
      return absl::DataLossError(absl::StrCat(
          name, ": ", NodeLabel(node), " makes ", QuotedName(output),
          ", which already ", MakerText(entry->second)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckUse(const std::string& name, const OnnxNode& node,
                      const std::string& input, const Makers& makers) {
  const auto maker = makers.find(input);
  if (maker == makers.end()) {
    return absl::DataLossError(absl::StrCat(name, ": ", NodeLabel(node),
                                            " takes ", QuotedName(input),
                                            ", which nothing makes"));
  }
  if (maker->second != kGiven && maker->second->number >= node.number) {
    return absl::DataLossError(absl::StrCat(
        name, ": ", NodeLabel(node), " takes ", QuotedName(input), ", which ",
        maker->second == &node
            ? std::string("it makes itself")
            : "only the later " + NodeLabel(*maker->second) + " makes"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGraph(const std::string& name, const OnnxGraph& graph) {
  Makers makers;
  if (auto s = CollectMakers(name, graph, &makers); !s.ok()) return s;
  for (const OnnxNode& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      if (input.empty()) continue;
      if (auto s = CheckUse(name, node, input, makers); !s.ok()) return s;
    }
  }
  if (graph.outputs.empty()) {
    return absl::DataLossError(name + ": the network has no output");
  }
  for (const std::string& output : graph.outputs) {
    if (makers.contains(output)) continue;
    return absl::DataLossError(absl::StrCat(
        name, ": output ", QuotedName(output), ", which nothing makes"));
  }
  return absl::OkStatus();
}

}  // namespace fovea
