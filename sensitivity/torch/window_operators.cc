// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operators whose outputs see a neighbourhood: convolution, pooling,
// resizing.

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sensitivity/onnx/resize.h"
#include "sensitivity/onnx/window.h"
#include "sensitivity/torch/operator.h"

namespace fovea {
namespace {

using at::Tensor;
using Sides = std::vector<int64_t>;

// Of pictures, sensor windows and filters: all but the first two.
Sides SpatialSides(const Tensor& x) {
  TORCH_CHECK(x.dim() >= 3, "a tensor of ", x.dim(), " dimensions");
  return x.sizes().slice(2).vec();
}

Tensor PadSpatial(const Tensor& x, const Padding& padding, double value) {
  Sides order;  // last axis first
  for (size_t i = padding.begin.size(); i > 0; --i) {
    order.insert(order.end(), {padding.begin[i - 1], padding.end[i - 1]});
  }
  return at::constant_pad_nd(x, order, value);
}

int64_t ReadGroups(AttributeReader* attributes) {
  const int64_t groups = attributes->Int("group", 1);
  if (groups < 1) attributes->Damaged(absl::StrCat("group ", groups));
  return groups;
}

// `window` for the filters and the input at hand.
Window Fitted(Window window, const Tensor& filters, const Tensor& x) {
  TORCH_CHECK(
      window.Complete(SpatialSides(filters)) && x.dim() == filters.dim(),
      "filters of shape ", filters.sizes(), " on an input of shape ",
      x.sizes());
  return window;
}

Operator MakeConv(AttributeReader* attributes) {
  const Window read = Window::Read(attributes);
  const int64_t groups = ReadGroups(attributes);
  return [=](const Values& in) -> Values {
    const Window window = Fitted(read, in[1], in[0]);
    Padding padding = window.PaddingFor(SpatialSides(in[0]));
    Tensor x = in[0];
    if (!padding.symmetric()) {
      x = PadSpatial(x, padding, 0);
      padding.begin.assign(padding.begin.size(), 0);
    }
    const Sides unused(padding.begin.size(), 0);
    return {at::convolution(x, in[1], in[2], window.strides(), padding.begin,
                            window.dilations(), /*transposed=*/false, unused,
                            groups)};
  };
}

// The whole of what the filters reach, of which pads are then cut off.
Operator MakeConvTranspose(AttributeReader* attributes) {
  const Window read = Window::Read(attributes);
  const int64_t groups = ReadGroups(attributes);
  const Sides extra = attributes->Ints("output_padding");
  if (read.has_auto_padding()) attributes->Refuse("auto_pad");
  if (attributes->Has("output_shape")) attributes->Refuse("output_shape");
  attributes->Ignore("output_shape");
  return [=](const Values& in) -> Values {
    const Window window = Fitted(read, in[1], in[0]);
    const Padding padding = window.PaddingFor(SpatialSides(in[0]));
    const Sides none(padding.begin.size(), 0);
    const Sides& more = extra.empty() ? none : extra;
    TORCH_CHECK(more.size() == none.size(), "output_padding of ", more.size(),
                " axes");
    Tensor y =
        at::convolution(in[0], in[1], in[2], window.strides(), none,
                        window.dilations(), /*transposed=*/true, more, groups);
    for (size_t i = 0; i < none.size(); ++i) {
      const auto axis = static_cast<int64_t>(i) + 2;
      const int64_t left = y.size(axis) - padding.begin[i] - padding.end[i];
      TORCH_CHECK(left > 0, "pads leave nothing of axis ", axis);
      y = y.narrow(axis, padding.begin[i], left);
    }
    return {y};
  };
}

// torch pads by at most half a kernel, the same before and behind.
bool TorchCanPad(const Padding& padding, const Sides& kernel) {
  bool can = padding.symmetric();
  for (size_t i = 0; i < kernel.size(); ++i) {
    can &= padding.begin[i] <= kernel[i] / 2;
  }
  return can;
}

struct Pooling {
  Window window;
  bool ceil_mode = false;
};

Pooling ReadPooling(AttributeReader* attributes) {
  Pooling pooling{Window::Read(attributes),
                  attributes->Int("ceil_mode", 0) != 0};
  const Window& window = pooling.window;
  const size_t rank = window.kernel().size();
  if (rank == 0) attributes->Damaged("no kernel_shape");
  if (rank > 2) {
    attributes->Refuse(absl::StrCat("pooling over ", rank, " axes"));
  }
  if (!pooling.ceil_mode) return pooling;
  if (window.has_auto_padding() ||
      !TorchCanPad(window.PaddingFor(Sides(rank, 1)), window.kernel())) {
    attributes->Refuse("ceil_mode with these pads");
  }
  return pooling;
}

// torch pools pictures: sensor windows become pictures one row high.
Sides InPicture(Sides sides, int64_t of_row) {
  if (sides.size() == 1) sides.insert(sides.begin(), of_row);
  return sides;
}

// Calls `pool` with x as a picture, padded with `value` where torch cannot,
// and the padding that is left to torch.
template <typename Pool>
Tensor PoolAsPicture(const Pooling& pooling, Tensor x, double value,
                     Pool pool) {
  const Window& window = pooling.window;
  const size_t rank = window.kernel().size();
  TORCH_CHECK(SpatialSides(x).size() == rank, "a kernel of ", rank,
              " axes on an input of shape ", x.sizes());
  Padding padding = window.PaddingFor(SpatialSides(x));
  if (!TorchCanPad(padding, window.kernel())) {
    x = PadSpatial(x, padding, value);
    padding.begin.assign(rank, 0);
  }
  if (rank == 2) return pool(x, padding.begin);
  return pool(x.unsqueeze(2), InPicture(padding.begin, 0)).squeeze(2);
}

Operator MakeMaxPool(AttributeReader* attributes) {
  const Pooling pooling = ReadPooling(attributes);
  attributes->Ignore("storage_order");  // of the indices, which are refused
  return [pooling](const Values& in) -> Values {
    const Window& window = pooling.window;
    const auto pool = [&](const Tensor& x, const Sides& padding) {
      return at::max_pool2d(
          x, InPicture(window.kernel(), 1), InPicture(window.strides(), 1),
          padding, InPicture(window.dilations(), 1), pooling.ceil_mode);
    };
    constexpr double kLeast = -std::numeric_limits<double>::infinity();
    return {PoolAsPicture(pooling, in[0], kLeast, pool)};
  };
}

bool IsOne(int64_t side) { return side == 1; }

Operator MakeAveragePool(AttributeReader* attributes) {
  const Pooling pooling = ReadPooling(attributes);
  const bool counts_pads = attributes->Int("count_include_pad", 0) != 0;
  const auto& dilations = pooling.window.dilations();
  if (!std::all_of(dilations.begin(), dilations.end(), IsOne)) {
    attributes->Refuse("dilations");
  }
  return [pooling, counts_pads](const Values& in) -> Values {
    const Window& window = pooling.window;
    const auto pool = [&](const Tensor& x, const Sides& padding) {
      return at::avg_pool2d(x, InPicture(window.kernel(), 1),
                            InPicture(window.strides(), 1), padding,
                            pooling.ceil_mode, counts_pads);
    };
    const Tensor mean = PoolAsPicture(pooling, in[0], 0, pool);
    const auto padding = window.PaddingFor(SpatialSides(in[0]));
    if (counts_pads || TorchCanPad(padding, window.kernel())) return {mean};
    // The padding above was counted: divide by the share of true values.
    const Tensor ones = at::ones_like(in[0].detach());
    return {mean / PoolAsPicture(pooling, ones, 0, pool)};
  };
}

Sides SpatialAxes(const Tensor& x) {
  Sides axes;
  for (int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  TORCH_CHECK(!axes.empty(), "a tensor of ", x.dim(), " dimensions");
  return axes;
}

Operator MakeGlobalAveragePool(AttributeReader*) {
  return [](const Values& in) -> Values {
    return {at::mean(in[0], SpatialAxes(in[0]), /*keepdim=*/true)};
  };
}

Operator MakeGlobalMaxPool(AttributeReader*) {
  return [](const Values& in) -> Values {
    return {at::amax(in[0], SpatialAxes(in[0]), /*keepdim=*/true)};
  };
}

Tensor ResizeAxis(const ResizeMode& mode, const Tensor& x, int64_t axis,
                  int64_t side, double scale) {
  if (side == x.size(axis) && scale == 1) return x;
  TORCH_CHECK(x.size(axis) > 0 && side > 0 && scale > 0, "axis ", axis,
              " from ", x.size(axis), " to ", side);
  const ResizeTaps taps = TapsOf(mode, x.size(axis), side, scale);
  const Tensor low = x.index_select(axis, at::tensor(taps.low, at::kLong));
  if (!mode.linear) return low;
  const Tensor high = x.index_select(axis, at::tensor(taps.high, at::kLong));
  Sides shape(static_cast<size_t>(x.dim()), 1);
  shape[static_cast<size_t>(axis)] = side;
  const Tensor share = at::tensor(taps.share, at::kFloat).reshape(shape);
  return low + (high - low) * share;
}

// By scales, or to sides.
Tensor Resized(const ResizeMode& mode, Tensor x, const Tensor& scales,
               const Tensor& sides) {
  const bool to_sides = sides.defined() && sides.numel() > 0;
  const Tensor factors = to_sides ? at::Tensor() : scales.to(at::kFloat);
  TORCH_CHECK((to_sides ? sides : factors).numel() == x.dim(),
              "scales or sizes for another number of axes than ", x.dim());
  Sides shape;
  std::vector<double> ratios;
  for (int64_t axis = 0; axis < x.dim(); ++axis) {
    const int64_t side = x.size(axis);
    if (to_sides) {
      shape.push_back(sides[axis].item<int64_t>());
      ratios.push_back(static_cast<double>(shape.back()) /
                       static_cast<double>(side));
      continue;
    }
    const float factor = factors[axis].item<float>();
    TORCH_CHECK(factor > 0 && factor < 65536, "a scale of ", factor);
    // In floats, as other runtimes do: 3 * 1.3333334F is 4.
    shape.push_back(
        static_cast<int64_t>(std::floor(static_cast<float>(side) * factor)));
    ratios.push_back(factor);
  }
  CheckShape(shape);
  for (int64_t axis = x.dim() - 1; axis >= 0; --axis) {
    const auto i = static_cast<size_t>(axis);
    x = ResizeAxis(mode, x, axis, shape[i], ratios[i]);
  }
  return x;
}

Operator MakeResize(AttributeReader* attributes) {
  const ResizeMode mode = ReadResizeMode(attributes);
  if (attributes->opset() < 11) {
    return [mode](const Values& in) -> Values {
      TORCH_CHECK(in[1].defined(), "no scales");
      return {Resized(mode, in[0], in[1], Tensor())};
    };
  }
  return [mode](const Values& in) -> Values {
    TORCH_CHECK(in[2].defined() || in[3].defined(), "neither scales nor sizes");
    return {Resized(mode, in[0], in[2], in[3])};
  };
}

Operator MakeUpsample(AttributeReader* attributes) {
  if (attributes->opset() > 9) attributes->Refuse("Upsample after opset 9");
  return MakeResize(attributes);
}

constexpr OperatorRow kRows[] = {
    {"AveragePool", 1, 1, MakeAveragePool},
    {"Conv", 2, 3, MakeConv},
    {"ConvTranspose", 2, 3, MakeConvTranspose},
    {"GlobalAveragePool", 1, 1, MakeGlobalAveragePool},
    {"GlobalMaxPool", 1, 1, MakeGlobalMaxPool},
    {"MaxPool", 1, 1, MakeMaxPool},
    {"Resize", 1, 4, MakeResize},
    {"Upsample", 2, 2, MakeUpsample},
};

}  // namespace

std::span<const OperatorRow> WindowOperators() { return kRows; }

}  // namespace fovea
