// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/onnx_writer.h"

#include <bit>

namespace fovea {
namespace {

constexpr int64_t kOpset = 13;
constexpr uint64_t kIrVersion = 7;  // the format's, of that opset
constexpr uint64_t kFloat = 1;      // TensorProto.DataType

// AttributeProto.AttributeType
constexpr uint64_t kInt = 2;
constexpr uint64_t kInts = 7;

// Fields of the messages, by the names in onnx.proto.
namespace field {
constexpr int kModelIrVersion = 1, kModelGraph = 7, kModelOpset = 8;
constexpr int kOpsetVersion = 2;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphInitializer = 5;
constexpr int kGraphInput = 11, kGraphOutput = 12;
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeOp = 4, kNodeAttribute = 5;
constexpr int kAttributeName = 1, kAttributeI = 3, kAttributeInts = 8;
constexpr int kAttributeType = 20;
constexpr int kTensorDims = 1, kTensorType = 2, kTensorName = 8;
constexpr int kTensorRaw = 9;
constexpr int kValueName = 1, kValueType = 2;
constexpr int kTypeTensor = 1, kTensorElement = 1, kTensorShape = 2;
constexpr int kShapeDimension = 1, kDimensionValue = 1;
}  // namespace field

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) {
    out->push_back(static_cast<char>(value | 0x80));
  }
  out->push_back(static_cast<char>(value));
}

void AppendNumber(int number, uint64_t value, std::string* out) {
  AppendVarint(static_cast<uint64_t>(number) << 3, out);
  AppendVarint(value, out);
}

void AppendBytes(int number, std::string_view bytes, std::string* out) {
  AppendVarint(static_cast<uint64_t>(number) << 3 | 2, out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

// ValueInfoProto of a tensor of floats.
std::string ValueInfo(std::string_view name, std::span<const int64_t> shape) {
  std::string sides;
  for (const int64_t side : shape) {
    std::string dimension;
    AppendNumber(field::kDimensionValue, static_cast<uint64_t>(side),
                 &dimension);
    AppendBytes(field::kShapeDimension, dimension, &sides);
  }
  std::string tensor;
  AppendNumber(field::kTensorElement, kFloat, &tensor);
  AppendBytes(field::kTensorShape, sides, &tensor);
  std::string type;
  AppendBytes(field::kTypeTensor, tensor, &type);
  std::string info;
  AppendBytes(field::kValueName, name, &info);
  AppendBytes(field::kValueType, type, &info);
  return info;
}

}  // namespace

void OnnxWriter::Input(std::string_view name, std::span<const int64_t> shape) {
  AppendBytes(field::kGraphInput, ValueInfo(name, shape), &graph_);
}

void OnnxWriter::Output(std::string_view name, std::span<const int64_t> shape) {
  AppendBytes(field::kGraphOutput, ValueInfo(name, shape), &graph_);
}

void OnnxWriter::Weights(std::string_view name, std::span<const int64_t> shape,
                         std::span<const float> values) {
  std::string raw;
  for (const float value : values) {
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int i = 0; i < 4; ++i) raw.push_back(static_cast<char>(bits >> 8 * i));
  }
  std::string tensor;
  for (const int64_t side : shape) {
    AppendNumber(field::kTensorDims, static_cast<uint64_t>(side), &tensor);
  }
  AppendNumber(field::kTensorType, kFloat, &tensor);
  AppendBytes(field::kTensorName, name, &tensor);
  AppendBytes(field::kTensorRaw, raw, &tensor);
  AppendBytes(field::kGraphInitializer, tensor, &graph_);
}

void OnnxWriter::Node(std::string_view op,
                      const std::vector<std::string>& inputs,
                      std::string_view output,
                      const std::vector<OnnxNumber>& numbers,
                      const std::vector<OnnxList>& lists) {
  std::string node;
  for (const std::string& input : inputs) {
    AppendBytes(field::kNodeInput, input, &node);
  }
  AppendBytes(field::kNodeOutput, output, &node);
  AppendBytes(field::kNodeOp, op, &node);
  for (const auto& [name, value] : numbers) {
    std::string attribute;
    AppendBytes(field::kAttributeName, name, &attribute);
    AppendNumber(field::kAttributeI, static_cast<uint64_t>(value), &attribute);
    AppendNumber(field::kAttributeType, kInt, &attribute);
    AppendBytes(field::kNodeAttribute, attribute, &node);
  }
  for (const auto& [name, values] : lists) {
    std::string attribute;
    AppendBytes(field::kAttributeName, name, &attribute);
    for (const int64_t value : values) {
      AppendNumber(field::kAttributeInts, static_cast<uint64_t>(value),
                   &attribute);
    }
    AppendNumber(field::kAttributeType, kInts, &attribute);
    AppendBytes(field::kNodeAttribute, attribute, &node);
  }
  AppendBytes(field::kGraphNode, node, &graph_);
}

std::string OnnxWriter::Finish() const {
  std::string opset;
  AppendNumber(field::kOpsetVersion, kOpset, &opset);
  std::string graph = graph_;
  AppendBytes(field::kGraphName, "fovea", &graph);
  std::string model;
  AppendNumber(field::kModelIrVersion, kIrVersion, &model);
  AppendBytes(field::kModelOpset, opset, &model);
  AppendBytes(field::kModelGraph, graph, &model);
  return model;
}

}  // namespace fovea
