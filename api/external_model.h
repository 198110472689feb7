// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model that only answers: a program of the user's, started once, that is
// shown pictures and tells boxes. It has no gradients; maps are made from
// its boxes.
//
// Per picture it reads a line, the path of a PNG file, and writes a line
// "left,top,right,bottom,score,label" per box, in pixels, score 0 to 1,
// label a class number, then an empty line. It ends when its input does.

#ifndef FOVEA_API_EXTERNAL_MODEL_H_
#define FOVEA_API_EXTERNAL_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/line_program.h"
#include "codec/sample.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

struct ExternalModelOptions {
  std::vector<std::string> command;     // program and arguments; no shell
  int64_t timeout_ns = 30'000'000'000;  // for one answer
};

// Not thread-safe. The program is ended with this.
class ExternalModel {
 public:
  // kInvalidArgument: no command; kNotFound: it cannot be started.
  static absl::StatusOr<std::unique_ptr<ExternalModel>> Start(
      ModelDescription description, const ExternalModelOptions& options);
  ~ExternalModel();
  ExternalModel(const ExternalModel&) = delete;
  ExternalModel& operator=(const ExternalModel&) = delete;

  const ModelDescription& description() const { return description_; }

  // Boxes on a picture, best first. kDeadlineExceeded: no answer in time;
  // kDataLoss: a line that is no box, one before the question, beyond the
  // limits (4,096 boxes, lines of 1,024 bytes), or the program ended. It is
  // ended after an error and not asked again: the next call says the same.
  // `longest_ns` bounds the wait further.
  absl::StatusOr<Answer> Ask(const Frame& frame, const ColorInfo& color,
                             int64_t longest_ns = INT64_MAX);

  // Starts the program anew if it has been ended. Errors of Start().
  absl::Status Restart();

 private:
  ExternalModel(ModelDescription description,
                const ExternalModelOptions& options, std::string folder);

  absl::StatusOr<Answer> AskOnce(const Frame& frame, const ColorInfo& color,
                                 int64_t longest_ns);
  absl::Status Named(const absl::Status& status) const;

  const ModelDescription description_;
  const ExternalModelOptions options_;
  const std::string folder_;              // of the pictures; goes with this
  std::unique_ptr<LineProgram> program_;  // the running one
  absl::Status status_;
};

}  // namespace fovea

#endif  // FOVEA_API_EXTERNAL_MODEL_H_
