// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the screen can do, and the two streams: results go to standard
// output, everything else to standard error.

#ifndef FOVEA_CLI_TERMINAL_H_
#define FOVEA_CLI_TERMINAL_H_

#include <string>

#include "absl/status/status.h"

namespace fovea::cli {

struct Terminal {
  bool interactive = false;  // a terminal that understands control codes
  bool color = false;
  int columns = 80;
};

// Of file descriptor `fd`. `color_mode` is auto, always or never; auto
// heeds NO_COLOR and TERM=dumb.
Terminal DescribeTerminal(int fd, const std::string& color_mode);

// `text` as it is.
void WriteResult(const std::string& text);

// `text`, control characters removed, and a newline.
void WriteMessage(const std::string& text);

// Each line of `text` as a message.
void WriteMessages(const std::string& text);

// kDataLoss when something written to standard output did not arrive there
// (disk full, reader gone).
absl::Status FlushResults();

}  // namespace fovea::cli

#endif  // FOVEA_CLI_TERMINAL_H_
