// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/packet_net.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace fovea::bench::reuse {
namespace {

constexpr int kUnits = 32, kDense = 128;

LayerPtr View(Chance* chance) {
  std::vector<LayerPtr> layers;
  layers.push_back(Dense(static_cast<int>(kPacketWindow), kUnits, chance));
  layers.push_back(Relu());
  layers.push_back(Dense(kUnits, kUnits, chance));
  layers.push_back(Relu());
  return Chain(std::move(layers));
}

LayerPtr Last(Chance* chance) {
  std::vector<LayerPtr> layers;
  layers.push_back(Dense(2, kDense, chance));
  layers.push_back(Relu());
  layers.push_back(Dense(kDense, 1, chance));
  return Chain(std::move(layers));
}

}  // namespace

void TemporalScore::Add(std::optional<bool> needed) {
  rounds_.push_back(needed);
  if (rounds_.size() > kPacketWindow) rounds_.pop_front();
}

float TemporalScore::value() const {
  double sum = 0, known = 0;
  for (const auto& round : rounds_) {
    known += round.has_value();
    sum += round.value_or(false);
  }
  const double times = std::max(known, 1.0);
  return static_cast<float>(
      sum / times + std::sqrt(3 * std::log(static_cast<double>(kPacketWindow)) /
                              (2 * times)));
}

GameNet::GameNet(Chance* chance)
    : intra_(View(chance)),
      predicted_(View(chance)),
      joint_(Dense(2 * kUnits, 1, chance)),
      last_(Last(chance)) {}

float GameNet::Run(const Values& intra, const Values& predicted,
                   float temporal) {
  Values both = intra_.Run(intra);
  const Values second = predicted_.Run(predicted);
  both.insert(both.end(), second.begin(), second.end());
  middle_ = Logistic(joint_.Run(both)[0]);
  return Logistic(last_.Run({middle_, temporal})[0]);
}

void GameNet::Learn(float gradient) {
  const float by_middle = last_.Learn({gradient})[0];
  const Values both = joint_.Learn({by_middle * middle_ * (1 - middle_)});
  intra_.Learn(Values(both.begin(), both.begin() + kUnits));
  predicted_.Learn(Values(both.begin() + kUnits, both.end()));
}

void GameNet::Step() {
  for (Net* net : {&intra_, &predicted_, &joint_, &last_}) {
    net->Step(kLearningRate);
  }
}

}  // namespace fovea::bench::reuse
