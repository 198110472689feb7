// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a network file does not say of itself: how pictures or sensor
// windows go in and how its outputs are read. A model.yaml beside the
// network.

#ifndef FOVEA_SENSITIVITY_MODEL_CARD_H_
#define FOVEA_SENSITIVITY_MODEL_CARD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

enum class DecoderKind : uint8_t {
  kFastestDet,
  kYolox,
  kSsd,
  kClassifier,
  kSegmentation,
  kEmbedding,
  kImuClassifier,
};

// How a picture is made the network's size.
enum class Fit : uint8_t {
  kStretch,    // bent, bilinear
  kLetterbox,  // shrunk unbent to the top left, the rest filled
};

struct ModelCard {
  std::string name;     // printable, no spaces
  std::string network;  // file, relative to the card
  std::string labels;   // file with a class per line; empty: none
  DecoderKind decoder = DecoderKind::kClassifier;
  double threshold = 0.5;  // a detection counts from this score on

  // Pictures. A network value is (level - mean) / deviation, level 0..255.
  int width = 0, height = 0;
  bool channels_last = false;  // NHWC
  bool rgb = true;             // false: BGR
  bool grey = false;           // one channel, luma
  Fit fit = Fit::kStretch;
  int fill = 114;  // level beside a letterboxed picture
  // Letterbox sides without picture are cut off down to a multiple of this;
  // 0: never. Saves time where the network takes any size.
  int trim = 0;
  std::array<double, 3> mean{};
  std::array<double, 3> deviation{1, 1, 1};

  // Sensor windows: [window, channels] or, channels_last false,
  // [channels, window]; per-channel mean and deviation.
  int window = 0;
  std::vector<std::string> channels;  // "accel.x" ... in order
  double rate_hz = 0;
  std::vector<double> channel_mean, channel_deviation;

  // Stands for everything above in a digest: two cards that treat an input
  // alike have equal text, whatever their YAML looks like.
  std::string Canonical() const;
};

// Reads model.yaml. `name` begins every error. kInvalidArgument names the
// key, what was expected and what was found; keys nobody knows are errors.
absl::StatusOr<ModelCard> ParseModelCard(const std::string& name,
                                         const std::string& yaml);

// Reads a label file: a class per line, trailing empty lines dropped.
// kInvalidArgument: more than 65,536 lines, a line over 256 bytes, control
// characters.
absl::StatusOr<std::vector<std::string>> ParseLabels(const std::string& name,
                                                     const std::string& text);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_MODEL_CARD_H_
