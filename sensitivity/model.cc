// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/model.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {

Model::Model(ModelDescription description, std::unique_ptr<Network> network)
    : description_(std::move(description)),
      network_(std::move(network)),
      decoder_(NewDecoder(description_.card, description_.labels.size())) {}

absl::StatusOr<const PictureInput*> Model::InputFor(int width, int height,
                                                    const ColorInfo& color) {
  if (!input_ || input_->width != width || input_->height != height ||
      !(input_->color == color)) {
    auto input = PictureInput::Create(card(), width, height, color);
    if (!input.ok()) return input.status();
    input_.emplace(SizedInput{width, height, color, *std::move(input)});
  }
  return &input_->input;
}

absl::StatusOr<std::vector<Tensor>> Model::Run(const Frame& frame,
                                               const ColorInfo& color) {
  const auto input = InputFor(frame.width, frame.height, color);
  if (!input.ok()) return input.status();
  auto outputs = network_->Forward((*input)->Prepare(frame));
  if (!outputs.ok()) return outputs.status();
  if (!input_->checked) {
    if (absl::Status s = decoder_->Check(*outputs); !s.ok()) return s;
    input_->checked = true;
  }
  return outputs;
}

absl::StatusOr<Answer> Model::Infer(const Frame& frame,
                                    const ColorInfo& color) {
  const auto outputs = Run(frame, color);
  if (!outputs.ok()) return outputs.status();
  return decoder_->Read(*outputs, input_->input.placement());
}

absl::StatusOr<Answer> Model::InferWindow(std::span<const double> values) {
  if (!window_input_) {
    auto input = WindowInput::Create(card());
    if (!input.ok()) return input.status();
    window_input_ = *std::move(input);
  }
  const size_t expected = window_input_->channels() * window_input_->window();
  if (values.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", id().name, ": expected a window of ", expected,
                     " values, found ", values.size()));
  }
  const auto outputs = network_->Forward(window_input_->Prepare(values));
  if (!outputs.ok()) return outputs.status();
  return decoder_->Read(*outputs, Placement());
}

}  // namespace fovea
