// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where long texts go piece by piece.

#ifndef FOVEA_CLI_TEXT_SINK_H_
#define FOVEA_CLI_TEXT_SINK_H_

#include <cstdio>
#include <string>

#include "absl/status/status.h"

namespace fovea::cli {

// Standard output or a file, which gets its name once it is complete; a
// device or pipe is written to as it is. The first fault is kept.
class TextSink {
 public:
  explicit TextSink(const std::string& path);  // "": standard output
  ~TextSink();
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;

  void Write(const std::string& text);

  bool ok() const { return error_ == 0; }

  // kUnavailable, naming the file, when not all of it arrived.
  absl::Status Finish();

 private:
  std::string name_;
  std::string part_;  // what the file is called until then, or empty
  std::FILE* file_;
  bool owned_;
  int error_ = 0;
};

}  // namespace fovea::cli

#endif  // FOVEA_CLI_TEXT_SINK_H_
