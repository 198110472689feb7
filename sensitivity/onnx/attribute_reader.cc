// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/attribute_reader.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace fovea {

AttributeReader::AttributeReader(const OnnxNode& node, int opset)
    : node_(node), opset_(opset) {}

void AttributeReader::Keep(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void AttributeReader::Refuse(const std::string& what) {
  Keep(absl::UnimplementedError(
      absl::StrCat(NodeLabel(node_), ": ", what, " is not supported")));
}

void AttributeReader::Damaged(const std::string& what) {
  Keep(absl::DataLossError(absl::StrCat(NodeLabel(node_), ": ", what)));
}

bool AttributeReader::Has(const std::string& name) const {
  return node_.attributes.contains(name);
}

template <typename Value>
const Value* AttributeReader::Find(const std::string& name) {
  seen_.insert(name);
  const auto found = node_.attributes.find(name);
  if (found == node_.attributes.end()) return nullptr;
  const auto* value = std::get_if<Value>(&found->second);
  if (value == nullptr) {
    Damaged(
        absl::StrCat("attribute ", QuotedName(name), " is of a wrong type"));
  }
  return value;
}

int64_t AttributeReader::Int(const std::string& name, int64_t fallback) {
  const auto* value = Find<int64_t>(name);
  return value != nullptr ? *value : fallback;
}

float AttributeReader::Float(const std::string& name, float fallback) {
  const auto* value = Find<float>(name);
  return value != nullptr ? *value : fallback;
}

std::string AttributeReader::String(const std::string& name,
                                    const std::string& fallback) {
  const auto* value = Find<std::string>(name);
  return value != nullptr ? *value : fallback;
}

std::vector<int64_t> AttributeReader::Ints(const std::string& name) {
  const auto* value = Find<std::vector<int64_t>>(name);
  return value != nullptr ? *value : std::vector<int64_t>();
}

const OnnxTensor* AttributeReader::TensorOrNull(const std::string& name) {
  return Find<OnnxTensor>(name);
}

absl::Status AttributeReader::Finish() const {
  if (!status_.ok()) return status_;
  for (const auto& [name, value] : node_.attributes) {
    if (seen_.contains(name)) continue;
    return absl::UnimplementedError(
        absl::StrCat(NodeLabel(node_), ": attribute ", QuotedName(name),
                     " in opset ", opset_, " is not supported"));
  }
  return absl::OkStatus();
}

}  // namespace fovea
