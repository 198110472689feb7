// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes small ONNX files record by record, sound ones and others, without
// the library that the reader uses.

#ifndef FOVEA_TESTS_SUPPORT_ONNX_BUILDER_H_
#define FOVEA_TESTS_SUPPORT_ONNX_BUILDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace fovea::testing {

// Protobuf records, appended one by one.
class Records {
 public:
  Records& Varint(int field, uint64_t value);
  Records& Bytes(int field, const std::string& bytes);
  Records& Float(int field, float value);

  const std::string& str() const { return bytes_; }

 private:
  void PutVarint(uint64_t value);

  std::string bytes_;
};

// Numbers of TensorProto.DataType.
enum OnnxType {
  kOnnxFloat = 1,
  kOnnxInt32 = 6,
  kOnnxInt64 = 7,
  kOnnxBool = 9,
  kOnnxHalf = 10,
  kOnnxDouble = 11
};

// TensorProto messages, with raw values.
std::string OnnxRaw(OnnxType type, const std::vector<int64_t>& shape,
                    const std::string& raw);
std::string OnnxFloats(const std::vector<int64_t>& shape,
                       const std::vector<float>& values);
std::string OnnxIntegers(const std::vector<int64_t>& shape,
                         const std::vector<int64_t>& values);
std::string OnnxBooleans(const std::vector<int64_t>& shape,
                         const std::vector<bool>& values);

struct OnnxTensorMessage {
  std::string bytes;
};

using OnnxSetting =
    std::variant<int64_t, float, std::string, std::vector<int64_t>,
                 std::vector<float>, OnnxTensorMessage>;
using OnnxSettings = std::map<std::string, OnnxSetting>;
using Names = std::vector<std::string>;

class OnnxBuilder {
 public:
  explicit OnnxBuilder(int opset) : opset_(opset) {}

  // -1 in a shape: any side.
  OnnxBuilder& Input(const std::string& name, const std::vector<int64_t>& shape,
                     int type = kOnnxFloat);
  OnnxBuilder& Output(const std::string& name);
  // `tensor` is a TensorProto message without a name.
  OnnxBuilder& Constant(const std::string& name, const std::string& tensor);
  OnnxBuilder& Node(const std::string& op, const Names& inputs,
                    const Names& outputs, const OnnxSettings& settings = {},
                    const std::string& name = "");
  // Any record of the graph message.
  OnnxBuilder& GraphRecord(int field, const std::string& bytes);
  // Any record of the model message.
  OnnxBuilder& ModelRecord(int field, const std::string& bytes);

  std::string Build() const;

 private:
  int opset_;
  Records graph_, model_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_ONNX_BUILDER_H_
