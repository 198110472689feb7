// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operators that mix values along axes: reductions, normalisations, matrix
// products.

#include <vector>

#include "sensitivity/torch/operator.h"

namespace fovea {
namespace {

using at::IntArrayRef;
using at::Tensor;

// All axes where none are named.
std::vector<int64_t> AxesOrAll(const std::vector<int64_t>& axes, int64_t rank) {
  if (!axes.empty()) return Axes(axes, rank);
  std::vector<int64_t> all;
  for (int64_t axis = 0; axis < rank; ++axis) all.push_back(axis);
  return all;
}

// A reduction of x over axes; `keep` leaves them with a side of 1.
using Reduction = Tensor (*)(const Tensor& x, IntArrayRef axes, bool keep);

template <Reduction kReduce>
Operator Reduce(AttributeReader* attributes) {
  const bool keep = attributes->Int("keepdims", 1) != 0;
  const auto axes = attributes->Ints("axes");
  return [keep, axes](const Values& in) -> Values {
    return {kReduce(in[0], AxesOrAll(axes, in[0].dim()), keep)};
  };
}

Tensor SumOf(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::sum(x, axes, keep);
}
Tensor MeanOf(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::mean(x, axes, keep);
}
Tensor MaxOf(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::amax(x, axes, keep);
}
Tensor MinOf(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::amin(x, axes, keep);
}
Tensor L1Of(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::sum(x.abs(), axes, keep);
}
// linalg_vector_norm has a gradient at 0; a square root has none.
Tensor L2Of(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::linalg_vector_norm(x, 2, axes, keep);
}
Tensor SumSquareOf(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::sum(x * x, axes, keep);
}
Tensor LogSumExpOf(const Tensor& x, IntArrayRef axes, bool keep) {
  return at::logsumexp(x, axes, keep);
}
Tensor ProductOf(const Tensor& x, IntArrayRef axes, bool keep) {
  Tensor product = x;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    product = at::prod(product, *axis, keep);
  }
  return product;
}

// From opset 13 on the axes of this one reduction are an input.
Operator MakeReduceSum(AttributeReader* attributes) {
  if (attributes->opset() < 13) return Reduce<SumOf>(attributes);
  const bool keep = attributes->Int("keepdims", 1) != 0;
  const bool idle = attributes->Int("noop_with_empty_axes", 0) != 0;
  return [keep, idle](const Values& in) -> Values {
    const auto axes =
        in[1].defined() ? Integers(in[1]) : std::vector<int64_t>();
    if (axes.empty() && idle) return {in[0]};
    return {SumOf(in[0], AxesOrAll(axes, in[0].dim()), keep)};
  };
}

Operator MakeArgMax(AttributeReader* attributes) {
  const int64_t axis = attributes->Int("axis", 0);
  const bool keep = attributes->Int("keepdims", 1) != 0;
  if (attributes->Int("select_last_index", 0) != 0) {
    attributes->Refuse("select_last_index");
  }
  return [axis, keep](const Values& in) -> Values {
    return {at::argmax(in[0].detach(), axis, keep)};
  };
}

Tensor SoftmaxOf(const Tensor& x, int64_t axis) { return at::softmax(x, axis); }
Tensor LogSoftmaxOf(const Tensor& x, int64_t axis) {
  return at::log_softmax(x, axis);
}

// Before opset 13 over all axes from `axis` on, as if they were one.
template <Tensor (*kSoftmax)(const Tensor&, int64_t)>
Operator MakeSoftmax(AttributeReader* attributes) {
  const bool flattens = attributes->opset() < 13;
  const int64_t axis = attributes->Int("axis", flattens ? 1 : -1);
  return [flattens, axis](const Values& in) -> Values {
    const Tensor& x = in[0];
    const int64_t first = Axis(axis, x.dim());
    if (!flattens || first == x.dim() - 1) return {kSoftmax(x, first)};
    return {kSoftmax(x.flatten(first), first).view(x.sizes())};
  };
}

Operator MakeBatchNormalization(AttributeReader* attributes) {
  const float epsilon = attributes->Float("epsilon", 1e-5F);
  attributes->Ignore("momentum");
  if (attributes->Int("training_mode", 0) != 0) {
    attributes->Refuse("training_mode");
  }
  return [epsilon](const Values& in) -> Values {
    return {at::batch_norm(in[0], in[1], in[2], in[3], in[4],
                           /*training=*/false, /*momentum=*/0, epsilon,
                           /*cudnn_enabled=*/false)};
  };
}

Operator MakeInstanceNormalization(AttributeReader* attributes) {
  const float epsilon = attributes->Float("epsilon", 1e-5F);
  return [epsilon](const Values& in) -> Values {
    return {at::instance_norm(in[0], in[1], in[2], {}, {},
                              /*use_input_stats=*/true, /*momentum=*/0, epsilon,
                              /*cudnn_enabled=*/false)};
  };
}

Operator MakeLayerNormalization(AttributeReader* attributes) {
  const float epsilon = attributes->Float("epsilon", 1e-5F);
  const int64_t axis = attributes->Int("axis", -1);
  attributes->Ignore("stash_type");
  return [epsilon, axis](const Values& in) -> Values {
    const Tensor& x = in[0];
    const auto shape =
        x.sizes().slice(static_cast<size_t>(Axis(axis, x.dim())));
    return {at::layer_norm(x, shape, in[1], in[2], epsilon)};
  };
}

Operator MakeMatMul(AttributeReader*) {
  return [](const Values& in) -> Values { return {at::matmul(in[0], in[1])}; };
}

Operator MakeGemm(AttributeReader* attributes) {
  const float alpha = attributes->Float("alpha", 1);
  const float beta = attributes->Float("beta", 1);
  const bool turns_a = attributes->Int("transA", 0) != 0;
  const bool turns_b = attributes->Int("transB", 0) != 0;
  return [=](const Values& in) -> Values {
    Tensor product =
        at::mm(turns_a ? in[0].t() : in[0], turns_b ? in[1].t() : in[1]);
    if (alpha != 1) product = product * alpha;
    if (!in[2].defined()) return {product};
    return {product + (beta == 1 ? in[2] : in[2] * beta)};
  };
}

constexpr OperatorRow kRows[] = {
    {"ArgMax", 1, 1, MakeArgMax},
    {"BatchNormalization", 5, 5, MakeBatchNormalization},
    {"Gemm", 2, 3, MakeGemm},
    {"InstanceNormalization", 3, 3, MakeInstanceNormalization},
    {"LayerNormalization", 2, 3, MakeLayerNormalization},
    {"LogSoftmax", 1, 1, MakeSoftmax<LogSoftmaxOf>},
    {"MatMul", 2, 2, MakeMatMul},
    {"ReduceL1", 1, 1, Reduce<L1Of>},
    {"ReduceL2", 1, 1, Reduce<L2Of>},
    {"ReduceLogSumExp", 1, 1, Reduce<LogSumExpOf>},
    {"ReduceMax", 1, 1, Reduce<MaxOf>},
    {"ReduceMean", 1, 1, Reduce<MeanOf>},
    {"ReduceMin", 1, 1, Reduce<MinOf>},
    {"ReduceProd", 1, 1, Reduce<ProductOf>},
    {"ReduceSum", 1, 2, MakeReduceSum},
    {"ReduceSumSquare", 1, 1, Reduce<SumSquareOf>},
    {"Softmax", 1, 1, MakeSoftmax<SoftmaxOf>},
};

}  // namespace

std::span<const OperatorRow> ReductionOperators() { return kRows; }

}  // namespace fovea
