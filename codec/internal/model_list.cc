// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/model_list.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea::internal {
namespace {

// Bytes from 128 up belong to UTF-8.
bool IsControl(uint8_t byte) { return byte < 0x20 || byte == 0x7f; }

}  // namespace

absl::Status CheckModels(const std::vector<ModelId>& models,
                         const CodecLimits& limits) {
  if (models.size() > limits.max_models) {
    return absl::InvalidArgumentError(
        absl::StrCat(models.size(), " models: at most ", limits.max_models));
  }
  for (size_t i = 0; i < models.size(); ++i) {
    const std::string& name = models[i].name;
    if (name.size() <= limits.max_model_name_bytes &&
        std::none_of(name.begin(), name.end(), [](char c) {
          return IsControl(static_cast<uint8_t>(c));
        })) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("name of model ", i, ": expected at most ",
                     limits.max_model_name_bytes, " printable bytes"));
  }
  return absl::OkStatus();
}

void PutModels(const std::vector<ModelId>& models, std::vector<uint8_t>* out) {
  PutVarint(models.size(), out);
  for (const ModelId& model : models) {
    PutVarint(model.name.size(), out);
    out->insert(out->end(), model.name.begin(), model.name.end());
    out->insert(out->end(), model.digest.begin(), model.digest.end());
  }
}

bool TakeModels(const CodecLimits& limits, ByteReader* in,
                std::vector<ModelId>* models) {
  const uint64_t count = in->Varint();
  if (count > limits.max_models) return false;
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    const uint64_t size = in->Varint();
    if (size > limits.max_model_name_bytes) return false;
    const auto name = in->Take(static_cast<size_t>(size));
    if (std::any_of(name.begin(), name.end(), IsControl)) return false;
    ModelId model;
    model.name.assign(name.begin(), name.end());
    const auto digest = in->Take(model.digest.size());
    if (!in->ok()) return false;
    std::copy(digest.begin(), digest.end(), model.digest.begin());
    models->push_back(std::move(model));
  }
  return in->ok();
}

}  // namespace fovea::internal
