// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parser behind the records is libprotobuf's. It allocates as it goes,
// so the records are measured first; each tensor's shape is then compared
// with the bytes the parser really found before it is copied.

#include "sensitivity/onnx/onnx_reader.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "onnx/onnx_pb.h"
#include "sensitivity/onnx/graph_check.h"
#include "sensitivity/onnx/wire_check.h"

namespace fovea {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

constexpr int64_t kFirstOpset = 9;
constexpr int64_t kLastOpset = 17;

float FloatOf(float value) { return value; }
float FloatOf(double value) { return static_cast<float>(value); }

// IEEE 754 half precision.
float FloatOf(uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const auto fraction = static_cast<float>(half & 1023);
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return sign * (fraction > 0 ? NAN : INFINITY);
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

class TensorReader {
 public:
  // `label` begins every error.
  TensorReader(std::string label, const TensorProto& tensor)
      : label_(std::move(label)), tensor_(tensor) {}

  absl::StatusOr<OnnxTensor> Read(const OnnxLimits& limits) {
    if (tensor_.data_location() == TensorProto::EXTERNAL ||
        tensor_.external_data_size() > 0) {
      return Unimplemented(
          "keeps its values in another file; save the "
          "network as one file");
    }
    if (tensor_.has_segment()) return Unimplemented("is cut into segments");
    if (auto s = ReadShape(limits); !s.ok()) return s;
    if (auto s = ReadValues(); !s.ok()) return s;
    return std::move(out_);
  }

 private:
  absl::Status Damaged(const std::string& what) const {
    return absl::DataLossError(label_ + " " + what);
  }
  absl::Status Unimplemented(const std::string& what) const {
    return absl::UnimplementedError(label_ + " " + what);
  }

  absl::Status ReadShape(const OnnxLimits& limits) {
    constexpr uint64_t kMost = 1ULL << 40;
    if (static_cast<size_t>(tensor_.dims_size()) > limits.max_rank) {
      return absl::ResourceExhaustedError(
          absl::StrCat(label_, " has ", tensor_.dims_size(),
                       " dimensions; at most ", limits.max_rank, " are read"));
    }
    for (const int64_t side : tensor_.dims()) {
      if (side < 0) return Damaged(absl::StrCat("has a side of ", side));
      const auto factor = static_cast<uint64_t>(side);
      if (factor > 0 && count_ > kMost / factor) {
        return Damaged(absl::StrCat("claims the shape [",
                                    absl::StrJoin(tensor_.dims(), ", "), "]"));
      }
      count_ *= factor;
    }
    out_.shape.assign(tensor_.dims().begin(), tensor_.dims().end());
    return absl::OkStatus();
  }

  absl::Status ReadValues() {
    switch (tensor_.data_type()) {
      case TensorProto::FLOAT:
        return ReadFloats<float>(tensor_.float_data());
      case TensorProto::DOUBLE:
        return ReadFloats<double>(tensor_.double_data());
      case TensorProto::FLOAT16:
        return ReadFloats<uint16_t>(tensor_.int32_data());
      case TensorProto::INT64:
        return ReadIntegers<int64_t>(tensor_.int64_data());
      case TensorProto::INT32:
        return ReadIntegers<int32_t>(tensor_.int32_data());
      case TensorProto::BOOL:
        return ReadBooleans();
      default:
        return Unimplemented(
            absl::StrCat("has element type ", tensor_.data_type(),
                         "; floats, doubles, halves, 32- and 64-bit integers "
                         "and booleans are read"));
    }
  }

  // Whether as many values are there as the shape says.
  template <typename Stored, typename Typed>
  absl::Status CheckCount(const Typed& typed) const {
    const size_t raw = tensor_.raw_data().size();
    const size_t listed = static_cast<size_t>(typed.size());
    if (raw > 0 && listed > 0) return Damaged("has its values twice");
    const uint64_t bytes = count_ * sizeof(Stored);
    if (tensor_.has_raw_data() ? raw == bytes : listed == count_) {
      return absl::OkStatus();
    }
    const std::string expected =
        absl::StrCat("of shape [", absl::StrJoin(out_.shape, ", "), "] needs ");
    return Damaged(
        tensor_.has_raw_data()
            ? absl::StrCat(expected, bytes, " bytes and has ", raw)
            : absl::StrCat(expected, count_, " values and has ", listed));
  }

  // Calls `take` with each value, stored as `Stored` in raw bytes.
  template <typename Stored, typename Typed, typename Take>
  void ForEach(const Typed& typed, Take take) const {
    if (!tensor_.has_raw_data()) {
      for (const auto value : typed) take(static_cast<Stored>(value));
      return;
    }
    const std::string& raw = tensor_.raw_data();
    for (size_t at = 0; at < raw.size(); at += sizeof(Stored)) {
      Stored value;
      std::memcpy(&value, raw.data() + at, sizeof(Stored));
      take(value);
    }
  }

  template <typename Stored, typename Typed>
  absl::Status ReadFloats(const Typed& typed) {
    if (auto s = CheckCount<Stored>(typed); !s.ok()) return s;
    std::vector<float> values;
    values.reserve(count_);
    bool finite = true;
    ForEach<Stored>(typed, [&](Stored stored) {
      values.push_back(FloatOf(stored));
      finite &= std::isfinite(values.back());
    });
    if (!finite) return Damaged("holds values that are no finite numbers");
    out_.values = std::move(values);
    return absl::OkStatus();
  }

  template <typename Stored, typename Typed>
  absl::Status ReadIntegers(const Typed& typed) {
    if (auto s = CheckCount<Stored>(typed); !s.ok()) return s;
    std::vector<int64_t> values;
    values.reserve(count_);
    ForEach<Stored>(typed, [&](Stored stored) { values.push_back(stored); });
    out_.values = std::move(values);
    return absl::OkStatus();
  }

  absl::Status ReadBooleans() {
    const auto& typed = tensor_.int32_data();
    if (auto s = CheckCount<uint8_t>(typed); !s.ok()) return s;
    std::vector<uint8_t> values;
    values.reserve(count_);
    ForEach<uint8_t>(typed, [&](uint8_t v) { values.push_back(v != 0); });
    out_.values = std::move(values);
    return absl::OkStatus();
  }

  const std::string label_;
  const TensorProto& tensor_;
  uint64_t count_ = 1;
  OnnxTensor out_;
};

class GraphReader {
 public:
  GraphReader(const std::string& name, const onnx::ModelProto& model,
              const OnnxLimits& limits)
      : name_(name), model_(model), limits_(limits) {}

  absl::StatusOr<OnnxGraph> Read() {
    for (const auto step :
         {&GraphReader::ReadOpset, &GraphReader::ReadInitializers,
          &GraphReader::ReadInput, &GraphReader::ReadNodes}) {
      if (auto s = (this->*step)(); !s.ok()) return s;
    }
    for (const auto& output : model_.graph().output()) {
      out_.outputs.push_back(output.name());
    }
    if (auto s = CheckGraph(name_, out_); !s.ok()) return s;
    return std::move(out_);
  }

 private:
  absl::Status Damaged(const std::string& what) const {
    return absl::DataLossError(name_ + ": " + what);
  }
  absl::Status Unimplemented(const std::string& what) const {
    return absl::UnimplementedError(name_ + ": " + what);
  }

  static bool IsDefaultDomain(const std::string& domain) {
    return domain.empty() || domain == "ai.onnx";
  }

  absl::Status ReadOpset() {
    if (!model_.has_graph()) return Damaged("no ONNX network in it");
    if (model_.functions_size() > 0)
      return Unimplemented("functions of its own");
    int64_t opset = 0;
    for (const auto& import : model_.opset_import()) {
      if (!IsDefaultDomain(import.domain())) continue;
      if (opset != 0) return Damaged("its operator set is named twice");
      opset = import.version();
    }
    if (opset < kFirstOpset || opset > kLastOpset) {
      return Unimplemented(absl::StrCat("opset ", opset, "; ", kFirstOpset,
                                        " to ", kLastOpset, " are read"));
    }
    out_.opset = static_cast<int>(opset);
    return absl::OkStatus();
  }

  absl::Status AddConstant(const std::string& constant,
                           const std::string& label,
                           absl::StatusOr<OnnxTensor> tensor) {
    if (!tensor.ok()) return tensor.status();
    if (constant.empty()) return Damaged(label + " has no name");
    if (!out_.constants.emplace(constant, *std::move(tensor)).second) {
      return Damaged(label + " is there twice");
    }
    return absl::OkStatus();
  }

  absl::Status ReadInitializers() {
    const auto& graph = model_.graph();
    if (graph.sparse_initializer_size() > 0) {
      return Unimplemented("sparse weights");
    }
    for (const TensorProto& tensor : graph.initializer()) {
      const std::string label =
          absl::StrCat("tensor ", QuotedName(tensor.name()));
      auto s =
          AddConstant(tensor.name(), label,
                      TensorReader(name_ + ": " + label, tensor).Read(limits_));
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

  // Up to IR version 3 every initializer was listed as an input, too.
  absl::Status ReadInput() {
    const onnx::ValueInfoProto* found = nullptr;
    for (const auto& input : model_.graph().input()) {
      if (out_.constants.contains(input.name())) continue;
      if (found != nullptr) {
        return Unimplemented(absl::StrCat("inputs ", QuotedName(found->name()),
                                          " and ", QuotedName(input.name()),
                                          "; networks of one input are run"));
      }
      found = &input;
    }
    if (found == nullptr || found->name().empty()) {
      return Damaged("the network has no input");
    }
    out_.input = found->name();
    return ReadInputShape(*found);
  }

  absl::Status ReadInputShape(const onnx::ValueInfoProto& input) {
    const auto& type = input.type().tensor_type();
    if (type.elem_type() != TensorProto::FLOAT &&
        type.elem_type() != TensorProto::FLOAT16 &&
        type.elem_type() != TensorProto::DOUBLE) {
      return Unimplemented(absl::StrCat("input ", QuotedName(input.name()),
                                        " has element type ", type.elem_type(),
                                        "; floats are put in"));
    }
    if (static_cast<size_t>(type.shape().dim_size()) > limits_.max_rank) {
      return absl::ResourceExhaustedError(
          absl::StrCat(name_, ": input ", QuotedName(input.name()), " has ",
                       type.shape().dim_size(), " dimensions; at most ",
                       limits_.max_rank, " are read"));
    }
    for (const auto& dim : type.shape().dim()) {
      const bool fixed = dim.has_dim_value() && dim.dim_value() > 0;
      out_.input_shape.push_back(fixed ? dim.dim_value() : -1);
    }
    return absl::OkStatus();
  }

  absl::Status ReadNodes() {
    size_t number = 0;
    for (const auto& node : model_.graph().node()) {
      OnnxNode out;
      out.op = node.op_type();
      out.name = node.name();
      out.number = number++;
      out.inputs.assign(node.input().begin(), node.input().end());
      out.outputs.assign(node.output().begin(), node.output().end());
      if (!IsDefaultDomain(node.domain())) {
        return Unimplemented(absl::StrCat(NodeLabel(out), ": operator of ",
                                          QuotedName(node.domain())));
      }
      for (const AttributeProto& attribute : node.attribute()) {
        if (auto s = ReadAttribute(attribute, &out); !s.ok()) return s;
      }
      auto s = out.op == "Constant" ? AddConstantNode(std::move(out))
                                    : AddNode(std::move(out));
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status AddNode(OnnxNode node) {
    out_.nodes.push_back(std::move(node));
    return absl::OkStatus();
  }

  absl::Status ReadAttribute(const AttributeProto& attribute, OnnxNode* node) {
    const std::string label =
        absl::StrCat(name_, ": ", NodeLabel(*node), ": attribute ",
                     QuotedName(attribute.name()));
    auto value = AttributeValue(label, attribute);
    if (!value.ok()) return value.status();
    if (!node->attributes.emplace(attribute.name(), *std::move(value)).second) {
      return absl::DataLossError(label + " is there twice");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<OnnxAttribute> AttributeValue(const std::string& label,
                                               const AttributeProto& a) {
    switch (a.type()) {
      case AttributeProto::FLOAT:
        return a.f();
      case AttributeProto::INT:
        return int64_t{a.i()};
      case AttributeProto::STRING:
        return a.s();
      case AttributeProto::FLOATS:
        return std::vector<float>(a.floats().begin(), a.floats().end());
      case AttributeProto::INTS:
        return std::vector<int64_t>(a.ints().begin(), a.ints().end());
      case AttributeProto::STRINGS:
        return std::vector<std::string>(a.strings().begin(), a.strings().end());
      case AttributeProto::TENSOR:
        return TensorReader(label, a.t()).Read(limits_);
      case AttributeProto::UNDEFINED:
        return absl::DataLossError(label + " has no type");
      default:
        return absl::UnimplementedError(
            absl::StrCat(label, " holds a graph or type"));
    }
  }

  absl::Status AddConstantNode(OnnxNode node) {
    if (node.attributes.size() != 1 || node.outputs.size() != 1) {
      return Damaged(NodeLabel(node) + " needs one attribute and one output");
    }
    OnnxAttribute& value = node.attributes.begin()->second;
    OnnxTensor tensor;
    if (auto* whole = std::get_if<OnnxTensor>(&value)) {
      tensor = std::move(*whole);
    } else if (const auto* number = std::get_if<float>(&value)) {
      tensor.values = std::vector<float>{*number};
    } else if (const auto* integer = std::get_if<int64_t>(&value)) {
      tensor.values = std::vector<int64_t>{*integer};
    } else if (auto* floats = std::get_if<std::vector<float>>(&value)) {
      tensor = {{static_cast<int64_t>(floats->size())}, std::move(*floats)};
    } else if (auto* integers = std::get_if<std::vector<int64_t>>(&value)) {
      tensor = {{static_cast<int64_t>(integers->size())}, std::move(*integers)};
    } else {
      return Unimplemented(NodeLabel(node) + " holds text");
    }
    return AddConstant(node.outputs[0], NodeLabel(node), std::move(tensor));
  }

  const std::string& name_;
  const onnx::ModelProto& model_;
  const OnnxLimits& limits_;
  OnnxGraph out_;
};

}  // namespace

absl::StatusOr<OnnxGraph> ReadOnnx(const std::string& name,
                                   std::span<const uint8_t> bytes,
                                   const OnnxLimits& limits) {
  if (bytes.size() > limits.max_file_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, ": ", bytes.size(), " bytes; at most ",
                     limits.max_file_bytes, " are read"));
  }
  if (auto s = CheckOnnxWire(name, bytes, limits); !s.ok()) return s;
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(name + ": no ONNX network, or damaged");
  }
  return GraphReader(name, model, limits).Read();
}

}  // namespace fovea
