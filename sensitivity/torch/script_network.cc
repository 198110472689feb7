// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/torch/script_network.h"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/torch/torch_network.h"

namespace fovea {
namespace {

// Tensors out of whatever a module returns, in order.
absl::Status Collect(const c10::IValue& value, int depth,
                     std::vector<at::Tensor>* tensors) {
  constexpr int kDeepest = 8;
  if (value.isTensor() && value.toTensor().defined()) {
    tensors->push_back(value.toTensor());
    return absl::OkStatus();
  }
  std::vector<c10::IValue> parts;
  if (value.isTuple()) {
    parts = value.toTuple()->elements().vec();
  } else if (value.isList()) {
    parts = value.toList().vec();
  } else if (value.isGenericDict()) {
    for (const auto& item : value.toGenericDict()) {
      parts.push_back(item.value());
    }
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("the module returns a ", value.tagKind()));
  }
  if (depth == kDeepest) {
    return absl::InvalidArgumentError("the module returns lists too deep");
  }
  for (const auto& part : parts) {
    if (auto s = Collect(part, depth + 1, tensors); !s.ok()) return s;
  }
  return absl::OkStatus();
}

class ScriptNetwork final : public TorchNetwork {
 public:
  ScriptNetwork(const std::string& name, const NetworkOptions& options)
      : TorchNetwork(name, options) {}

  absl::Status Init(std::string bytes) {
    std::istringstream in(std::move(bytes));
    module_ = torch::jit::load(in, c10::Device(c10::kCPU));
    module_.eval();
    for (at::Tensor parameter : module_.parameters()) {
      parameter.requires_grad_(false);
    }
    set_info({"TorchScript", {}, {}});
    return CheckSignature();
  }

 private:
  absl::Status CheckSignature() {
    const auto forward = module_.find_method("forward");
    if (!forward) {
      return absl::UnimplementedError(
          name() + ": a TorchScript module without forward()");
    }
    size_t needed = 0;
    const auto& arguments = forward->function().getSchema().arguments();
    for (const auto& argument : arguments) {
      needed += argument.default_value() ? 0 : 1;
    }
    if (needed == 2) return absl::OkStatus();  // the module and the input
    return absl::UnimplementedError(
        absl::StrCat(name(), ": forward() needs ", needed - 1,
                     " inputs; networks of one input are run"));
  }

  // Without the optimiser, which rewrites the graph after the first runs, so
  // that every run gives the same.
  absl::StatusOr<std::vector<at::Tensor>> Run(
      const at::Tensor& input) override {
    const torch::jit::GraphOptimizerEnabledGuard plain(false);
    const c10::IValue answer = module_.forward({input});
    std::vector<at::Tensor> tensors;
    if (auto s = Collect(answer, 0, &tensors); !s.ok()) return s;
    if (tensors.empty()) {
      return absl::InvalidArgumentError("the module returns no tensor");
    }
    return tensors;
  }

  torch::jit::Module module_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> NewScriptNetwork(
    const std::string& name, const NetworkOptions& options, std::string bytes) {
  using Result = absl::StatusOr<std::unique_ptr<Network>>;
  auto result = Guarded(absl::StatusCode::kDataLoss, [&]() -> Result {
    auto network = std::make_unique<ScriptNetwork>(name, options);
    if (auto s = network->Init(std::move(bytes)); !s.ok()) return s;
    return std::unique_ptr<Network>(std::move(network));
  });
  if (result.ok() ||
      result.status().code() == absl::StatusCode::kUnimplemented) {
    return result;
  }
  return absl::Status(
      result.status().code(),
      absl::StrCat(name, ": no TorchScript network, or damaged: ",
                   result.status().message()));
}

}  // namespace fovea
