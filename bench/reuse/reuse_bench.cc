// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many runs of a model are avoided, and how many answers go wrong for
// it, by every method of bench/reuse/policies.cc.
//
//   reuse_bench [--quick] [--clips NAME,...] [--models NAME,...]
//               [--loss labels,counts,boxes] [--methods NAME,...] [--json FILE]
//
// Tables on standard output, progress on standard error.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/recording.h"
#include "bench/reuse/oracle.h"
#include "bench/reuse/policy.h"
#include "bench/reuse/protocol.h"
#include "bench/reuse/report.h"
#include "bench/reuse/trace.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kSkipped = 77;  // as test drivers understand it

struct Settings {
  std::vector<std::string> clips, methods;  // empty: all
  std::vector<std::string> models = {"fastestdet", "yolox"};
  std::vector<std::string> losses = {"labels", "counts", "boxes"};
  std::string data = ChooseRecordings({}, {""}).front();
  std::string traces = FOVEA_TRACES;
  std::string json;
  bool quick = false;
};

void Say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

bool Includes(const std::vector<std::string>& chosen, const std::string& name) {
  return chosen.empty() || std::ranges::find(chosen, name) != chosen.end();
}

ClipResult ResultOf(const Scene& scene, Truth* truth, const Settings& settings,
                    bool measure_time) {
  const Trace& trace = truth->trace();
  const Split split = SplitOf(trace.size(), false);
  ClipResult result{trace.clip,
                    trace.model,
                    truth->task().loss,
                    split.size - split.tune,
                    trace.median_infer_us(),
                    {}};
  for (const MethodEntry& entry : AllMethods()) {
    if (!Includes(settings.methods, entry.name)) continue;
    result.sweeps.push_back(SweepMethod(entry, scene, truth, measure_time));
  }
  for (Sweep& sweep : SweepOracles(truth)) {
    if (Includes(settings.methods, sweep.method)) {
      result.sweeps.push_back(std::move(sweep));
    }
  }
  return result;
}

absl::Status BenchClip(const ClipName& clip, const Settings& settings,
                       std::vector<ClipResult>* results) {
  const auto footage = LoadFootage(clip, settings.data);
  if (!footage.ok()) return footage.status();
  FeatureBank features(*footage);
  const Scene scene{&*footage, &features};
  for (const std::string& model : settings.models) {
    const auto trace =
        LoadTrace(clip, model, settings.data, settings.traces, Say);
    if (!trace.ok()) return trace.status();
    if (trace->size() != footage->size()) {
      return absl::DataLossError(absl::StrCat("the trace of ", clip.name,
                                              " has ", trace->size(),
                                              " frames of ", footage->size()));
    }
    for (const Loss loss : kLosses) {
      if (!Includes(settings.losses, LossName(loss))) continue;
      Truth truth(*trace, loss);
      // A decision takes the same whatever the model and what counts.
      const bool measure = loss == Loss::kCounts;
      results->push_back(ResultOf(scene, &truth, settings, measure));
      Say(absl::StrCat(clip.name, ", ", model, ", ", LossName(loss)));
    }
  }
  return absl::OkStatus();
}

// No method that holds answers avoids more than the oracle does, where all
// answers agree.
absl::Status CheckOracle(const ClipResult& result) {
  const auto oracle =
      std::ranges::find(result.sweeps, kHoldOracle, &Sweep::method);
  if (oracle == result.sweeps.end()) return absl::OkStatus();
  const double most = Hindsight(*oracle, 1).avoided;
  for (const Sweep& sweep : result.sweeps) {
    if (!sweep.holds || Hindsight(sweep, 1).avoided <= most) continue;
    return absl::InternalError(absl::StrCat(
        sweep.method, " avoids more than any holding can on ", result.clip));
  }
  return absl::OkStatus();
}

// What must hold whatever the machine.
absl::Status Check(const std::vector<ClipResult>& results) {
  for (const ClipResult& result : results) {
    for (const Sweep& sweep : result.sweeps) {
      for (const Outcome& outcome : sweep.judged) {
        if (outcome.size() != result.judged_frames) {
          return absl::InternalError(
              absl::StrCat(sweep.method, " decided about ", outcome.size(),
                           " frames of ", result.judged_frames));
        }
      }
      if (sweep.method == "run all" &&
          ScoreOf(sweep.judged, 0) != Score{0, 1}) {
        return absl::InternalError("run all avoids or disagrees");
      }
    }
    const absl::Status s = CheckOracle(result);
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Bench(const Settings& settings) {
  std::vector<ClipResult> results;
  for (const ClipName& clip : AllClips()) {
    if (!Includes(settings.clips, clip.name)) continue;
    const absl::Status s = BenchClip(clip, settings, &results);
    if (!s.ok()) return s;
  }
  std::fputs(Markdown(results).c_str(), stdout);
  std::printf("Methods:\n\n");
  for (const MethodEntry& entry : AllMethods()) {
    if (!Includes(settings.methods, entry.name)) continue;
    std::printf("- %s: %s\n", entry.name.c_str(), entry.source.c_str());
  }
  if (!settings.json.empty()) {
    std::ofstream file(settings.json);
    file << JsonText(results) << "\n";
    file.close();
    if (!file) return absl::UnavailableError("cannot write " + settings.json);
  }
  return Check(results);
}

int Main(int argc, char** argv) {
  CLI::App app("Model runs avoided, answers gone wrong", "reuse_bench");
  Settings settings;
  app.add_option("--clips", settings.clips, "names; all without")
      ->delimiter(',');
  app.add_option("--models", settings.models, "cards")->delimiter(',');
  app.add_option("--loss", settings.losses, "labels, counts, boxes")
      ->delimiter(',');
  app.add_option("--methods", settings.methods, "names; all without")
      ->delimiter(',');
  app.add_option("--data", settings.data, "folder of clips and models");
  app.add_option("--traces", settings.traces, "folder of the traces");
  app.add_option("--json", settings.json, "file for all figures");
  app.add_flag("--quick", settings.quick, "two short recordings, one model");
  CLI11_PARSE(app, argc, argv);
  if (!std::filesystem::is_directory(settings.data)) {
    std::printf("skipped: no recordings at %s\n", settings.data.c_str());
    return kSkipped;
  }
  if (settings.quick) {
    settings.clips = {"ua_b", "street"};
    settings.models = {"fastestdet"};
    settings.losses = {"counts"};
  }
  if (absl::Status status = Bench(settings); !status.ok()) {
    Say(absl::StrCat("reuse_bench: ", status.message()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench::reuse

int main(int argc, char** argv) {
  return fovea::bench::reuse::Main(argc, argv);
}
