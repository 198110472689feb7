// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/onnx_builder.h"

#include <cstring>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace fovea::testing {
namespace {

template <typename Value>
std::string RawOf(const std::vector<Value>& values) {
  if (values.empty()) return "";  // whose data() may be null
  std::string raw(values.size() * sizeof(Value), '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return raw;
}

// AttributeProto: its value's field and its type's number.
Records Setting(const OnnxSetting& setting) {
  Records out;
  std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, float>) {
          out.Float(2, value).Varint(20, 1);
        } else if constexpr (std::is_same_v<Value, int64_t>) {
          out.Varint(3, static_cast<uint64_t>(value)).Varint(20, 2);
        } else if constexpr (std::is_same_v<Value, std::string>) {
          out.Bytes(4, value).Varint(20, 3);
        } else if constexpr (std::is_same_v<Value, OnnxTensorMessage>) {
          out.Bytes(5, value.bytes).Varint(20, 4);
        } else if constexpr (std::is_same_v<Value, std::vector<float>>) {
          for (const float v : value) out.Float(7, v);
          out.Varint(20, 6);
        } else {
          for (const int64_t v : value) out.Varint(8, static_cast<uint64_t>(v));
          out.Varint(20, 7);
        }
      },
      setting);
  return out;
}

}  // namespace

void Records::PutVarint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    bytes_.push_back(static_cast<char>(value | 0x80));
  }
  bytes_.push_back(static_cast<char>(value));
}

Records& Records::Varint(int field, uint64_t value) {
  PutVarint(static_cast<uint64_t>(field) << 3);
  PutVarint(value);
  return *this;
}

Records& Records::Bytes(int field, const std::string& bytes) {
  PutVarint(static_cast<uint64_t>(field) << 3 | 2);
  PutVarint(bytes.size());
  bytes_ += bytes;
  return *this;
}

Records& Records::Float(int field, float value) {
  PutVarint(static_cast<uint64_t>(field) << 3 | 5);
  bytes_ += RawOf(std::vector<float>{value});
  return *this;
}

std::string OnnxRaw(OnnxType type, const std::vector<int64_t>& shape,
                    const std::string& raw) {
  Records tensor;
  for (const int64_t side : shape) {
    tensor.Varint(1, static_cast<uint64_t>(side));
  }
  return tensor.Varint(2, type).Bytes(9, raw).str();
}

std::string OnnxFloats(const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
  return OnnxRaw(kOnnxFloat, shape, RawOf(values));
}

std::string OnnxIntegers(const std::vector<int64_t>& shape,
                         const std::vector<int64_t>& values) {
  return OnnxRaw(kOnnxInt64, shape, RawOf(values));
}

std::string OnnxBooleans(const std::vector<int64_t>& shape,
                         const std::vector<bool>& values) {
  return OnnxRaw(kOnnxBool, shape, std::string(values.begin(), values.end()));
}

OnnxBuilder& OnnxBuilder::Input(const std::string& name,
                                const std::vector<int64_t>& shape, int type) {
  Records sides;
  for (const int64_t side : shape) {
    Records dimension;
    if (side < 0) {
      dimension.Bytes(2, "any");
    } else {
      dimension.Varint(1, static_cast<uint64_t>(side));
    }
    sides.Bytes(1, dimension.str());
  }
  Records tensor;
  tensor.Varint(1, static_cast<uint64_t>(type)).Bytes(2, sides.str());
  const std::string kind = Records().Bytes(1, tensor.str()).str();
  graph_.Bytes(11, Records().Bytes(1, name).Bytes(2, kind).str());
  return *this;
}

OnnxBuilder& OnnxBuilder::Output(const std::string& name) {
  return GraphRecord(12, Records().Bytes(1, name).str());
}

OnnxBuilder& OnnxBuilder::Constant(const std::string& name,
                                   const std::string& tensor) {
  return GraphRecord(5, tensor + Records().Bytes(8, name).str());
}

OnnxBuilder& OnnxBuilder::Node(const std::string& op, const Names& inputs,
                               const Names& outputs,
                               const OnnxSettings& settings,
                               const std::string& name) {
  Records node;
  for (const std::string& input : inputs) node.Bytes(1, input);
  for (const std::string& output : outputs) node.Bytes(2, output);
  if (!name.empty()) node.Bytes(3, name);
  node.Bytes(4, op);
  for (const auto& [key, setting] : settings) {
    node.Bytes(5, Setting(setting).Bytes(1, key).str());
  }
  return GraphRecord(1, node.str());
}

OnnxBuilder& OnnxBuilder::GraphRecord(int field, const std::string& bytes) {
  graph_.Bytes(field, bytes);
  return *this;
}

OnnxBuilder& OnnxBuilder::ModelRecord(int field, const std::string& bytes) {
  model_.Bytes(field, bytes);
  return *this;
}

std::string OnnxBuilder::Build() const {
  const std::string opset =
      Records().Varint(2, static_cast<uint64_t>(opset_)).str();
  return Records().Varint(1, 8).Bytes(8, opset).Bytes(7, graph_.str()).str() +
         model_.str();
}

}  // namespace fovea::testing
