// SPDX-License-Identifier: GPL-2.0-or-later
//
// A protobuf record is a varint key (field number << 3 | wire type) and
//   0: a varint   1: 8 bytes   2: a varint length and so many bytes
//   5: 4 bytes
// Only messages that lead to weights are walked into; all other bytes are
// structure, of which there may be only so much.

#include "sensitivity/onnx/wire_check.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"

namespace fovea {
namespace {

enum class Message : uint8_t {
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kWeights,    // not structure, not walked into
  kStructure,  // structure, not walked into
};

// Field numbers of onnx.proto, format version 8.
struct Field {
  Message in;
  uint64_t number;
  Message is;
};
constexpr Field kFields[] = {
    {Message::kModel, 7, Message::kGraph},       // graph
    {Message::kGraph, 1, Message::kNode},        // node
    {Message::kGraph, 5, Message::kTensor},      // initializer
    {Message::kNode, 5, Message::kAttribute},    // attribute
    {Message::kNode, 6, Message::kWeights},      // doc_string
    {Message::kAttribute, 5, Message::kTensor},  // t
    {Message::kAttribute, 6, Message::kGraph},   // g
    {Message::kTensor, 4, Message::kWeights},    // float_data
    {Message::kTensor, 9, Message::kWeights},    // raw_data
    {Message::kTensor, 10, Message::kWeights},   // double_data
};

Message MessageOf(Message in, uint64_t number) {
  const auto* field = std::find_if(
      std::begin(kFields), std::end(kFields),
      [&](const Field& f) { return f.in == in && f.number == number; });
  return field == std::end(kFields) ? Message::kStructure : field->is;
}

class WireCheck {
 public:
  WireCheck(const std::string& name, std::span<const uint8_t> bytes,
            const OnnxLimits& limits)
      : name_(name), bytes_(bytes), limits_(limits) {}

  absl::Status Run() {
    if (auto s = Walk(Message::kModel, bytes_, 1); !s.ok()) return s;
    const size_t structure = bytes_.size() - weights_;
    if (structure > limits_.max_structure_bytes) {
      return TooMany(structure, "bytes besides weights",
                     limits_.max_structure_bytes);
    }
    if (nodes_ > limits_.max_nodes) {
      return TooMany(nodes_, "nodes", limits_.max_nodes);
    }
    if (tensors_ > limits_.max_tensors) {
      return TooMany(tensors_, "tensors", limits_.max_tensors);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Walk(Message message, std::span<const uint8_t> bytes,
                    int depth) {
    if (depth > limits_.max_depth) {
      return absl::ResourceExhaustedError(
          absl::StrCat(name_, ": graphs within graphs, beyond ",
                       limits_.max_depth, " levels"));
    }
    ByteReader in(bytes);
    while (in.remaining() > 0) {
      const auto at = static_cast<size_t>(in.rest().data() - bytes_.data());
      if (auto s = Record(message, &in, at, depth); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status Record(Message message, ByteReader* in, size_t at, int depth) {
    const uint64_t key = in->Varint();
    std::span<const uint8_t> body;
    switch (key & 7) {
      case 0:
        in->Varint();
        break;
      case 1:
        in->Take(8);
        break;
      case 2:
        body = in->Take(in->Varint());
        break;
      case 5:
        in->Take(4);
        break;
      default:
        return Damaged(at, absl::StrCat("wire type ", key & 7));
    }
    if (!in->ok()) return Damaged(at, "a record that ends beyond its message");
    return (key & 7) == 2 ? Body(MessageOf(message, key >> 3), body, depth)
                          : absl::OkStatus();
  }

  absl::Status Body(Message message, std::span<const uint8_t> body, int depth) {
    if (message == Message::kStructure) return absl::OkStatus();
    if (message == Message::kWeights) {
      weights_ += body.size();
      return absl::OkStatus();
    }
    nodes_ += message == Message::kNode;
    tensors_ += message == Message::kTensor;
    return Walk(message, body, depth + 1);
  }

  absl::Status Damaged(size_t at, const std::string& found) const {
    return absl::DataLossError(absl::StrCat(
        name_, ": no ONNX network, or damaged: at byte ", at, " ", found));
  }

  absl::Status TooMany(size_t found, const char* what, size_t most) const {
    return absl::ResourceExhaustedError(absl::StrCat(
        name_, ": ", found, " ", what, "; at most ", most, " are read"));
  }

  const std::string& name_;
  const std::span<const uint8_t> bytes_;
  const OnnxLimits& limits_;
  size_t weights_ = 0, nodes_ = 0, tensors_ = 0;
};

}  // namespace

absl::Status CheckOnnxWire(const std::string& name,
                           std::span<const uint8_t> bytes,
                           const OnnxLimits& limits) {
  return WireCheck(name, bytes, limits).Run();
}

}  // namespace fovea
