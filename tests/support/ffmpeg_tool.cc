// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/ffmpeg_tool.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace fovea::testing {

bool HasFfmpeg() {
  static const bool found = std::system(
                                "ffmpeg -version >/dev/null 2>&1 && "
                                "ffprobe -version >/dev/null 2>&1") == 0;
  return found;
}

void Ffmpeg(const std::string& arguments) {
  RunTool("ffmpeg -hide_banner -loglevel error -nostdin -y " + arguments +
          " 2>&1");
}

std::string RunTool(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char buffer[4096];
  size_t got = 0;
  while ((got = fread(buffer, 1, sizeof(buffer), pipe)) > 0) {
    output.append(buffer, got);
  }
  if (pclose(pipe) != 0) {
    throw std::runtime_error(command + " failed: " + output);
  }
  return output;
}

std::vector<int64_t> ProbeFrameTicks(const std::string& path) {
  std::istringstream lines(
      RunTool("ffprobe -v quiet -select_streams v:0 -show_entries "
              "frame=pts,best_effort_timestamp -of compact=p=0 '" +
              path + "'"));
  std::vector<int64_t> ticks;
  std::string line;
  while (std::getline(lines, line)) {
    size_t at = line.find("pts=");
    if (at != 0) continue;  // side data lines
    if (line.compare(4, 3, "N/A") == 0) {
      at = line.find("best_effort_timestamp=");
      ticks.push_back(std::strtoll(line.c_str() + at + 22, nullptr, 10));
    } else {
      ticks.push_back(std::strtoll(line.c_str() + 4, nullptr, 10));
    }
  }
  return ticks;
}

int64_t ProbePacketCount(const std::string& path, const std::string& selector) {
  const std::string text = RunTool(
      "ffprobe -v quiet -count_packets -select_streams " + selector +
      " -show_entries stream=nb_read_packets -of csv=p=0 '" + path + "'");
  return std::strtoll(text.c_str(), nullptr, 10);
}

}  // namespace fovea::testing
