// SPDX-License-Identifier: GPL-2.0-or-later
//
// Layers over planes of pixels. Loops run along planes, so that the compiler
// can take several pixels at a time.

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "bench/reuse/small_net.h"
#include "bench/reuse/weights.h"

namespace fovea::bench::reuse {
namespace {

// Picks the greatest of some inputs per output and sends gradients there.
class Picker : public Layer {
 public:
  Values Backward(const Values& out) override {
    Values in(inputs_, 0);
    for (size_t i = 0; i < out.size(); ++i) in[picked_[i]] += out[i];
    return in;
  }

 protected:
  void Begin(const Values& in) {
    inputs_ = in.size();
    picked_.clear();
  }
  void Pick(size_t input) { picked_.push_back(input); }
  Values Picked(const Values& in) const {
    Values out;
    for (const size_t i : picked_) out.push_back(in[i]);
    return out;
  }

 private:
  size_t inputs_ = 0;
  std::vector<size_t> picked_;
};

class GlobalMaxLayer final : public Picker {
 public:
  explicit GlobalMaxLayer(Shape shape) : shape_(shape) {}
  Values Forward(const Values& in) override {
    Begin(in);
    for (int c = 0; c < shape_.channels; ++c) {
      const auto first = in.begin() + c * shape_.area();
      Pick(static_cast<size_t>(std::max_element(first, first + shape_.area()) -
                               in.begin()));
    }
    return Picked(in);
  }

 private:
  const Shape shape_;
};

class MaxPool3Layer final : public Picker {
 public:
  explicit MaxPool3Layer(Shape in) : in_(in) {}
  Values Forward(const Values& in) override {
    Begin(in);
    for (int c = 0; c < in_.channels; ++c) {
      for (int y = 0; y < in_.height; y += 2) {
        for (int x = 0; x < in_.width; x += 2) Pick(Greatest(in, c, y, x));
      }
    }
    return Picked(in);
  }

 private:
  size_t Greatest(const Values& in, int c, int y, int x) const {
    size_t best = 0;
    float most = -std::numeric_limits<float>::infinity();
    for (int v = std::max(y - 1, 0); v <= std::min(y + 1, in_.height - 1);
         ++v) {
      for (int u = std::max(x - 1, 0); u <= std::min(x + 1, in_.width - 1);
           ++u) {
        const auto i =
            static_cast<size_t>((c * in_.height + v) * in_.width + u);
        if (in[i] > most) {
          most = in[i];
          best = i;
        }
      }
    }
    return best;
  }
  const Shape in_;
};

class PointwiseLayer final : public Layer {
 public:
  PointwiseLayer(Shape in, int channels, int stride, Chance* chance)
      : in_(in),
        out_(stride == 1 ? Shape{channels, in.height, in.width}
                         : Halved(in, channels)),
        stride_(stride),
        weights_(Glorot(static_cast<size_t>(in.channels * channels),
                        in.channels, channels, chance)),
        bias_(Zeros(static_cast<size_t>(channels))) {}

  Values Forward(const Values& in) override {
    kept_ = Thinned(in);
    const int area = out_.area();
    Values out(out_.size());
    for (int o = 0; o < out_.channels; ++o) {
      float* plane = out.data() + o * area;
      std::fill_n(plane, area, bias_.value[static_cast<size_t>(o)]);
      for (int i = 0; i < in_.channels; ++i) {
        AddScaled(weights_.value[Weight(o, i)], kept_.data() + i * area, area,
                  plane);
      }
    }
    return out;
  }

  Values Backward(const Values& out) override {
    const int area = out_.area();
    Values thin(static_cast<size_t>(in_.channels * area), 0);
    for (int o = 0; o < out_.channels; ++o) {
      const float* plane = out.data() + o * area;
      for (int p = 0; p < area; ++p) {
        bias_.gradient[static_cast<size_t>(o)] += plane[p];
      }
      for (int i = 0; i < in_.channels; ++i) {
        weights_.gradient[Weight(o, i)] +=
            Dot(plane, kept_.data() + i * area, area);
        AddScaled(weights_.value[Weight(o, i)], plane, area,
                  thin.data() + i * area);
      }
    }
    return stride_ == 1 ? thin : Spread(thin);
  }

  void Collect(std::vector<Weights*>* weights) override {
    weights->insert(weights->end(), {&weights_, &bias_});
  }

 private:
  size_t Weight(int out, int in) const {
    return static_cast<size_t>(out * in_.channels + in);
  }
  // Where the input of pixel p of channel c of the output lies.
  size_t Source(int c, int p) const {
    const int y = p / out_.width * stride_, x = p % out_.width * stride_;
    return static_cast<size_t>((c * in_.height + y) * in_.width + x);
  }
  Values Thinned(const Values& in) const {
    if (stride_ == 1) return in;
    Values thin;
    for (int c = 0; c < in_.channels; ++c) {
      for (int p = 0; p < out_.area(); ++p) thin.push_back(in[Source(c, p)]);
    }
    return thin;
  }
  Values Spread(const Values& thin) const {
    Values in(in_.size(), 0);
    for (int c = 0; c < in_.channels; ++c) {
      for (int p = 0; p < out_.area(); ++p) {
        in[Source(c, p)] = thin[static_cast<size_t>(c * out_.area() + p)];
      }
    }
    return in;
  }

  const Shape in_, out_;
  const int stride_;
  Weights weights_, bias_;
  Values kept_;
};

class Depthwise3Layer final : public Layer {
 public:
  Depthwise3Layer(Shape in, Chance* chance)
      : in_(in),
        weights_(Glorot(static_cast<size_t>(9 * in.channels), 9, 9, chance)) {}

  Values Forward(const Values& in) override {
    kept_ = in;
    Values out(in.size(), 0);
    for (int c = 0; c < in_.channels; ++c) {
      for (int k = 0; k < 9; ++k) {
        const float weight = weights_.value[static_cast<size_t>(9 * c + k)];
        EachRow(c, k, [&](int from, int to, int count) {
          AddScaled(weight, in.data() + from, count, out.data() + to);
        });
      }
    }
    return out;
  }

  Values Backward(const Values& out) override {
    Values in(out.size(), 0);
    for (int c = 0; c < in_.channels; ++c) {
      for (int k = 0; k < 9; ++k) {
        const auto i = static_cast<size_t>(9 * c + k);
        EachRow(c, k, [&](int from, int to, int count) {
          weights_.gradient[i] +=
              Dot(kept_.data() + from, out.data() + to, count);
          AddScaled(weights_.value[i], out.data() + to, count,
                    in.data() + from);
        });
      }
    }
    return in;
  }

  void Collect(std::vector<Weights*>* weights) override {
    weights->push_back(&weights_);
  }

 private:
  // Rows of tap k in channel c: where from, where to, how many pixels.
  template <typename Do>
  void EachRow(int c, int k, const Do& row) const {
    const int dy = k / 3 - 1, dx = k % 3 - 1;
    const int first = std::max(0, -dx);
    const int count = in_.width - std::abs(dx);
    for (int y = std::max(0, -dy); y < in_.height - std::max(0, dy); ++y) {
      const int to = (c * in_.height + y) * in_.width + first;
      row(to + dy * in_.width + dx, to, count);
    }
  }
  const Shape in_;
  Weights weights_;
  Values kept_;
};

}  // namespace

LayerPtr GlobalMax(Shape shape) {
  return std::make_unique<GlobalMaxLayer>(shape);
}
LayerPtr Pointwise(Shape in, int channels, int stride, Chance* chance) {
  return std::make_unique<PointwiseLayer>(in, channels, stride, chance);
}
LayerPtr Depthwise3(Shape in, Chance* chance) {
  return std::make_unique<Depthwise3Layer>(in, chance);
}
LayerPtr MaxPool3(Shape in) { return std::make_unique<MaxPool3Layer>(in); }

Shape Halved(Shape shape, int channels) {
  return {channels, (shape.height + 1) / 2, (shape.width + 1) / 2};
}

LayerPtr ResidualBlock(Shape in, int channels, Chance* chance) {
  const Shape inside{channels, in.height, in.width};
  std::vector<LayerPtr> main;
  Shape shape = in;
  for (int i = 0; i < 2; ++i) {
    main.push_back(Relu());
    main.push_back(Depthwise3(shape, chance));
    main.push_back(Pointwise(shape, channels, 1, chance));
    main.push_back(LayerNorm(inside));
    shape = inside;
  }
  main.push_back(MaxPool3(inside));
  return Sum(Chain(std::move(main)), Pointwise(in, channels, 2, chance));
}

}  // namespace fovea::bench::reuse
