// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/model_check.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace fovea {
namespace {

constexpr int kNoiseWidth = 320, kNoiseHeight = 240;

Tensor NoiseFor(const ModelCard& card) {
  Tensor tensor;
  const int64_t channels = card.window > 0
                               ? static_cast<int64_t>(card.channels.size())
                               : (card.grey ? 1 : 3);
  if (card.window > 0) {
    tensor.shape = {1, channels, card.window};
    if (card.channels_last) std::swap(tensor.shape[1], tensor.shape[2]);
  } else {
    tensor.shape =
        card.channels_last
            ? std::vector<int64_t>{1, card.height, card.width, channels}
            : std::vector<int64_t>{1, channels, card.height, card.width};
  }
  size_t count = 1;
  for (const int64_t side : tensor.shape) count *= static_cast<size_t>(side);
  std::mt19937 random(1);
  for (size_t i = 0; i < count; ++i) {
    const double level = static_cast<double>(random() % 256);
    // Sensors: variance 1, since cards take mean and deviation out.
    const double value = card.window > 0
                             ? (level - 127.5) / 73.9
                             : (level - card.mean[0]) / card.deviation[0];
    tensor.values.push_back(static_cast<float>(value));
  }
  return tensor;
}

}  // namespace

absl::StatusOr<size_t> CheckExternalModel(ExternalModel* model) {
  auto buffer = FrameBuffer::Allocate(kNoiseWidth, kNoiseHeight);
  if (!buffer.ok()) return buffer.status();
  std::mt19937 random(1);
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? kNoiseHeight : kNoiseHeight / 2;
    std::generate_n(buffer->plane(plane), buffer->stride(plane) * rows,
                    [&] { return static_cast<uint8_t>(random() % 256); });
  }
  const auto answer = model->Ask(std::move(*buffer).Release(), ColorInfo());
  if (!answer.ok()) return answer.status();
  return answer->detections.size();
}

absl::StatusOr<size_t> CheckWindowProgram(WindowProgram* model) {
  const ModelCard& card = model->description().card;
  std::mt19937 random(1);
  std::vector<double> values(static_cast<size_t>(card.window) *
                             card.channels.size());
  for (double& value : values) {
    value = (static_cast<double>(random() % 256) - 127.5) / 73.9;
  }
  const auto answer = model->Ask(values);
  if (!answer.ok()) return answer.status();
  return static_cast<size_t>(
      std::ranges::count_if(answer->scores, [](float p) { return p > 0; }));
}

absl::StatusOr<ModelCheck> CheckModel(Model* model) {
  ModelCheck check;
  check.network = model->network()->info();
  const auto outputs = model->network()->Forward(NoiseFor(model->card()));
  if (!outputs.ok()) return outputs.status();
  for (const Tensor& output : *outputs) {
    check.output_shapes.push_back(output.shape);
  }
  const Decoder& decoder = model->decoder();
  if (absl::Status s = decoder.Check(*outputs); !s.ok()) return s;
  const auto scalar =
      decoder.Differentiate(*outputs, *outputs, Probe::kRandom, 1);
  if (!scalar.ok()) return scalar.status();
  const auto gradient = model->network()->InputGradient(scalar->by_output);
  if (!gradient.ok()) return gradient.status();
  check.scalar = scalar->value;
  for (const float value : gradient->values) {
    check.gradient_energy +=
        static_cast<double>(value) * static_cast<double>(value);
  }
  check.gradient_energy /= static_cast<double>(gradient->values.size());
  check.differentiable =
      std::isfinite(check.gradient_energy) && check.gradient_energy > 0;
  return check;
}

}  // namespace fovea
