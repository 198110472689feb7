// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes the traces that reuse_bench replays, and tells of each recording how
// often consecutive frames have the same answer: what holding it could save.
//
//   reuse_trace [--traces DIR] [--clips NAME,...] [--models NAME,...]
//
// A markdown table on standard output; progress on standard error.

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/recording.h"
#include "bench/reuse/answer.h"
#include "bench/reuse/footage.h"
#include "bench/reuse/trace.h"

namespace fovea::bench::reuse {
namespace {

void Say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

double SameAsBefore(const Trace& trace, Loss loss) {
  size_t same = 0;
  for (size_t i = 1; i < trace.size(); ++i) {
    same += IsSame(trace.boxes(i), trace.boxes(i - 1), loss, trace.threshold);
  }
  return trace.size() < 2 ? 0
                          : 100.0 * static_cast<double>(same) /
                                static_cast<double>(trace.size() - 1);
}

std::string LabelsSeen(const Trace& trace) {
  std::map<int, int> seen;
  for (const TracedFrame& frame : trace.frames) {
    for (const auto& [label, count] :
         CountsOf(*frame.answer, trace.threshold)) {
      seen[label] += count;
    }
  }
  std::string text;
  for (const auto& [label, count] : seen) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    trace.labels[static_cast<size_t>(label)], " ", count);
  }
  return text;
}

void PrintRow(const Trace& trace) {
  std::printf("| %s | %s | %zu | %.1f | %.1f | %.1f | %.1f | %s |\n",
              trace.clip.c_str(), trace.model.c_str(), trace.size(),
              trace.median_infer_us() / 1e3, SameAsBefore(trace, Loss::kLabels),
              SameAsBefore(trace, Loss::kCounts),
              SameAsBefore(trace, Loss::kBoxes), LabelsSeen(trace).c_str());
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  CLI::App app("Traces of models over recordings", "reuse_trace");
  std::string data = ChooseRecordings({}, {""}).front();
  std::string traces = FOVEA_TRACES;
  std::vector<std::string> models = {"fastestdet", "yolox"}, chosen;
  app.add_option("--traces", traces, "folder of the traces");
  app.add_option("--data", data, "folder of clips and models");
  app.add_option("--models", models, "cards")->delimiter(',');
  app.add_option("--clips", chosen, "names; all without")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  std::printf(
      "| clip | model | frames | ms | same labels %% | same counts %% | "
      "F1 >= 0.9 %% | boxes seen |\n|---|---|---|---|---|---|---|---|\n");
  for (const std::string& model : models) {
    for (const ClipName& clip : AllClips()) {
      if (!chosen.empty() &&
          std::ranges::find(chosen, clip.name) == chosen.end()) {
        continue;
      }
      const auto trace = LoadTrace(clip, model, data, traces, Say);
      if (!trace.ok()) {
        Say(absl::StrCat("reuse_trace: ", trace.status().message()));
        return 1;
      }
      PrintRow(*trace);
    }
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench::reuse

int main(int argc, char** argv) {
  return fovea::bench::reuse::Main(argc, argv);
}
