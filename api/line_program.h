// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program of the user's, spoken to by lines: started once, asked and
// listened to within a deadline, and ended with whatever it has started.

#ifndef FOVEA_API_LINE_PROGRAM_H_
#define FOVEA_API_LINE_PROGRAM_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea {

// Not thread-safe. It is ended with this.
class LineProgram {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // Bytes of a line it writes.
  static constexpr size_t kMaxLine = 1024;

  // `command`: program and arguments, no shell, not empty. kNotFound: it
  // cannot be started; kResourceExhausted.
  static absl::StatusOr<std::unique_ptr<LineProgram>> Start(
      const std::vector<std::string>& command);
  ~LineProgram();
  LineProgram(const LineProgram&) = delete;
  LineProgram& operator=(const LineProgram&) = delete;

  static Deadline After(int64_t ns);

  // kDataLoss: it has ended, or said something since its last answer, which
  // would be taken for the next one.
  absl::Status CheckQuiet();

  // To its standard input. kDeadlineExceeded; kDataLoss: it has ended.
  absl::Status Send(std::string_view text, Deadline deadline);

  // Of its standard output, without its end. kDeadlineExceeded; kDataLoss:
  // longer than kMaxLine, or it has ended.
  absl::StatusOr<std::string> ReadLine(Deadline deadline);

  // What it wrote, for an error: the beginning of it, safe to print.
  static std::string Quoted(std::string_view bytes);

 private:
  LineProgram() = default;
  absl::Status Spawn(const std::vector<std::string>& command);

  pid_t pid_ = -1;
  int to_ = -1;    // its standard input
  int from_ = -1;  // and output
  std::string buffered_;
};

}  // namespace fovea

#endif  // FOVEA_API_LINE_PROGRAM_H_
