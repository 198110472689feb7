// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

bool DumbTerminal() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::strcmp(term, "dumb") == 0;
}

bool NoColorAsked() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && value[0] != '\0';
}

}  // namespace

Terminal DescribeTerminal(int fd, const std::string& color_mode) {
  Terminal terminal;
  terminal.interactive = isatty(fd) == 1 && !DumbTerminal();
  terminal.color =
      color_mode == "always" ||
      (color_mode != "never" && terminal.interactive && !NoColorAsked());
  winsize size = {};
  if (terminal.interactive && ioctl(fd, TIOCGWINSZ, &size) == 0 &&
      size.ws_col > 0) {
    terminal.columns = size.ws_col;
  }
  return terminal;
}

void WriteResult(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void WriteMessage(const std::string& text) {
  const std::string line = Printable(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void WriteMessages(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) WriteMessage(line);
}

absl::Status FlushResults() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat("standard output: not everything was written (",
                   errno != 0 ? std::strerror(errno) : "earlier error", ")"));
}

}  // namespace fovea::cli
