// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/small_net.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/reuse/weights.h"

namespace fovea::bench::reuse {
namespace {

class DenseLayer final : public Layer {
 public:
  DenseLayer(int in, int out, Chance* chance)
      : in_(in),
        out_(out),
        weights_(Glorot(static_cast<size_t>(in * out), in, out, chance)),
        bias_(Zeros(static_cast<size_t>(out))) {}

  Values Forward(const Values& in) override {
    kept_ = in;
    Values out = bias_.value;
    for (int o = 0; o < out_; ++o) {
      out[static_cast<size_t>(o)] +=
          Dot(weights_.value.data() + o * in_, in.data(), in_);
    }
    return out;
  }

  Values Backward(const Values& out) override {
    Values in(static_cast<size_t>(in_), 0);
    for (int o = 0; o < out_; ++o) {
      const float gradient = out[static_cast<size_t>(o)];
      bias_.gradient[static_cast<size_t>(o)] += gradient;
      AddScaled(gradient, kept_.data(), in_,
                weights_.gradient.data() + o * in_);
      AddScaled(gradient, weights_.value.data() + o * in_, in_, in.data());
    }
    return in;
  }

  void Collect(std::vector<Weights*>* weights) override {
    weights->insert(weights->end(), {&weights_, &bias_});
  }

 private:
  const int in_, out_;
  Weights weights_, bias_;
  Values kept_;
};

class ReluLayer final : public Layer {
 public:
  Values Forward(const Values& in) override {
    kept_ = in;
    Values out = in;
    for (float& value : out) value = std::max(value, 0.0F);
    return out;
  }
  Values Backward(const Values& out) override {
    Values in = out;
    for (size_t i = 0; i < in.size(); ++i) {
      if (kept_[i] <= 0) in[i] = 0;
    }
    return in;
  }

 private:
  Values kept_;
};

class DropoutLayer final : public Layer {
 public:
  DropoutLayer(float rate, Chance* chance) : rate_(rate), chance_(*chance) {}

  Values Forward(const Values& in) override {
    std::bernoulli_distribution stays(1 - rate_);
    scale_.assign(in.size(), 1);
    for (size_t i = 0; training_ && i < in.size(); ++i) {
      scale_[i] = stays(chance_) ? 1 / (1 - rate_) : 0;
    }
    Values out = in;
    for (size_t i = 0; i < in.size(); ++i) out[i] *= scale_[i];
    return out;
  }
  Values Backward(const Values& out) override {
    Values in = out;
    for (size_t i = 0; i < in.size(); ++i) in[i] *= scale_[i];
    return in;
  }
  void SetTraining(bool on) override { training_ = on; }

 private:
  const float rate_;
  Chance& chance_;
  bool training_ = false;
  Values scale_;
};

class LayerNormLayer final : public Layer {
 public:
  explicit LayerNormLayer(Shape shape)
      : shape_(shape),
        gain_(Zeros(static_cast<size_t>(shape.channels))),
        bias_(Zeros(static_cast<size_t>(shape.channels))) {
    std::ranges::fill(gain_.value, 1.0F);
  }

  Values Forward(const Values& in) override {
    const auto count = static_cast<float>(in.size());
    float mean = 0, square = 0;
    for (const float value : in) mean += value / count;
    for (const float value : in) {
      square += (value - mean) * (value - mean) / count;
    }
    inverse_ = 1 / std::sqrt(square + 1e-3F);
    kept_ = in;
    for (float& value : kept_) value = (value - mean) * inverse_;
    Values out = kept_;
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = out[i] * gain_.value[Channel(i)] + bias_.value[Channel(i)];
    }
    return out;
  }

  Values Backward(const Values& out) override {
    Values in(out.size());
    const auto count = static_cast<float>(out.size());
    float mean = 0, along = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      gain_.gradient[Channel(i)] += out[i] * kept_[i];
      bias_.gradient[Channel(i)] += out[i];
      in[i] = out[i] * gain_.value[Channel(i)];
      mean += in[i] / count;
      along += in[i] * kept_[i] / count;
    }
    for (size_t i = 0; i < in.size(); ++i) {
      in[i] = inverse_ * (in[i] - mean - kept_[i] * along);
    }
    return in;
  }

  void Collect(std::vector<Weights*>* weights) override {
    weights->insert(weights->end(), {&gain_, &bias_});
  }

 private:
  size_t Channel(size_t i) const {
    return i / static_cast<size_t>(shape_.area());
  }
  const Shape shape_;
  Weights gain_, bias_;
  Values kept_;
  float inverse_ = 1;
};

class SumLayer final : public Layer {
 public:
  SumLayer(LayerPtr a, LayerPtr b) : a_(std::move(a)), b_(std::move(b)) {}
  Values Forward(const Values& in) override {
    return Added(a_->Forward(in), b_->Forward(in));
  }
  Values Backward(const Values& out) override {
    return Added(a_->Backward(out), b_->Backward(out));
  }
  void Collect(std::vector<Weights*>* weights) override {
    a_->Collect(weights);
    b_->Collect(weights);
  }
  void SetTraining(bool on) override {
    a_->SetTraining(on);
    b_->SetTraining(on);
  }

 private:
  static Values Added(Values a, const Values& b) {
    AddScaled(1, b.data(), static_cast<int>(a.size()), a.data());
    return a;
  }
  const LayerPtr a_, b_;
};

class ChainLayer final : public Layer {
 public:
  explicit ChainLayer(std::vector<LayerPtr> layers)
      : layers_(std::move(layers)) {}
  Values Forward(const Values& in) override {
    Values values = in;
    for (const LayerPtr& layer : layers_) values = layer->Forward(values);
    return values;
  }
  Values Backward(const Values& out) override {
    Values values = out;
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      values = (*layer)->Backward(values);
    }
    return values;
  }
  void Collect(std::vector<Weights*>* weights) override {
    for (const LayerPtr& layer : layers_) layer->Collect(weights);
  }
  void SetTraining(bool on) override {
    for (const LayerPtr& layer : layers_) layer->SetTraining(on);
  }

 private:
  const std::vector<LayerPtr> layers_;
};

}  // namespace

LayerPtr Dense(int in, int out, Chance* chance) {
  return std::make_unique<DenseLayer>(in, out, chance);
}
LayerPtr Relu() { return std::make_unique<ReluLayer>(); }
LayerPtr Dropout(float rate, Chance* chance) {
  return std::make_unique<DropoutLayer>(rate, chance);
}
LayerPtr LayerNorm(Shape shape) {
  return std::make_unique<LayerNormLayer>(shape);
}
LayerPtr Sum(LayerPtr a, LayerPtr b) {
  return std::make_unique<SumLayer>(std::move(a), std::move(b));
}
LayerPtr Chain(std::vector<LayerPtr> layers) {
  return std::make_unique<ChainLayer>(std::move(layers));
}

Net::Net(LayerPtr layers) : layers_(std::move(layers)) {
  layers_->Collect(&weights_);
}

void Net::Step(float rate) {
  constexpr float kDecay = 0.9F, kTiny = 1e-7F;
  for (Weights* weights : weights_) {
    for (size_t i = 0; i < weights->value.size(); ++i) {
      float& gradient = weights->gradient[i];
      float& square = weights->square[i];
      square = kDecay * square + (1 - kDecay) * gradient * gradient;
      weights->value[i] -= rate * gradient / (std::sqrt(square) + kTiny);
      gradient = 0;
    }
  }
}

size_t Net::weights() const {
  size_t count = 0;
  for (const Weights* weights : weights_) count += weights->value.size();
  return count;
}

float Logistic(float x) { return 1 / (1 + std::exp(-x)); }

}  // namespace fovea::bench::reuse
