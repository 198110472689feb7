// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model that only answers: a program of the user's, started once, that is
// shown pictures and tells boxes. It has no gradients; maps are made from
// its boxes.
//
// Per picture it reads a line, the path of a PNG file, and writes a line
// "left,top,right,bottom,score,label" per box, in pixels, label a class
// number, then an empty line. It ends when its input does.

#ifndef FOVEA_API_EXTERNAL_MODEL_H_
#define FOVEA_API_EXTERNAL_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "sensitivity/decoder.h"

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
      const ExternalModelOptions& options);
  ~ExternalModel();
  ExternalModel(const ExternalModel&) = delete;
  ExternalModel& operator=(const ExternalModel&) = delete;

  // Boxes on a picture, best first. kDeadlineExceeded: no answer in time;
  // kDataLoss: a line that is no box, beyond the limits (4,096 boxes, lines
  // of 1,024 bytes), or the program ended. It is not asked again after an
  // error: the next call says the same.
  absl::StatusOr<Answer> Ask(const Frame& frame, const ColorInfo& color);

 private:
  struct Program;  // the running one
  ExternalModel(const ExternalModelOptions& options,
                std::unique_ptr<Program> program, std::string folder);

  absl::StatusOr<Answer> AskOnce(const Frame& frame, const ColorInfo& color);

  const ExternalModelOptions options_;
  const std::unique_ptr<Program> program_;
  const std::string folder_;  // of the pictures; goes with this
  absl::Status status_;
};

}  // namespace fovea

#endif  // FOVEA_API_EXTERNAL_MODEL_H_
