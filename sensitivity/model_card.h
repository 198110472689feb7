// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a network file does not say of itself: how pictures or sensor
// windows go in and how its outputs are read. A model.yaml beside the
// network. Or, instead of a network, which program is asked.

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
  kProgram,  // none: a program tells boxes; see api/external_model.h
  // None: a program tells classes of sensor windows; see api/window_program.h.
  kWindowProgram,
};

// As in a card: "fastestdet", "yolox", "ssd", "classifier", "segmentation",
// "embedding", "imu-classifier". Which no card spells: "program" of kProgram,
// "window-program" of kWindowProgram.
const char* DecoderName(DecoderKind kind);

// A command is asked, no network.
bool IsProgram(DecoderKind kind);

// Inputs are sensor windows, answers classes.
bool TakesWindows(DecoderKind kind);

// Answers are boxes: FastestDet, YOLOX, SSD and programs.
bool IsDetector(DecoderKind kind);

// How a picture is made the network's size.
enum class Fit : uint8_t {
  kStretch,    // bent, bilinear
  kLetterbox,  // shrunk unbent to the top left, the rest filled
};

struct ModelCard {
  std::string name;     // printable, no spaces
  std::string network;  // file, relative to the card; empty: a program
  std::string labels;   // file with a class per line; empty: none
  // Of a program (IsProgram()): it and its arguments, as the card has them,
  // and how long one answer may take.
  std::vector<std::string> command;
  double timeout_s = 30;
  DecoderKind decoder = DecoderKind::kClassifier;
  double threshold = 0.5;  // a detection counts from this score on
  // Classifiers and segmenters: outputs have been through a softmax. Else
  // they are logits.
  bool probabilities = false;

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
  // [channels, window]; per-channel mean and deviation, as many as channels.
  int window = 0;
  std::vector<std::string> channels;  // "accel.x" ... in order
  double rate_hz = 0;
  int hop = 0;  // samples from window to window where all are asked; 0: half
  std::vector<double> channel_mean, channel_deviation;

  // Stands in a digest for how inputs go in and outputs are read: two cards
  // that treat an input alike have equal text, whatever their YAML looks
  // like. Names are not in it, of the model or its files: what is in the
  // files has to be hashed beside it. A command is in it word by word, since
  // a program sees its words; the time-out is not, and nor is the hop.
  std::string Canonical() const;
};

inline constexpr size_t kMaxCardBytes = size_t{64} << 10;
inline constexpr int kMaxInputSide = 8192;
inline constexpr int kMaxWindow = 65536;          // samples
inline constexpr size_t kMaxCardChannels = 64;    // of sensor windows
inline constexpr size_t kMaxCardNameBytes = 255;  // of models, files, channels
inline constexpr size_t kMaxCommandWords = 64;
inline constexpr size_t kMaxCommandWordBytes = 1024;
inline constexpr double kMaxTimeoutSeconds = 3600;

// Reads model.yaml (sensitivity/FORMAT.md). `name` begins every error.
// kInvalidArgument names the key, what was expected and what was found;
// keys nobody knows are errors.
absl::StatusOr<ModelCard> ParseModelCard(const std::string& name,
                                         const std::string& yaml);

inline constexpr size_t kMaxLabels = 65536;
inline constexpr size_t kMaxLabelBytes = 256;

// Reads a label file: a class per line, trailing empty lines dropped.
// kInvalidArgument: no line or more than kMaxLabels, a line over
// kMaxLabelBytes, control characters, not UTF-8.
absl::StatusOr<std::vector<std::string>> ParseLabels(const std::string& name,
                                                     const std::string& text);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_MODEL_CARD_H_
