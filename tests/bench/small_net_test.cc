// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/small_net.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "bench/reuse/learning.h"
#include "gtest/gtest.h"

namespace fovea::bench::reuse {
namespace {

constexpr unsigned kSeed = 7;

Values Noise(size_t count, Chance* chance) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  Values values(count);
  for (float& value : values) value = uniform(*chance);
  return values;
}

double Weighted(const Values& out, const Values& weights) {
  double sum = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    sum += static_cast<double>(out[i]) * weights[i];
  }
  return sum;
}

// Gradients of a layer against differences, by its input and by its weights.
class GradientCheck {
 public:
  GradientCheck(LayerPtr layer, size_t inputs, Chance* chance)
      : layer_(std::move(layer)), in_(Noise(inputs, chance)) {
    layer_->Collect(&weights_);
    // Where all is 0 or 1, much that is wrong looks right.
    for (Weights* weights : weights_) {
      weights->value = Noise(weights->value.size(), chance);
    }
    toward_ = Noise(layer_->Forward(in_).size(), chance);
  }

  void Run() {
    layer_->Forward(in_);
    const Values by_input = layer_->Backward(toward_);
    ASSERT_EQ(by_input.size(), in_.size());
    Compare("input", by_input, &in_);
    for (size_t w = 0; w < weights_.size(); ++w) {
      Compare("weights " + std::to_string(w), weights_[w]->gradient,
              &weights_[w]->value);
    }
  }

 private:
  void Compare(const std::string& of, const Values& gradient, Values* moved) {
    constexpr float kStep = 5e-4F;
    size_t far = 0;
    for (size_t i = 0; i < moved->size(); ++i) {
      const float kept = (*moved)[i];
      (*moved)[i] = kept + kStep;
      const double above = Weighted(layer_->Forward(in_), toward_);
      (*moved)[i] = kept - kStep;
      const double below = Weighted(layer_->Forward(in_), toward_);
      (*moved)[i] = kept;
      const double measured = (above - below) / (2.0 * kStep);
      const double error = std::abs(measured - gradient[i]);
      far += error > 0.05 * (1 + std::abs(measured));
    }
    // A step may cross a corner of a maximum now and then.
    EXPECT_LE(far, moved->size() / 20) << of << " of " << moved->size();
  }

  LayerPtr layer_;
  Values in_, toward_;
  std::vector<Weights*> weights_;
};

TEST(SmallNetTest, GradientsAreThoseOfTheOutputs) {
  Chance chance(kSeed);
  const Shape shape{3, 5, 7};
  const auto check = [&](const char* name, LayerPtr layer) {
    SCOPED_TRACE(name);
    GradientCheck(std::move(layer), shape.size(), &chance).Run();
  };
  check("dense", Dense(static_cast<int>(shape.size()), 4, &chance));
  check("relu", Relu());
  check("layer norm", LayerNorm(shape));
  check("global max", GlobalMax(shape));
  check("pointwise", Pointwise(shape, 4, 1, &chance));
  check("pointwise, stride 2", Pointwise(shape, 4, 2, &chance));
  check("depthwise", Depthwise3(shape, &chance));
  check("max pool", MaxPool3(shape));
  check("residual block", ResidualBlock(shape, 4, &chance));
}

TEST(SmallNetTest, LearnsWhatNoSingleLayerCan) {
  Chance chance(kSeed);
  std::vector<LayerPtr> layers;
  layers.push_back(Dense(2, 16, &chance));
  layers.push_back(Relu());
  layers.push_back(Dense(16, 1, &chance));
  Net net(Chain(std::move(layers)));
  EXPECT_EQ(net.weights(), 2U * 16 + 16 + 16 + 1);
  std::vector<Sample> samples;
  for (int i = 0; i < 400; ++i) {
    Values in = Noise(2, &chance);
    const bool positive = in[0] * in[1] > 0;
    samples.push_back({std::move(in), positive});
  }
  TrainBinary(samples, 60, &net, &chance);
  const auto right = std::ranges::count_if(samples, [&](const Sample& s) {
    return (net.Run(s.in)[0] > 0) == s.positive;
  });
  EXPECT_GT(right, 360);
}

TEST(SmallNetTest, DropoutIsForTrainingAlone) {
  Chance chance(kSeed);
  const LayerPtr layer = Dropout(0.5F, &chance);
  const Values ones(1000, 1);
  EXPECT_EQ(layer->Forward(ones), ones);
  layer->SetTraining(true);
  const Values dropped = layer->Forward(ones);
  const auto kept = std::ranges::count(dropped, 2.0F);
  EXPECT_EQ(kept + std::ranges::count(dropped, 0.0F), 1000);
  EXPECT_GT(kept, 400);
  EXPECT_LT(kept, 600);
}

}  // namespace
}  // namespace fovea::bench::reuse
