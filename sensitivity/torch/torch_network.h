// SPDX-License-Identifier: GPL-2.0-or-later
//
// What networks of every format share: tensors in and out, batches,
// gradients, threads, and exceptions turned into statuses.

#ifndef FOVEA_SENSITIVITY_TORCH_TORCH_NETWORK_H_
#define FOVEA_SENSITIVITY_TORCH_TORCH_NETWORK_H_

#include <ATen/core/Tensor.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sensitivity/network.h"

namespace fovea {

// What an exception of torch says, in one line, as `code`, or as
// kResourceExhausted when it was for want of memory.
absl::Status StatusOf(const std::exception& error, absl::StatusCode code);

// Runs `call` where torch neither prints nor throws.
template <typename Call>
auto Guarded(absl::StatusCode code, Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& error) {
    return StatusOf(error, code);
  }
}

class TorchNetwork : public Network {
 public:
  const NetworkInfo& info() const final { return info_; }
  absl::StatusOr<std::vector<Tensor>> Forward(const Tensor& input) final;
  absl::StatusOr<Tensor> InputGradient(std::span<const Tensor> weights) final;

 protected:
  // `name` begins every error.
  TorchNetwork(std::string name, const NetworkOptions& options);

  // May throw what torch throws.
  virtual absl::StatusOr<std::vector<at::Tensor>> Run(
      const at::Tensor& input) = 0;

  const std::string& name() const { return name_; }
  void set_info(NetworkInfo info) { info_ = std::move(info); }

 private:
  absl::Status CheckInput(const Tensor& input) const;
  absl::Status CheckWeights(std::span<const Tensor> weights) const;
  absl::Status RunAndKeep(const Tensor& input);
  absl::StatusOr<std::vector<at::Tensor>> RunEach();
  absl::StatusOr<Tensor> Differentiate(std::span<const Tensor> weights) const;
  absl::Status WithShapes(const absl::Status& status,
                          const Tensor& input) const;

  const std::string name_;
  const NetworkOptions options_;
  NetworkInfo info_;
  // Of the last Forward(); the outputs hold the graph between them.
  at::Tensor input_;
  std::vector<at::Tensor> outputs_;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_TORCH_TORCH_NETWORK_H_
