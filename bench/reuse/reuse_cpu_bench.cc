// SPDX-License-Identifier: GPL-2.0-or-later
//
// What filtering saves of the processor from pixels to answers: a detector run
// on every frame, and on those alone that the filter lets through. Both are
// really run, in turns, on one thread; decoding, which both need, is measured
// apart. The filter's risk is the one that keeps the agreement on the first
// part of the recording; agreement and cost are those of the rest.
//
//   reuse_cpu_bench [--quick] [--model NAME] [--loss labels|counts|boxes]
//                   [--agreement SHARE] [--rounds N] [--clips NAME,...]
//                   [--json FILE]
//
// Fails on counts, never on time; 77 where recordings or the network runtime
// are absent.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/child.h"
#include "bench/recording.h"
#include "bench/reuse/footage.h"
#include "bench/reuse/ours.h"
#include "bench/reuse/protocol.h"
#include "bench/reuse/replay.h"
#include "bench/reuse/trace.h"
#include "codec/grid.h"
#include "nlohmann/json.hpp"

namespace fovea::bench::reuse {
namespace {

constexpr int kSkipped = 77;

struct Settings {
  std::vector<std::string> clips;
  std::string model = "fastestdet";
  std::string loss = "counts";
  double agreement = 0.95;
  int rounds = 3;
  std::string data = ChooseRecordings({}, {""}).front();
  std::string traces = FOVEA_TRACES;
  std::string json;
  bool quick = false;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Seconds of processor time that `work` takes.
template <typename Work>
double Cost(const Work& work) {
  const double begun = CpuSeconds();
  work();
  return CpuSeconds() - begun;
}

struct ClipCost {
  std::string clip;
  size_t frames = 0;      // judged
  double avoided = 0;     // share of runs
  double agreed = 1;      // realised
  double full_s = 0;      // the detector on every frame
  double filtered_s = 0;  // grid, filter, detector where it is run
  double decode_s = 0;    // of the frames, in both
  double ratio() const { return full_s / filtered_s; }
  double with_decoding() const {
    return (full_s + decode_s) / (filtered_s + decode_s);
  }
};

void RunOn(Model* model, const Footage& footage, size_t frame) {
  const auto answer = model->Infer(footage.frames[frame], footage.camera.color);
  if (!answer.ok()) std::abort();  // it answered when the trace was made
}

// Frames [begin, size) measured, decided about, and run where `outcome` says
// that they were: the policy is replayed with the answers of the trace, which
// are those the model gives.
void RunFiltered(const Footage& footage, Truth* truth, size_t begin,
                 Policy* policy, Model* model) {
  auto meter = GridMeter::Create(footage.camera.width, footage.camera.height);
  if (!meter.ok()) std::abort();
  if (begin > 0 && !(*meter)->Measure(footage.frames[begin - 1]).ok()) {
    std::abort();
  }
  for (size_t i = begin; i < footage.size(); ++i) {
    if (!(*meter)->Measure(footage.frames[i]).ok()) std::abort();
    if (policy->Decide(i)) continue;
    RunOn(model, footage, i);
    policy->Ran(i, truth->answer(i));
  }
}

absl::StatusOr<ClipCost> Measure(const ClipName& clip, const Settings& settings,
                                 Model* model, Loss loss) {
  const auto footage = LoadFootage(clip, settings.data);
  if (!footage.ok()) return footage.status();
  const auto trace = LoadTrace(clip, settings.model, settings.data,
                               settings.traces, [](const std::string& line) {
                                 std::fprintf(stderr, "%s\n", line.c_str());
                               });
  if (!trace.ok()) return trace.status();
  Truth truth(*trace, loss);
  const Scene scene{&*footage, nullptr};
  const MethodEntry ours = Ours();
  const Sweep sweep = SweepMethod(ours, scene, &truth, false);
  const auto knob = ChooseKnob(sweep.tuned, settings.agreement);
  const Score score = ScoreOf(sweep.judged, knob);
  const size_t begin = SplitOf(trace->size(), false).tune;
  ClipCost cost{
      clip.name, footage->size() - begin, score.avoided, score.agreed, 0, 0, 0};
  const auto method = ours.make(scene, truth.task());
  std::vector<double> full, filtered, decoded;
  for (int round = 0; round < settings.rounds; ++round) {
    full.push_back(Cost([&] {
      for (size_t i = begin; i < footage->size(); ++i) {
        RunOn(model, *footage, i);
      }
    }));
    if (knob) {
      const auto policy = method->Make(*knob);
      for (size_t i = 0; i < begin; ++i) policy->Ran(i, truth.answer(i));
      filtered.push_back(Cost(
          [&] { RunFiltered(*footage, &truth, begin, policy.get(), model); }));
    } else {
      filtered.push_back(full.back());
    }
    decoded.push_back(
        Cost([&] { LoadFootage(clip, settings.data).IgnoreError(); }) *
        static_cast<double>(cost.frames) /
        static_cast<double>(footage->size()));
  }
  cost.full_s = Median(full);
  cost.filtered_s = Median(filtered);
  cost.decode_s = Median(decoded);
  return cost;
}

void Print(const std::vector<ClipCost>& costs, const Settings& settings) {
  std::printf("%s, %s, %.0f %% on the first part, processor time\n\n",
              settings.model.c_str(), settings.loss.c_str(),
              100 * settings.agreement);
  std::printf(
      "| clip | frames | avoided | agreed | every frame | filtered | "
      "less | with decoding |\n|---|---|---|---|---|---|---|---|\n");
  for (const ClipCost& cost : costs) {
    std::printf(
        "| %s | %zu | %.1f %% | %.1f %% | %.2f s | %.2f s | %.2fx | "
        "%.2fx |\n",
        cost.clip.c_str(), cost.frames, 100 * cost.avoided, 100 * cost.agreed,
        cost.full_s, cost.filtered_s, cost.ratio(), cost.with_decoding());
  }
}

absl::Status Write(const std::vector<ClipCost>& costs,
                   const Settings& settings) {
  if (settings.json.empty()) return absl::OkStatus();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ClipCost& cost : costs) {
    rows.push_back({{"clip", cost.clip},
                    {"frames", cost.frames},
                    {"avoided", cost.avoided},
                    {"agreed", cost.agreed},
                    {"full_s", cost.full_s},
                    {"filtered_s", cost.filtered_s},
                    {"decode_s", cost.decode_s}});
  }
  std::ofstream file(settings.json);
  file << rows.dump(2) << '\n';
  file.flush();
  return file ? absl::OkStatus()
              : absl::UnavailableError(
                    absl::StrCat(settings.json, ": cannot be written"));
}

absl::Status Bench(const Settings& settings) {
  Loss loss = Loss::kCounts;
  for (const Loss each : kLosses) {
    if (settings.loss == LossName(each)) loss = each;
  }
  const auto model =
      OpenTracedModel(settings.model, settings.data, settings.traces);
  if (!model.ok()) return model.status();
  std::vector<ClipCost> costs;
  for (const ClipName& clip : AllClips()) {
    if (clip.moving) continue;
    if (!settings.clips.empty() &&
        std::ranges::find(settings.clips, clip.name) == settings.clips.end()) {
      continue;
    }
    const auto cost = Measure(clip, settings, model->get(), loss);
    if (!cost.ok()) return cost.status();
    if (cost->frames == 0) return absl::InternalError("nothing was judged");
    costs.push_back(*cost);
    std::fprintf(stderr, "%s\n", clip.name.c_str());
  }
  Print(costs, settings);
  return Write(costs, settings);
}

int Main(int argc, char** argv) {
  Settings settings;
  CLI::App app("What filtering saves of the processor, from pixels to answers");
  app.add_flag("--quick", settings.quick, "One short clip, one round");
  app.add_option("--clips", settings.clips)->delimiter(',');
  app.add_option("--model", settings.model)->capture_default_str();
  app.add_option("--loss", settings.loss)
      ->check(CLI::IsMember({"labels", "counts", "boxes"}))
      ->capture_default_str();
  app.add_option("--agreement", settings.agreement)->capture_default_str();
  app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 99));
  app.add_option("--data", settings.data);
  app.add_option("--traces", settings.traces);
  app.add_option("--json", settings.json);
  CLI11_PARSE(app, argc, argv);
  setenv("OMP_NUM_THREADS", "1", 1);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  if (settings.quick) {
    settings.clips = {"ua_b"};
    settings.rounds = 1;
  }
  const absl::Status status = Bench(settings);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  const bool absent = absl::IsNotFound(status) || absl::IsUnavailable(status);
  return absent ? kSkipped : 1;
}

}  // namespace
}  // namespace fovea::bench::reuse

int main(int argc, char** argv) {
  return fovea::bench::reuse::Main(argc, argv);
}
