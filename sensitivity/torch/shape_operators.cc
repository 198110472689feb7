// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operators that move, repeat and pick values without computing any.

#include <algorithm>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sensitivity/torch/operator.h"

namespace fovea {
namespace {

using at::Tensor;

constexpr size_t kAny = OperatorRow::kAny;

// An attribute up to some opset, an input after it: axes of Squeeze, parts
// of Split.
class ListSetting {
 public:
  ListSetting(AttributeReader* attributes, const std::string& name,
              int first_opset_as_input)
      : is_input_(attributes->opset() >= first_opset_as_input) {
    if (!is_input_) list_ = attributes->Ints(name);
  }

  // Empty when it was left out.
  std::vector<int64_t> Of(const Tensor& input) const {
    if (!is_input_) {
      TORCH_CHECK(!input.defined(), "an input that this opset does not have");
      return list_;
    }
    return input.defined() ? Integers(input) : std::vector<int64_t>();
  }

 private:
  bool is_input_;
  std::vector<int64_t> list_;
};

Operator MakeConcat(AttributeReader* attributes) {
  if (!attributes->Has("axis")) attributes->Damaged("no axis");
  const int64_t axis = attributes->Int("axis", 0);
  return [axis](const Values& in) -> Values { return {at::cat(in, axis)}; };
}

Operator MakeConstantOfShape(AttributeReader* attributes) {
  const OnnxTensor* value = attributes->TensorOrNull("value");
  Tensor scalar = at::zeros({1});
  if (value != nullptr) {
    std::visit(
        [&](const auto& values) {
          if (values.size() != 1) {
            attributes->Damaged(
                absl::StrCat("a value of ", values.size(), " elements"));
            return;
          }
          using Value = std::decay_t<decltype(values[0])>;
          const auto type = std::is_same_v<Value, float>     ? at::kFloat
                            : std::is_same_v<Value, int64_t> ? at::kLong
                                                             : at::kBool;
          scalar = at::full({1}, values[0], at::TensorOptions().dtype(type));
        },
        value->values);
  }
  return [scalar](const Values& in) -> Values {
    const auto shape = Integers(in[0]);
    CheckShape(shape);
    return {at::full(shape, scalar.item(), scalar.options())};
  };
}

// Output positions as (channel, row in block, column in block) or the other
// way round.
Operator MakeDepthToSpace(AttributeReader* attributes) {
  const int64_t b = attributes->Int("blocksize", 0);
  const std::string mode = attributes->String("mode", "DCR");
  if (b < 1 || b > 1024) attributes->Damaged(absl::StrCat("blocksize ", b));
  if (mode != "DCR" && mode != "CRD") {
    attributes->Refuse("mode " + QuotedName(mode));
  }
  return [b, depth_first = mode == "DCR"](const Values& in) -> Values {
    const Tensor& x = in[0];
    TORCH_CHECK(x.dim() == 4, "a picture of 4 dimensions is expected");
    const int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
    const Tensor blocks = depth_first ? x.reshape({n, b, b, c / (b * b), h, w})
                                            .permute({0, 3, 4, 1, 5, 2})
                                      : x.reshape({n, c / (b * b), b, b, h, w})
                                            .permute({0, 1, 4, 2, 5, 3});
    return {blocks.reshape({n, c / (b * b), h * b, w * b})};
  };
}

Operator MakeSpaceToDepth(AttributeReader* attributes) {
  const int64_t b = attributes->Int("blocksize", 0);
  if (b < 1 || b > 1024) attributes->Damaged(absl::StrCat("blocksize ", b));
  return [b](const Values& in) -> Values {
    const Tensor& x = in[0];
    TORCH_CHECK(x.dim() == 4, "a picture of 4 dimensions is expected");
    const int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
    return {x.reshape({n, c, h / b, b, w / b, b})
                .permute({0, 3, 5, 1, 2, 4})
                .reshape({n, c * b * b, h / b, w / b})};
  };
}

Operator MakeExpand(AttributeReader*) {
  return [](const Values& in) -> Values {
    const auto shape = Integers(in[1]);
    CheckShape(shape);
    const auto both = at::infer_size(in[0].sizes(), shape);
    CheckShape(both);
    return {in[0].expand(both)};
  };
}

Operator MakeFlatten(AttributeReader* attributes) {
  const int64_t axis = attributes->Int("axis", 1);
  return [axis](const Values& in) -> Values {
    const Tensor& x = in[0];
    const int64_t first = axis == x.dim() ? axis : Axis(axis, x.dim());
    int64_t rows = 1;
    for (int64_t i = 0; i < first; ++i) rows *= x.size(i);
    const int64_t columns = rows == 0 ? 0 : x.numel() / rows;
    return {x.reshape({rows, columns})};
  };
}

Operator MakeGather(AttributeReader* attributes) {
  const int64_t axis = attributes->Int("axis", 0);
  return [axis](const Values& in) -> Values {
    const Tensor& x = in[0];
    const int64_t at = Axis(axis, x.dim());
    const Tensor& index = in[1];
    if (index.dim() == 0) return {x.select(at, index.item<int64_t>())};
    const Tensor wrapped = at::where(index < 0, index + x.size(at), index);
    auto shape = x.sizes().vec();
    shape.erase(shape.begin() + at);
    shape.insert(shape.begin() + at, index.sizes().begin(),
                 index.sizes().end());
    return {x.index_select(at, wrapped.flatten()).reshape(shape)};
  };
}

Operator MakeGatherElements(AttributeReader* attributes) {
  const int64_t axis = attributes->Int("axis", 0);
  return [axis](const Values& in) -> Values {
    const int64_t at = Axis(axis, in[0].dim());
    const Tensor wrapped = at::where(in[1] < 0, in[1] + in[0].size(at), in[1]);
    return {at::gather(in[0], at, wrapped)};
  };
}

enum class PadMode { kConstant, kReflect, kEdge };

// Positions along an axis of `side` that a mirrored or repeated border is
// copied from.
Tensor PadSources(PadMode mode, int64_t side, int64_t before, int64_t behind) {
  TORCH_CHECK(before >= 0 && behind >= 0 && side > 0, "pads ", before, ", ",
              behind, " of a side of ", side);
  TORCH_CHECK(mode == PadMode::kEdge || std::max(before, behind) < side,
              "pads ", before, ", ", behind, " mirror a side of ", side);
  CheckShape({before + behind});
  std::vector<int64_t> sources;
  for (int64_t i = -before; i < side + behind; ++i) {
    int64_t from = std::clamp<int64_t>(i, 0, side - 1);
    if (mode == PadMode::kReflect) from -= i - from;
    sources.push_back(from);
  }
  return at::tensor(sources, at::kLong);
}

Tensor PadWith(PadMode mode, Tensor x, const std::vector<int64_t>& pads,
               const at::Scalar& value) {
  const int64_t rank = x.dim();
  TORCH_CHECK(static_cast<int64_t>(pads.size()) == 2 * rank, pads.size(),
              " pads for ", rank, " dimensions");
  std::vector<int64_t> torch_order, shape;  // last axis first
  for (int64_t axis = rank - 1; axis >= 0; --axis) {
    const int64_t before = pads[static_cast<size_t>(axis)];
    const int64_t behind = pads[static_cast<size_t>(axis + rank)];
    constexpr int64_t kMost = 1 << 30;
    TORCH_CHECK(
        std::max(before, behind) <= kMost && std::min(before, behind) >= -kMost,
        "pads ", before, ", ", behind);
    torch_order.insert(torch_order.end(), {before, behind});
    shape.push_back(x.size(axis) + before + behind);
    if (mode == PadMode::kConstant || (before == 0 && behind == 0)) continue;
    x = x.index_select(axis, PadSources(mode, x.size(axis), before, behind));
  }
  CheckShape(shape);
  return mode == PadMode::kConstant ? at::constant_pad_nd(x, torch_order, value)
                                    : x;
}

Operator MakePad(AttributeReader* attributes) {
  const std::string name = attributes->String("mode", "constant");
  PadMode mode = PadMode::kConstant;
  if (name == "reflect") {
    mode = PadMode::kReflect;
  } else if (name == "edge") {
    mode = PadMode::kEdge;
  } else if (name != "constant") {
    attributes->Refuse("mode " + QuotedName(name));
  }
  if (attributes->opset() < 11) {
    const auto pads = attributes->Ints("pads");
    const float value = attributes->Float("value", 0);
    return [=](const Values& in) -> Values {
      return {PadWith(mode, in[0], pads, value)};
    };
  }
  return [mode](const Values& in) -> Values {
    TORCH_CHECK(in[1].defined(), "no pads");
    const at::Scalar value = in[2].defined() ? in[2].item() : at::Scalar(0);
    return {PadWith(mode, in[0], Integers(in[1]), value)};
  };
}

Operator MakeRange(AttributeReader*) {
  return [](const Values& in) -> Values {
    const double count = std::ceil(
        (in[1].item<double>() - in[0].item<double>()) / in[2].item<double>());
    TORCH_CHECK(std::abs(count) < 1e9, "a range of ", count, " values");
    const auto steps = std::max<int64_t>(static_cast<int64_t>(count), 0);
    CheckShape({steps});
    return {at::arange(steps, in[0].options()) * in[2] + in[0]};
  };
}

// 0 keeps the side it stands for, unless `allowzero`; -1 takes what is left.
Operator MakeReshape(AttributeReader* attributes) {
  const bool zero_is_zero = attributes->Int("allowzero", 0) != 0;
  return [zero_is_zero](const Values& in) -> Values {
    auto shape = Integers(in[1]);
    for (size_t i = 0; i < shape.size() && !zero_is_zero; ++i) {
      if (shape[i] == 0) shape[i] = in[0].size(static_cast<int64_t>(i));
    }
    auto claimed = shape;
    std::replace(claimed.begin(), claimed.end(), int64_t{-1}, int64_t{1});
    CheckShape(claimed);
    return {in[0].reshape(shape)};
  };
}

Operator MakeShape(AttributeReader* attributes) {
  const int64_t start = attributes->Int("start", 0);
  const int64_t end = attributes->Int("end", INT64_MAX);
  return [start, end](const Values& in) -> Values {
    const auto sizes = in[0].sizes().vec();
    return {at::slice(at::tensor(sizes, at::kLong), 0, start, end)};
  };
}

Operator MakeSize(AttributeReader*) {
  return [](const Values& in) -> Values {
    return {at::scalar_tensor(in[0].numel(), at::kLong)};
  };
}

// As in Python, with steps of either sign.
Tensor SliceOf(const Tensor& x, int64_t axis, int64_t start, int64_t end,
               int64_t step) {
  TORCH_CHECK(step != 0, "a step of 0");
  if (step > 0) return at::slice(x, axis, start, end, step);
  const int64_t side = x.size(axis);
  const auto place = [side](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? std::max(at, -side - 1) + side : at, -1,
                               side - 1);
  };
  std::vector<int64_t> taken;
  const int64_t last = place(end);
  for (int64_t i = place(start); i > last; i += std::max(step, -side)) {
    taken.push_back(i);
  }
  return x.index_select(axis, at::tensor(taken, at::kLong));
}

Tensor SliceAll(Tensor x, const std::vector<int64_t>& starts,
                const std::vector<int64_t>& ends, std::vector<int64_t> axes,
                std::vector<int64_t> steps) {
  for (size_t i = axes.size(); axes.size() < starts.size(); ++i) {
    axes.push_back(static_cast<int64_t>(i));
  }
  steps.resize(std::max(steps.size(), starts.size()), 1);
  TORCH_CHECK(ends.size() == starts.size() && axes.size() == starts.size() &&
                  steps.size() == starts.size(),
              "starts, ends, axes and steps differ in length");
  for (size_t i = 0; i < starts.size(); ++i) {
    x = SliceOf(x, Axis(axes[i], x.dim()), starts[i], ends[i], steps[i]);
  }
  return x;
}

Operator MakeSlice(AttributeReader* attributes) {
  if (attributes->opset() < 10) {
    const auto starts = attributes->Ints("starts");
    const auto ends = attributes->Ints("ends");
    const auto axes = attributes->Ints("axes");
    return [=](const Values& in) -> Values {
      return {SliceAll(in[0], starts, ends, axes, {})};
    };
  }
  return [](const Values& in) -> Values {
    TORCH_CHECK(in[1].defined() && in[2].defined(), "no starts or ends");
    const auto list = [](const Tensor& x) {
      return x.defined() ? Integers(x) : std::vector<int64_t>();
    };
    return {SliceAll(in[0], Integers(in[1]), Integers(in[2]), list(in[3]),
                     list(in[4]))};
  };
}

Operator MakeSplit(AttributeReader* attributes) {
  const int64_t axis = attributes->Int("axis", 0);
  const auto count = static_cast<int64_t>(attributes->output_count());
  const ListSetting parts(attributes, "split", 13);
  return [=](const Values& in) -> Values {
    const int64_t at = Axis(axis, in[0].dim());
    auto sizes = parts.Of(in[1]);
    if (sizes.empty()) {
      TORCH_CHECK(count > 0 && in[0].size(at) % count == 0, "a side of ",
                  in[0].size(at), " into ", count, " equal parts");
      sizes.assign(static_cast<size_t>(count), in[0].size(at) / count);
    }
    TORCH_CHECK(static_cast<int64_t>(sizes.size()) == count, sizes.size(),
                " parts for ", count, " outputs");
    return at::split_with_sizes(in[0], sizes, at);
  };
}

Operator MakeSqueeze(AttributeReader* attributes) {
  const ListSetting setting(attributes, "axes", 13);
  return [setting](const Values& in) -> Values {
    Tensor x = in[0];
    const auto named = setting.Of(in[1]);
    if (named.empty()) return {x.squeeze()};
    const auto axes = Axes(named, x.dim());
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      TORCH_CHECK(x.size(*axis) == 1, "axis ", *axis, " has a side of ",
                  x.size(*axis));
      x = x.squeeze(*axis);
    }
    return {x};
  };
}

Operator MakeUnsqueeze(AttributeReader* attributes) {
  const ListSetting setting(attributes, "axes", 13);
  return [setting](const Values& in) -> Values {
    Tensor x = in[0];
    const auto named = setting.Of(in[1]);
    TORCH_CHECK(!named.empty(), "no axes");
    const auto rank = x.dim() + static_cast<int64_t>(named.size());
    for (const int64_t axis : Axes(named, rank)) x = x.unsqueeze(axis);
    return {x};
  };
}

Operator MakeTile(AttributeReader*) {
  return [](const Values& in) -> Values {
    const auto repeats = Integers(in[1]);
    TORCH_CHECK(static_cast<int64_t>(repeats.size()) == in[0].dim(),
                repeats.size(), " repeats for ", in[0].dim(), " dimensions");
    CheckShape(repeats);
    return {in[0].repeat(repeats)};
  };
}

Operator MakeTranspose(AttributeReader* attributes) {
  const bool reverses = !attributes->Has("perm");
  const auto order = attributes->Ints("perm");
  return [reverses, order](const Values& in) -> Values {
    if (!reverses) return {in[0].permute(order)};
    std::vector<int64_t> reversed;
    for (int64_t i = in[0].dim(); i > 0; --i) reversed.push_back(i - 1);
    return {in[0].permute(reversed)};
  };
}

constexpr OperatorRow kRows[] = {
    {"Concat", 1, kAny, MakeConcat},
    {"ConstantOfShape", 1, 1, MakeConstantOfShape},
    {"DepthToSpace", 1, 1, MakeDepthToSpace},
    {"Expand", 2, 2, MakeExpand},
    {"Flatten", 1, 1, MakeFlatten},
    {"Gather", 2, 2, MakeGather},
    {"GatherElements", 2, 2, MakeGatherElements},
    {"Pad", 1, 3, MakePad},
    {"Range", 3, 3, MakeRange},
    {"Reshape", 2, 2, MakeReshape},
    {"Shape", 1, 1, MakeShape},
    {"Size", 1, 1, MakeSize},
    {"Slice", 1, 5, MakeSlice},
    {"SpaceToDepth", 1, 1, MakeSpaceToDepth},
    {"Split", 1, 2, MakeSplit, kAny},
    {"Squeeze", 1, 2, MakeSqueeze},
    {"Tile", 2, 2, MakeTile},
    {"Transpose", 1, 1, MakeTranspose},
    {"Unsqueeze", 1, 2, MakeUnsqueeze},
};

}  // namespace

std::span<const OperatorRow> ShapeOperators() { return kRows; }

}  // namespace fovea
