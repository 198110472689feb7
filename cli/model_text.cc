// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/model_text.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace fovea::cli {

std::string DigestText(const ModelDigest& digest) {
  std::string hex;
  char byte[3];
  for (const uint8_t value : digest) {
    std::snprintf(byte, sizeof(byte), "%02x", value);
    hex += byte;
  }
  return hex;
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t side : shape) {
    absl::StrAppend(&text, text.size() > 1 ? ", " : "",
                    side < 0 ? "any" : absl::StrCat(side));
  }
  return text + "]";
}

Json ModelJson(const ModelFiles& files) {
  Json json = {{"name", files.card.name},
               {"digest", DigestText(files.digest)},
               {"decoder", DecoderName(files.card.decoder)},
               {"labels", files.labels.size()},
               {"bytes", files.bytes}};
  if (files.command.empty()) {
    json["network"] = files.network_path;
  } else {
    json["command"] = files.command;
  }
  return json;
}

Json ModelCheckJson(const ModelCheck& check) {
  return {{"format", check.network.format},
          {"input_shape", check.network.input_shape},
          {"output_shapes", check.output_shapes},
          {"differentiable", check.differentiable},
          {"gradient_energy", check.gradient_energy}};
}

}  // namespace fovea::cli
