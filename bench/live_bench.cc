// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `fovea ingest` of a live feed holds in memory while the feed runs,
// goes away for 3 s between sessions and comes back: VmRSS, sampled from the
// kernel. The first reconnection makes demuxer and decoder anew beside what
// malloc keeps of the old ones, so flat means that the last session needs no
// more than the second.
//
//   memory      largest resident size in each session and its pause
//   growth      last session against the second
//   frames      sent, stored; gaps recorded
//
// Usage: live_bench [--quick] [--sessions N] [CLIP]; the clip defaults to a
// recording found through FOVEA_TEST_DATA, else to a generated scene.

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/child.h"
#include "nlohmann/json.hpp"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/live_server.h"
#include "tests/support/process.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using nlohmann::json;
using testing::LiveServer;
using testing::LiveSession;
using testing::Process;
using testing::TempDir;

constexpr double kAwaySeconds = 3;
constexpr auto kSampleEvery = std::chrono::milliseconds(100);

double ResidentMib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmRSS:", 0) != 0) continue;
    return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

std::string ClipOr(const TempDir& dir, const std::string& asked) {
  if (!asked.empty()) return asked;
  const std::string recorded =
      testing::TestData("video/intel_car-detection.mp4");
  if (!recorded.empty()) return recorded;
  const ChildCost made = RunChild({FOVEA_BINARY, "sample", dir.path(), "--size",
                                   "768x432", "--seconds", "10"});
  if (made.exit_code != 0) std::exit(1);
  return dir.File("camera.mp4");
}

// One part per session, of `seconds` each, looping over the clip.
std::vector<LiveSession> CutSessions(const TempDir& dir,
                                     const std::string& clip, int count,
                                     double seconds, int64_t* frames) {
  std::vector<LiveSession> sessions;
  *frames = 0;
  for (int i = 0; i < count; ++i) {
    const std::string part = dir.File("part" + std::to_string(i) + ".ts");
    testing::Ffmpeg("-stream_loop -1 -ss " + std::to_string(i) + " -i '" +
                    clip + "' -t " + std::to_string(seconds) +
                    " -an -c:v libx264 -preset ultrafast -g 30 '" + part + "'");
    *frames += testing::ProbePacketCount(part, "v:0");
    sessions.push_back(
        {testing::ReadFileBytes(part), seconds, 0, kAwaySeconds});
  }
  return sessions;
}

// Largest resident size while each connection, and the pause after it,
// lasted.
std::vector<double> Watch(const Process& ingest, const LiveServer& server,
                          int sessions) {
  std::vector<double> peaks(static_cast<size_t>(sessions), 0.0);
  while (!server.done()) {
    const int session = std::max(server.connections(), 1) - 1;
    double& peak = peaks[static_cast<size_t>(session)];
    peak = std::max(peak, ResidentMib(ingest.pid()));
    std::this_thread::sleep_for(kSampleEvery);
  }
  return peaks;
}

int Report(const std::vector<double>& peaks, const json& stream, int64_t sent) {
  for (size_t i = 0; i < peaks.size(); ++i) {
    std::printf("memory, session %zu and its pause  %10.1f MiB\n", i + 1,
                peaks[i]);
  }
  if (peaks.size() > 2) {
    std::printf("growth, last against second       %10.1f %%\n",
                100 * (peaks.back() / peaks[1] - 1));
  }
  const json& counts = stream.at("counts");
  const int64_t stored = counts.at("stored");
  const size_t gaps = counts.at("gaps").size();
  std::printf("frames sent %lld, stored %lld; gaps recorded %zu of %zu\n",
              static_cast<long long>(sent), static_cast<long long>(stored),
              gaps, peaks.size() - 1);
  return stored == sent && gaps == peaks.size() - 1 ? 0 : 1;
}

int Main(int argc, char** argv) {
  double seconds = 30;
  int sessions = 3;
  std::string clip;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      seconds = 4;
    } else if (std::strcmp(argv[i], "--sessions") == 0 && i + 1 < argc) {
      sessions = std::max(std::atoi(argv[++i]), 1);
    } else {
      clip = argv[i];
    }
  }
  const TempDir dir;
  int64_t sent = 0;
  const LiveServer server(
      CutSessions(dir, ClipOr(dir, clip), sessions, seconds, &sent));
  testing::ProcessOptions options;
  options.timeout = std::chrono::seconds(600);
  Process ingest(
      {FOVEA_BINARY, "ingest", server.url(), "--name", "cam", "--store",
       dir.File("store"), "--json", "--max-reconnects", "4"},
      options);
  const std::vector<double> peaks = Watch(ingest, server, sessions);
  const testing::ProcessResult result = ingest.Finish();
  if (result.exit_code != 3) {
    std::fprintf(stderr, "ingest exited with %d, expected 3: %s\n",
                 result.exit_code, result.err.c_str());
    return 1;
  }
  const json report = json::parse(result.out);
  return Report(peaks, report.at("sources").at(0).at("streams").at(0), sent);
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
