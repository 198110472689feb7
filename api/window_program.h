// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model of sensor windows that is a program of the user's: started once, it
// is told samples and tells classes. The sibling of api/external_model.h.
//
// Per window it reads a line per sample, the values of the card's channels in
// their order with commas between, then an empty line. It writes a line
// "score,label" for each class it thinks of, score 0 to 1, label a class
// number, then an empty line. It ends when its input does.

#ifndef FOVEA_API_WINDOW_PROGRAM_H_
#define FOVEA_API_WINDOW_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/line_program.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

// Lines of an answer.
inline constexpr size_t kMostToldClasses = 1024;

// Not thread-safe. The program is ended with this.
class WindowProgram {
 public:
  // The card is one of windows. kInvalidArgument: it is not, or there is no
  // command; kNotFound: the program cannot be started.
  static absl::StatusOr<std::unique_ptr<WindowProgram>> Start(
      ModelDescription description, const ExternalModelOptions& options);

  const ModelDescription& description() const { return description_; }

  // Probabilities by class number; none where it told no class. `values` are
  // those of a window of the card, channel by channel. kDeadlineExceeded: no
  // answer in time; kDataLoss: a line that is no class, or a class told twice,
  // one before the question, beyond the limits (kMostToldClasses, lines of
  // 1,024 bytes), or the program ended. It is ended after an error and not
  // asked again: the next call says the same. `longest_ns` bounds the wait
  // further. kInvalidArgument, and nothing is asked: another number of values.
  absl::StatusOr<Answer> Ask(std::span<const double> values,
                             int64_t longest_ns = INT64_MAX);

  // Starts the program anew if it has been ended. Errors of Start().
  absl::Status Restart();

 private:
  WindowProgram(ModelDescription description,
                const ExternalModelOptions& options);

  std::string Question(std::span<const double> values) const;
  absl::StatusOr<Answer> AskOnce(const std::string& question,
                                 int64_t longest_ns);
  absl::Status Named(const absl::Status& status) const;

  const ModelDescription description_;
  const ExternalModelOptions options_;
  std::unique_ptr<LineProgram> program_;
  absl::Status status_;
};

}  // namespace fovea

#endif  // FOVEA_API_WINDOW_PROGRAM_H_
