// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of trained classifiers run as the classifiers do.

#include "sensitivity/window_classifier.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/waving_hands.h"
#include "tests/torch/network_fixture.h"

namespace fovea {
namespace {

using testing::WavingHands;
using testing::WavingTraining;

class TrainedNetworkTest : public testing::NetworkTest {};

TEST_F(TrainedNetworkTest, GivesTheSameScoresAndGradients) {
  const WindowTraining training = WavingTraining();
  const auto lessons = WavingHands(96, 1);
  const auto model = WindowClassifier::Train(lessons, training);
  ASSERT_TRUE(model.ok()) << model.status();
  auto network = Open(model->Onnx());
  ASSERT_TRUE(network.ok()) << network.status();
  const std::vector<double>& values = lessons[7].values;
  Tensor input{{1, static_cast<int64_t>(training.channels),
                static_cast<int64_t>(training.window)},
               {}};
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t c = i / training.window;
    input.values.push_back(static_cast<float>((values[i] - model->mean()[c]) /
                                              model->deviation()[c]));
  }
  const auto outputs = (*network)->Forward(input);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const std::vector<double> scores = model->Scores(values);
  ASSERT_EQ((*outputs)[0].values.size(), scores.size());
  std::vector<size_t> order = {0, 1, 2};
  std::ranges::sort(order,
                    [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  Tensor margin{(*outputs)[0].shape, std::vector<float>(scores.size())};
  margin.values[order[0]] = 1;
  margin.values[order[1]] = -1;
  const auto gradient = (*network)->InputGradient({{margin}});
  ASSERT_TRUE(gradient.ok()) << gradient.status();
  const std::vector<double> by_value = model->MarginGradient(values);
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR((*outputs)[0].values[i], scores[i], 1e-4);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(gradient->values[i] / model->deviation()[i / training.window],
                by_value[i], 1e-4);
  }
}

}  // namespace
}  // namespace fovea
