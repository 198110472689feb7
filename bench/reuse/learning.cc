// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/learning.h"

#include <algorithm>

namespace fovea::bench::reuse {

std::vector<LayerPtr> PictureNet(Chance* chance) {
  constexpr int kFirst = 8, kSecond = 16;
  const Shape in{3, kPictureSide, kPictureSide};
  const Shape middle = Halved(in, kFirst), last = Halved(middle, kSecond);
  std::vector<LayerPtr> layers;
  layers.push_back(ResidualBlock(in, kFirst, chance));
  layers.push_back(ResidualBlock(middle, kSecond, chance));
  layers.push_back(GlobalMax(last));
  layers.push_back(Dense(kSecond, kEmbedding, chance));
  layers.push_back(Relu());
  layers.push_back(Dropout(0.5F, chance));
  return layers;
}

void TrainBinary(std::vector<Sample> samples, int epochs, Net* net,
                 Chance* chance) {
  net->SetTraining(true);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    std::ranges::shuffle(samples, *chance);
    for (size_t i = 0; i < samples.size(); ++i) {
      const float said = Logistic(net->Run(samples[i].in)[0]);
      const float batch = static_cast<float>(std::min(kBatch, samples.size()));
      net->Learn({(said - (samples[i].positive ? 1.0F : 0.0F)) / batch});
      if ((i + 1) % kBatch == 0 || i + 1 == samples.size()) {
        net->Step(kLearningRate);
      }
    }
  }
  net->SetTraining(false);
}

size_t CommonestAnswer(const Lessons& lessons, SameMemo* same) {
  size_t best = 0, most = 0;
  for (size_t i = 0; i < lessons.size(); ++i) {
    const auto alike = static_cast<size_t>(
        std::ranges::count_if(lessons.answers, [&](const Answer& other) {
          return same->Same(other, lessons.answers[i]);
        }));
    if (alike <= most) continue;
    most = alike;
    best = i;
  }
  return best;
}

float NumberMemo::Get(const FeatureBank& bank, uint64_t key,
                      const std::function<float()>& compute) {
  if (!bank.remembers()) return compute();
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  return known_[key] = compute();
}

}  // namespace fovea::bench::reuse
