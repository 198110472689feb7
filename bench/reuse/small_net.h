// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small networks trained where they run, for rivals that learn: layers with
// gradients by hand, RMSprop. One sample at a time, gradients summed over a
// batch.

#ifndef FOVEA_BENCH_REUSE_SMALL_NET_H_
#define FOVEA_BENCH_REUSE_SMALL_NET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace fovea::bench::reuse {

using Values = std::vector<float>;

// Planes of height x width, channel by channel.
struct Shape {
  int channels = 0, height = 1, width = 1;
  int area() const { return height * width; }
  size_t size() const { return static_cast<size_t>(channels * area()); }
};

struct Weights {
  Values value, gradient, square;
};

class Layer {
 public:
  virtual ~Layer() = default;
  // What Backward() needs is kept until the next call.
  virtual Values Forward(const Values& in) = 0;
  // From the loss's gradient by the output to that by the input; adds to the
  // weights' gradients.
  virtual Values Backward(const Values& out) = 0;
  virtual void Collect(std::vector<Weights*>* /*weights*/) {}
  virtual void SetTraining(bool /*on*/) {}
};
using LayerPtr = std::unique_ptr<Layer>;
using Chance = std::mt19937;

// Weights begin uniform within Glorot's bounds, biases at 0.
LayerPtr Dense(int in, int out, Chance* chance);
LayerPtr Relu();
LayerPtr Dropout(float rate, Chance* chance);  // `chance` outlives it
LayerPtr LayerNorm(Shape shape);               // over all values
LayerPtr GlobalMax(Shape shape);               // of each channel
// 1 x 1, every `stride`-th pixel.
LayerPtr Pointwise(Shape in, int channels, int stride, Chance* chance);
LayerPtr Depthwise3(Shape in, Chance* chance);  // 3 x 3, padded
LayerPtr MaxPool3(Shape in);                    // 3 x 3, stride 2, padded
// The sum of two ways.
LayerPtr Sum(LayerPtr a, LayerPtr b);
LayerPtr Chain(std::vector<LayerPtr> layers);

// Halves, rounded up.
Shape Halved(Shape shape, int channels);

// InFi's residual block (MobiCom'22): twice relu, separable 3 x 3, layer norm;
// max pool; beside it a 1 x 1 of stride 2.
LayerPtr ResidualBlock(Shape in, int channels, Chance* chance);

// A chain and its optimiser. RMSprop, decay 0.9.
class Net {
 public:
  explicit Net(LayerPtr layers);
  Values Run(const Values& in) { return layers_->Forward(in); }
  // Adds the gradients of the last Run().
  Values Learn(const Values& gradient) { return layers_->Backward(gradient); }
  void Step(float rate);  // applies and clears them
  void SetTraining(bool on) { layers_->SetTraining(on); }
  size_t weights() const;

 private:
  LayerPtr layers_;
  std::vector<Weights*> weights_;
};

inline constexpr float kLearningRate = 1e-3F;
inline constexpr size_t kBatch = 32;

float Logistic(float x);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_SMALL_NET_H_
