// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a long ingest grows: one `fovea ingest` of hours of media at full
// speed, its resident memory sampled about once a second, and a line fitted
// by least squares to what follows the warm-up, in MiB per hour of media.
//
// The catalogue keeps up to 4 MiB of rows per family in memory and then
// writes them all out: until it has done so once, memory grows by what rows
// take. The samples printed show when that is.
//
// Usage: memory_bench FILE WARM_UP_HOURS [OPTION OF INGEST...]

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tests/support/process.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using nlohmann::json;

constexpr double kGoal = 1;  // MiB per hour
constexpr size_t kLinesPrinted = 40;

struct Sample {
  double hours = 0;  // of media
  double mib = 0;
};

double ResidentMib(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) {
      return std::strtod(line.c_str() + 6, nullptr) / 1024;
    }
  }
  return 0;
}

// Empty when the ingest fails.
std::vector<Sample> Run(const std::string& file,
                        const std::vector<std::string>& more,
                        const std::string& store) {
  std::vector<std::string> command = {FOVEA_BINARY, "ingest",     file,
                                      "--store",    store,        "--name",
                                      "camera",     "--progress", "json"};
  command.insert(command.end(), more.begin(), more.end());
  testing::ProcessOptions options;
  options.timeout = std::chrono::hours(12);
  testing::Process ingest(command, options);
  std::vector<Sample> samples;
  for (std::string line; ingest.ReadLine(&line);) {
    const json message = json::parse(line, nullptr, false);
    if (!message.contains("progress")) continue;
    const json& progress = message["progress"];
    const double ns = std::stod(progress.at("stream_ns").get<std::string>());
    const double mib = ResidentMib(ingest.pid());
    if (mib > 0) samples.push_back({ns / 3600e9, mib});
  }
  const testing::ProcessResult result = ingest.Finish();
  if (result.exit_code == 0) return samples;
  std::fprintf(stderr, "ingest of %s failed\n%s", file.c_str(),
               result.err.c_str());
  return {};
}

double Slope(const std::vector<Sample>& samples) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const Sample& s : samples) {
    n += 1;
    x += s.hours;
    y += s.mib;
    xx += s.hours * s.hours;
    xy += s.hours * s.mib;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

void PrintSamples(const std::vector<Sample>& samples) {
  const size_t step = (samples.size() + kLinesPrinted - 1) / kLinesPrinted;
  for (size_t i = 0; i < samples.size(); i += step) {
    std::printf("  %6.3f h  %7.1f MiB\n", samples[i].hours, samples[i].mib);
  }
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s FILE WARM_UP_HOURS [OPTION...]\n", argv[0]);
    return 2;
  }
  const double warm_up = std::strtod(argv[2], nullptr);
  testing::TempDir dir;
  const std::vector<Sample> samples =
      Run(argv[1], {argv + 3, argv + argc}, dir.File("store"));
  std::vector<Sample> warm;
  for (const Sample& sample : samples) {
    if (sample.hours >= warm_up) warm.push_back(sample);
  }
  PrintSamples(samples);
  if (warm.size() < 10) {
    std::fprintf(stderr, "%zu samples after %g h, expected 10 at least\n",
                 warm.size(), warm_up);
    return 1;
  }
  const double slope = Slope(warm);
  std::printf(
      "resident memory %+.2f MiB per hour of media over %.2f h after "
      "%.2f h, %zu samples: goal <= %g %s\n",
      slope, warm.back().hours - warm.front().hours, warm_up, warm.size(),
      kGoal, slope <= kGoal ? "met" : "MISSED");
  return slope <= kGoal ? 0 : 1;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
