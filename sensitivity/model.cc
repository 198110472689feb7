// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/model.h"

#include <utility>

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

}  // namespace fovea
