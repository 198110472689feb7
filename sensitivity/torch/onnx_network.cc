// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/torch/onnx_network.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/onnx/plan.h"
#include "sensitivity/torch/operator.h"
#include "sensitivity/torch/torch_network.h"

namespace fovea {
namespace {

template <typename Value>
at::ScalarType TypeOf() {
  if constexpr (std::is_same_v<Value, float>) return at::kFloat;
  if constexpr (std::is_same_v<Value, int64_t>) return at::kLong;
  return at::kBool;
}

at::Tensor ToTorch(const OnnxTensor& tensor) {
  return std::visit(
      [&](const auto& values) {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        at::Tensor copy = at::empty(tensor.shape, TypeOf<Value>());
        std::copy(values.begin(), values.end(),
                  static_cast<Value*>(copy.data_ptr()));
        return copy;
      },
      tensor.values);
}

class OnnxNetwork final : public TorchNetwork {
 public:
  OnnxNetwork(const std::string& name, const NetworkOptions& options)
      : TorchNetwork(name, options) {}

  absl::Status Init(OnnxGraph graph) {
    plan_ = MakePlan(graph);
    values_.resize(static_cast<size_t>(plan_.value_count));
    for (const auto& [value, constant] : plan_.constants) {
      At(value) = ToTorch(graph.constants.at(constant));
    }
    for (const Plan::Step& step : plan_.steps) {
      if (auto s = AddStep(graph, step); !s.ok()) return s;
    }
    set_info({absl::StrCat("ONNX opset ", graph.opset), graph.input_shape,
              graph.outputs});
    return absl::OkStatus();
  }

 private:
  absl::Status AddStep(const OnnxGraph& graph, const Plan::Step& step) {
    OnnxNode node = graph.nodes[step.node];
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      if (step.outputs[i] == Plan::kNoValue) node.outputs[i].clear();
    }
    auto made = MakeOperator(node, graph.opset);
    if (!made.ok()) {
      return absl::Status(made.status().code(),
                          absl::StrCat(name(), ": ", made.status().message()));
    }
    operators_.push_back(*std::move(made));
    labels_.push_back(NodeLabel(node));
    return absl::OkStatus();
  }

  at::Tensor& At(int value) { return values_[static_cast<size_t>(value)]; }

  absl::StatusOr<std::vector<at::Tensor>> Run(
      const at::Tensor& input) override {
    At(plan_.input) = input;
    absl::Status status;
    for (size_t i = 0; i < plan_.steps.size() && status.ok(); ++i) {
      status = Guarded(absl::StatusCode::kInvalidArgument,
                       [&] { return RunStep(i); });
      if (status.ok()) continue;
      status = absl::Status(status.code(),
                            absl::StrCat(labels_[i], ": ", status.message()));
    }
    std::vector<at::Tensor> outputs;
    for (const int output : plan_.outputs) outputs.push_back(At(output));
    Forget();
    if (!status.ok()) return status;
    return outputs;
  }

  absl::Status RunStep(size_t i) {
    const Plan::Step& step = plan_.steps[i];
    Values inputs;
    for (const int input : step.inputs) {
      inputs.push_back(input == Plan::kNoValue ? at::Tensor() : At(input));
    }
    Values outputs = operators_[i](inputs);
    for (size_t o = 0; o < step.outputs.size(); ++o) {
      if (step.outputs[o] == Plan::kNoValue) continue;
      if (o >= outputs.size()) return absl::DataLossError("too many outputs");
      At(step.outputs[o]) = std::move(outputs[o]);
    }
    for (const int value : step.last_used) At(value).reset();
    return absl::OkStatus();
  }

  // All but the constants.
  void Forget() {
    At(plan_.input).reset();
    for (const Plan::Step& step : plan_.steps) {
      for (const int output : step.outputs) {
        if (output != Plan::kNoValue) At(output).reset();
      }
    }
  }

  Plan plan_;
  std::vector<Operator> operators_;  // of each step
  std::vector<std::string> labels_;  // likewise
  Values values_;                    // by number
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> NewOnnxNetwork(
    const std::string& name, const NetworkOptions& options, OnnxGraph graph) {
  using Result = absl::StatusOr<std::unique_ptr<Network>>;
  return Guarded(absl::StatusCode::kDataLoss, [&]() -> Result {
    auto network = std::make_unique<OnnxNetwork>(name, options);
    if (auto s = network->Init(std::move(graph)); !s.ok()) return s;
    return std::unique_ptr<Network>(std::move(network));
  });
}

}  // namespace fovea
