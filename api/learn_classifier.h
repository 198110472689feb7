// SPDX-License-Identifier: GPL-2.0-or-later
//
// Trains a small network that tells classes of sensor windows from recordings
// with a label in each row, and makes a model of it that profiles and runs like
// any other: for those who have labels and no network.

#ifndef FOVEA_API_LEARN_CLASSIFIER_H_
#define FOVEA_API_LEARN_CLASSIFIER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/source.h"
#include "sensitivity/model_card.h"

namespace fovea {

// Of all lessons together.
inline constexpr int64_t kMostLessons = 100'000;
inline constexpr int64_t kMostLessonValues = 64'000'000;

struct LearnClassifierOptions {
  // CSV files. Channels are those of the first one; all have them.
  std::vector<std::string> recordings;
  SourceOptions source;
  // Whose text is the class of its row; rows where it is empty have none.
  std::string label_column = "label";

  // Recordings whose path has one of these as a folder, a file's name or its
  // stem teach nothing: the network is asked about them.
  std::vector<std::string> held_out;

  std::string name = "classifier";  // of the model
  int window = 128;                 // samples, 32 to 4,096
  double rate_hz = 0;               // of them; 0: that of the first recording
  int hop = 0;  // samples between lessons; 0: an eighth of a window
  int epochs = 24;
  double noise = 0.1;  // as WindowTraining
  // Lessons are turned at random (WindowTraining::turned): channels NAMEx,
  // NAMEy and NAMEz, one after another, are the axes of a sensor.
  bool turn = false;
  uint64_t seed = 1;
};

// Windows whose rows are all of one class; others are counted apart.
struct TaughtClass {
  std::string label;
  int64_t lessons = 0;
  int64_t asked = 0, right = 0;  // of recordings held out
};

struct LearntClassifier {
  ModelCard card;
  std::string network;               // ONNX
  std::vector<TaughtClass> classes;  // by the network's outputs
  int64_t recordings = 0, recordings_held_out = 0;
  int64_t lessons = 0;
  int64_t asked = 0, right = 0;
  // Of a class that no lesson was of: never told right, and among `asked`.
  int64_t asked_untaught = 0;
  // Of more than one class, or with rows of none: neither taught nor asked.
  int64_t mixed = 0, mixed_held_out = 0;
  int64_t rejected = 0;            // rows the sources could not read
  std::vector<std::string> notes;  // of the first recording
};

struct LearnProgress {
  std::function<void(int64_t done, int64_t total)> recordings;
  std::function<void(int64_t done, int64_t total)> epochs;
};

// Those held out are cut into windows every half window. Deterministic by the
// seed on one kind of machine. kInvalidArgument: no recordings, a name of
// `held_out` that none has, options out of range, nothing to turn, fewer than
// 32 lessons, a recording without the label column, a time or the first one's
// channels; kFailedPrecondition: fewer than two classes; kResourceExhausted:
// beyond the limits above, or 256 classes; kCancelled by `stop`; errors of
// sources, all of which name the file.
absl::StatusOr<LearntClassifier> LearnClassifier(
    const LearnClassifierOptions& options, const LearnProgress& progress,
    const std::atomic<bool>* stop);

// model.yaml, network.onnx and labels.txt in `folder`, which is made.
// kAlreadyExists: it holds a model.yaml.
absl::Status WriteClassifier(const LearntClassifier& learnt,
                             const std::string& folder);

}  // namespace fovea

#endif  // FOVEA_API_LEARN_CLASSIFIER_H_
