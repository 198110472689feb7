// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operators that treat each element for itself, with broadcasting.

#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sensitivity/torch/operator.h"

namespace fovea {
namespace {

using at::Scalar;
using at::Tensor;

constexpr size_t kAny = OperatorRow::kAny;

template <Tensor (*kFunction)(const Tensor&)>
Operator Unary(AttributeReader*) {
  return [](const Values& in) -> Values { return {kFunction(in[0])}; };
}

template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
Operator Binary(AttributeReader*) {
  return [](const Values& in) -> Values { return {kFunction(in[0], in[1])}; };
}

// Of any number of inputs, from the left.
template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
Operator Fold(AttributeReader*) {
  return [](const Values& in) -> Values {
    Tensor result = in[0];
    for (size_t i = 1; i < in.size(); ++i) result = kFunction(result, in[i]);
    return {result};
  };
}

bool IsInteger(const Tensor& x) {
  return at::isIntegralType(x.scalar_type(), /*includeBool=*/true);
}

Tensor Add(const Tensor& a, const Tensor& b) { return at::add(a, b); }
Tensor Subtract(const Tensor& a, const Tensor& b) { return at::sub(a, b); }

Tensor Divide(const Tensor& a, const Tensor& b) {
  return IsInteger(a) && IsInteger(b) ? at::div(a, b, "trunc") : at::div(a, b);
}

Tensor Power(const Tensor& base, const Tensor& exponent) {
  return at::pow(base, exponent).to(base.scalar_type());
}

Tensor Same(const Tensor& x) { return x; }
Tensor Softplus(const Tensor& x) { return at::softplus(x); }
Tensor Softsign(const Tensor& x) { return x / (x.abs() + 1); }
Tensor HardSwish(const Tensor& x) { return at::hardswish(x); }
Tensor Round(const Tensor& x) { return at::round(x); }  // half to even

Operator MakeMean(AttributeReader* attributes) {
  return [sum = Fold<Add>(attributes)](const Values& in) -> Values {
    return {sum(in)[0] / static_cast<double>(in.size())};
  };
}

Operator MakeLeakyRelu(AttributeReader* attributes) {
  const float alpha = attributes->Float("alpha", 0.01F);
  return [alpha](const Values& in) -> Values {
    return {at::leaky_relu(in[0], alpha)};
  };
}

Operator MakePRelu(AttributeReader*) {
  return [](const Values& in) -> Values {
    return {at::where(in[0] >= 0, in[0], in[0] * in[1])};
  };
}

Operator MakeElu(AttributeReader* attributes) {
  const float alpha = attributes->Float("alpha", 1);
  return
      [alpha](const Values& in) -> Values { return {at::elu(in[0], alpha)}; };
}

Operator MakeSelu(AttributeReader* attributes) {
  const float alpha = attributes->Float("alpha", 1.67326319F);
  const float gamma = attributes->Float("gamma", 1.05070102F);
  return [alpha, gamma](const Values& in) -> Values {
    return {at::elu(in[0], alpha, gamma)};
  };
}

Operator MakeHardSigmoid(AttributeReader* attributes) {
  const float alpha = attributes->Float("alpha", 0.2F);
  const float beta = attributes->Float("beta", 0.5F);
  return [alpha, beta](const Values& in) -> Values {
    return {at::clamp(in[0] * alpha + beta, 0, 1)};
  };
}

// at::clamp and not minimum and maximum: on a bound it lets the gradient
// through, as training frameworks do.
Operator MakeClip(AttributeReader* attributes) {
  if (attributes->opset() < 11) {
    const float least =
        attributes->Float("min", std::numeric_limits<float>::lowest());
    const float most =
        attributes->Float("max", std::numeric_limits<float>::max());
    return [least, most](const Values& in) -> Values {
      return {at::clamp(in[0], least, most)};
    };
  }
  return [](const Values& in) -> Values {
    const auto bound = [](const Tensor& x) -> c10::optional<Scalar> {
      if (!x.defined()) return c10::nullopt;
      return x.item();
    };
    const auto least = bound(in[1]), most = bound(in[2]);
    return {least || most ? at::clamp(in[0], least, most) : in[0]};
  };
}

// The numbers of TensorProto.DataType.
Operator MakeCast(AttributeReader* attributes) {
  const int64_t to = attributes->Int("to", 0);
  at::ScalarType type = at::kFloat;
  switch (to) {
    case 1:   // float
    case 10:  // half: kept as float, which holds more
    case 11:  // double: all arithmetic is in floats
      break;
    case 6:  // int32
    case 7:  // int64
      type = at::kLong;
      break;
    case 9:
      type = at::kBool;
      break;
    default:
      attributes->Refuse(absl::StrCat("element type ", to));
  }
  return [type](const Values& in) -> Values { return {in[0].to(type)}; };
}

Operator MakeWhere(AttributeReader*) {
  return [](const Values& in) -> Values {
    return {at::where(in[0].to(at::kBool), in[1], in[2])};
  };
}

// As it is when the network is used, not trained.
Operator MakeDropout(AttributeReader* attributes) {
  attributes->Ignore("ratio");
  attributes->Ignore("seed");
  return [](const Values& in) -> Values {
    TORCH_CHECK(!in[2].defined() || !in[2].to(at::kBool).any().item<bool>(),
                "training mode");
    return {in[0]};
  };
}

constexpr OperatorRow kRows[] = {
    {"Abs", 1, 1, Unary<at::abs>},
    {"Add", 2, 2, Binary<Add>},
    {"And", 2, 2, Binary<at::logical_and>},
    {"Cast", 1, 1, MakeCast},
    {"Ceil", 1, 1, Unary<at::ceil>},
    {"Clip", 1, 3, MakeClip},
    {"Cos", 1, 1, Unary<at::cos>},
    {"Div", 2, 2, Binary<Divide>},
    {"Dropout", 1, 3, MakeDropout},
    {"Elu", 1, 1, MakeElu},
    {"Equal", 2, 2, Binary<at::eq>},
    {"Erf", 1, 1, Unary<at::erf>},
    {"Exp", 1, 1, Unary<at::exp>},
    {"Floor", 1, 1, Unary<at::floor>},
    {"Greater", 2, 2, Binary<at::gt>},
    {"GreaterOrEqual", 2, 2, Binary<at::ge>},
    {"HardSigmoid", 1, 1, MakeHardSigmoid},
    {"HardSwish", 1, 1, Unary<HardSwish>},
    {"Identity", 1, 1, Unary<Same>},
    {"LeakyRelu", 1, 1, MakeLeakyRelu},
    {"Less", 2, 2, Binary<at::lt>},
    {"LessOrEqual", 2, 2, Binary<at::le>},
    {"Log", 1, 1, Unary<at::log>},
    {"Max", 1, kAny, Fold<at::maximum>},
    {"Mean", 1, kAny, MakeMean},
    {"Min", 1, kAny, Fold<at::minimum>},
    {"Mul", 2, 2, Binary<at::mul>},
    {"Neg", 1, 1, Unary<at::neg>},
    {"Not", 1, 1, Unary<at::logical_not>},
    {"Or", 2, 2, Binary<at::logical_or>},
    {"PRelu", 2, 2, MakePRelu},
    {"Pow", 2, 2, Binary<Power>},
    {"Reciprocal", 1, 1, Unary<at::reciprocal>},
    {"Relu", 1, 1, Unary<at::relu>},
    {"Round", 1, 1, Unary<Round>},
    {"Selu", 1, 1, MakeSelu},
    {"Sigmoid", 1, 1, Unary<at::sigmoid>},
    {"Sign", 1, 1, Unary<at::sign>},
    {"Sin", 1, 1, Unary<at::sin>},
    {"Softplus", 1, 1, Unary<Softplus>},
    {"Softsign", 1, 1, Unary<Softsign>},
    {"Sqrt", 1, 1, Unary<at::sqrt>},
    {"Sub", 2, 2, Binary<Subtract>},
    {"Sum", 1, kAny, Fold<Add>},
    {"Tanh", 1, 1, Unary<at::tanh>},
    {"Where", 3, 3, MakeWhere},
};

}  // namespace

std::span<const OperatorRow> ElementwiseOperators() { return kRows; }

}  // namespace fovea
