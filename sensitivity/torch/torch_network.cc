// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/torch/torch_network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sensitivity/torch/memory_limit.h"

namespace fovea {
namespace {

// Drops what torch would print on standard error.
class Silence final : public c10::WarningHandler {
 public:
  void process(const c10::SourceLocation&, const std::string&,
               const bool) override {}
};

// OpenBLAS has a pool of its own, which torch does not know of. It is
// whatever library provides BLAS on this machine, so it is asked for by name.
void SetBlasThreads(int threads) {
  using SetThreads = void(int);
  auto* set = reinterpret_cast<SetThreads*>(
      dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(threads);
}

// Counts threads anew at each call: torch keeps the number per thread.
class Session {
 public:
  explicit Session(int threads) : silenced_(&silence_) {
    const int count = std::clamp(threads, 1, 1024);
    static const bool once = [] {
      at::set_num_interop_threads(1);
      return true;
    }();
    static_cast<void>(once);
    at::set_num_threads(count);
    SetBlasThreads(count);
    LimitMemory();
  }

 private:
  Silence silence_;
  c10::Warning::WarningHandlerGuard silenced_;
};

std::string ShapeText(const std::vector<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

// The number of values of a shape; -1 when there is no such number.
int64_t CountOf(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t side : shape) {
    if (side < 0 || __builtin_mul_overflow(count, side, &count)) return -1;
  }
  return count;
}

bool IsSound(const Tensor& tensor) {
  return CountOf(tensor.shape) == static_cast<int64_t>(tensor.values.size());
}

at::Tensor ToTorch(const Tensor& tensor) {
  at::Tensor copy = at::empty(tensor.shape, at::kFloat);
  std::copy(tensor.values.begin(), tensor.values.end(), copy.data_ptr<float>());
  return copy;
}

Tensor FromTorch(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.detach().to(at::kFloat).contiguous();
  const auto* first = whole.data_ptr<float>();
  return {whole.sizes().vec(), {first, first + whole.numel()}};
}

// Joins what pictures of a batch gave, output by output.
std::vector<at::Tensor> Join(const std::vector<std::vector<at::Tensor>>& runs) {
  std::vector<at::Tensor> joined;
  for (size_t i = 0; i < runs[0].size(); ++i) {
    std::vector<at::Tensor> parts;
    for (const auto& run : runs) {
      const at::Tensor& part = run.at(i);
      parts.push_back(part.dim() == 0 ? part.unsqueeze(0) : part);
    }
    joined.push_back(at::cat(parts));
  }
  return joined;
}

}  // namespace

absl::Status StatusOf(const std::exception& error, absl::StatusCode code) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error != nullptr
                               ? torch_error->what_without_backtrace()
                               : error.what();
  std::vector<std::string> lines =
      absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines.empty()) lines.emplace_back("no reason given");
  // A TorchScript error begins with a stack and ends with the reason.
  const bool is_script = lines.front().find("TorchScript") != std::string::npos;
  const bool no_memory =
      TakeMemoryRefusal() ||
      dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      text.find("DefaultCPUAllocator") != std::string::npos;
  return {no_memory ? absl::StatusCode::kResourceExhausted : code,
          is_script ? lines.back() : lines.front()};
}

TorchNetwork::TorchNetwork(std::string name, const NetworkOptions& options)
    : name_(std::move(name)), options_(options) {
  const Session session(options.threads);
}

absl::Status TorchNetwork::CheckInput(const Tensor& input) const {
  const auto& declared = info_.input_shape;
  if (!IsSound(input)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": an input of shape ", ShapeText(input.shape),
                     " with ", input.values.size(), " values"));
  }
  if (input.values.empty() ||
      (!declared.empty() && declared.size() != input.shape.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": an input of shape ", ShapeText(input.shape),
                     "; the network takes ", ShapeText(declared)));
  }
  return absl::OkStatus();
}

// `status` with the shapes that may be behind it. A network that does not
// even take what it declares is broken, whoever calls it.
absl::Status TorchNetwork::WithShapes(const absl::Status& status,
                                      const Tensor& input) const {
  const bool declared = input.shape == info_.input_shape;
  const bool broken =
      declared && status.code() == absl::StatusCode::kInvalidArgument;
  return {broken ? absl::StatusCode::kDataLoss : status.code(),
          absl::StrCat(name_, ": ", status.message(), "; input ",
                       ShapeText(input.shape),
                       info_.input_shape.empty()
                           ? ""
                           : ", declared " + ShapeText(info_.input_shape))};
}

// A batch in one pass, or, for networks made for a single picture, one by
// one.
absl::StatusOr<std::vector<at::Tensor>> TorchNetwork::RunEach() {
  const auto& declared = info_.input_shape;
  const bool single = !declared.empty() && declared[0] == 1;
  if (!single || input_.size(0) == 1) return Run(input_);
  std::vector<std::vector<at::Tensor>> runs;
  for (int64_t i = 0; i < input_.size(0); ++i) {
    auto run = Run(input_.narrow(0, i, 1));
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
  return Join(runs);
}

absl::Status TorchNetwork::RunAndKeep(const Tensor& input) {
  const at::AutoGradMode mode(options_.gradients);
  input_ = ToTorch(input).requires_grad_(options_.gradients);
  auto outputs = RunEach();
  if (outputs.ok()) outputs_ = *std::move(outputs);
  return outputs.status();
}

absl::StatusOr<std::vector<Tensor>> TorchNetwork::Forward(const Tensor& input) {
  outputs_.clear();
  if (auto s = CheckInput(input); !s.ok()) return s;
  const Session session(options_.threads);
  using Outputs = absl::StatusOr<std::vector<Tensor>>;
  auto result = Guarded(absl::StatusCode::kInvalidArgument, [&]() -> Outputs {
    if (auto s = RunAndKeep(input); !s.ok()) return s;
    std::vector<Tensor> outputs;
    for (const at::Tensor& output : outputs_) {
      outputs.push_back(FromTorch(output));
    }
    return outputs;
  });
  if (result.ok()) return result;
  outputs_.clear();
  return WithShapes(result.status(), input);
}

absl::Status TorchNetwork::CheckWeights(std::span<const Tensor> weights) const {
  if (!options_.gradients || outputs_.empty()) {
    return absl::FailedPreconditionError(
        name_ + (options_.gradients ? ": a gradient before a forward pass"
                                    : ": opened without gradients"));
  }
  if (weights.size() != outputs_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": ", weights.size(), " weights for ",
                     outputs_.size(), " outputs"));
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    const auto shape = outputs_[i].sizes().vec();
    if (weights[i].shape == shape && IsSound(weights[i])) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": weights of shape ", ShapeText(weights[i].shape),
                     " with ", weights[i].values.size(),
                     " values for an output of shape ", ShapeText(shape)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> TorchNetwork::Differentiate(
    std::span<const Tensor> weights) const {
  std::vector<at::Tensor> outputs, factors;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (!outputs_[i].requires_grad()) continue;  // does not depend on it
    outputs.push_back(outputs_[i]);
    factors.push_back(ToTorch(weights[i]).to(outputs_[i].scalar_type()));
  }
  at::Tensor gradient;
  if (!outputs.empty()) {
    gradient = torch::autograd::grad(outputs, {input_}, factors,
                                     /*retain_graph=*/true,
                                     /*create_graph=*/false,
                                     /*allow_unused=*/true)
                   .at(0);
  }
  return FromTorch(gradient.defined() ? gradient : at::zeros_like(input_));
}

absl::StatusOr<Tensor> TorchNetwork::InputGradient(
    std::span<const Tensor> weights) {
  if (auto s = CheckWeights(weights); !s.ok()) return s;
  const Session session(options_.threads);
  auto gradient = Guarded(absl::StatusCode::kInternal,
                          [&] { return Differentiate(weights); });
  if (gradient.ok()) return gradient;
  return absl::Status(
      gradient.status().code(),
      absl::StrCat(name_, ": gradient: ", gradient.status().message()));
}

}  // namespace fovea
