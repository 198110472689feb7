// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who said how sensitive a picture is, and in what unit.

#ifndef FOVEA_CODEC_MODEL_ID_H_
#define FOVEA_CODEC_MODEL_ID_H_

#include <array>
#include <cstdint>
#include <string>

namespace fovea {

// SHA-256 over weights, graph, pre- and post-processing and label file.
using ModelDigest = std::array<uint8_t, 32>;

struct ModelId {
  std::string name;      // for people, printable
  ModelDigest digest{};  // all zero: not a model but a rule, as the proxy
  friend bool operator==(const ModelId&, const ModelId&) = default;
};

// Values are stored; never renumber.
enum class SensitivityUnit : uint8_t {
  kNone = 0,  // boxes or maps made by hand
  // Mean squared gradient of the model's scalar per sample value in 0..255,
  // comparable over frames and cameras.
  kLossSquaredPerGreySquared = 1,
  kRelative = 2,  // comparable only within one frame, as the proxy's
};

// "none", "loss^2/grey^2", "relative".
inline const char* SensitivityUnitName(SensitivityUnit unit) {
  switch (unit) {
    case SensitivityUnit::kLossSquaredPerGreySquared:
      return "loss^2/grey^2";
    case SensitivityUnit::kRelative:
      return "relative";
    case SensitivityUnit::kNone:
      break;
  }
  return "none";
}

}  // namespace fovea

#endif  // FOVEA_CODEC_MODEL_ID_H_
