// SPDX-License-Identifier: GPL-2.0-or-later
//
// How often a model of human activities must be run on windows of a phone's
// or a watch's six axes, by the sensor gate and by what it competes with.
//
//   imu_reuse_bench [--quick] [--ablation] [--json] [--sequences N]
//
// Three subjects, each held out once: model, trees and thresholds come from
// the other two. The model answers every window first; policies are replayed
// over those answers. Two kinds of sequences: the recordings as they are
// (activities last 1.4 s) and spans joined so that they last 10 s or more.
// A window is 1.5 s, one every 0.5 s.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/reuse/reuse_fold.h"
#include "nlohmann/json.hpp"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using nlohmann::json;
using Value = double (ReuseTally::*)() const;

constexpr std::array<const char*, 3> kSubjects = {"s02", "s03", "s05"};
constexpr std::array<const char*, 2> kDevices = {"sp", "sw"};
constexpr std::array<const char*, kDwellKinds> kDwellNames = {"native",
                                                              "joined"};
constexpr double kHopS = 52 / kHarRateHz;

// What a threshold is chosen for.
struct Goal {
  const char* name;
  Value value;
  double least;
};
constexpr std::array<Goal, 6> kGoals = {{
    {"agreement 90 %", &ReuseTally::agreement, 0.90},
    {"agreement 95 %", &ReuseTally::agreement, 0.95},
    {"agreement 99 %", &ReuseTally::agreement, 0.99},
    {"followed 98 %", &ReuseTally::followed_share, 0.98},
    {"foll. soon 98 %", &ReuseTally::followed_soon_share, 0.98},
    {"looked at 98 %", &ReuseTally::looked_at_share, 0.98},
}};

struct Arguments {
  bool as_json = false;
  bool quick = false;
  FoldOptions options;
};

// --- replays -------------------------------------------------------------

RecordingTallies ReplayAll(const std::vector<WindowSequence>& sequences,
                           const PolicyKind& kind, double knob,
                           const ReuseTrees& trees) {
  RecordingTallies tallies;
  for (const WindowSequence& sequence : sequences) {
    tallies.push_back(Replay(sequence, kind.make(knob, trees).get()));
  }
  return tallies;
}

// Of every knob, each fold's tallies: held out, and in tuning.
struct Curve {
  const PolicyKind* kind;
  std::vector<std::vector<RecordingTallies>> held_out, tuning;  // [knob][fold]
};

Curve ReplayCurve(std::span<const Fold> folds, DwellKind dwell,
                  const PolicyKind& kind) {
  Curve curve{&kind, {}, {}};
  for (const double knob : kind.knobs) {
    curve.held_out.emplace_back();
    curve.tuning.emplace_back();
    for (const Fold& fold : folds) {
      curve.held_out.back().push_back(
          ReplayAll(fold.held_out.sequences[dwell], kind, knob, fold.trees));
      RecordingTallies tuning;
      for (size_t i = 0; i < fold.tuning.size(); ++i) {
        const RecordingTallies part = ReplayAll(
            fold.tuning[i].sequences[dwell], kind, knob, fold.tuning_trees[i]);
        tuning.insert(tuning.end(), part.begin(), part.end());
      }
      curve.tuning.back().push_back(std::move(tuning));
    }
  }
  return curve;
}

// The knob that avoids most runs among those that reach the goal; nothing
// where none does. Sums over the folds for which `counts` says so.
std::optional<size_t> BestKnob(
    const std::vector<std::vector<RecordingTallies>>& by_knob, const Goal& goal,
    const std::function<bool(size_t)>& counts) {
  std::optional<size_t> best;
  double most = -1;
  for (size_t knob = 0; knob < by_knob.size(); ++knob) {
    ReuseTally sum;
    for (size_t fold = 0; fold < by_knob[knob].size(); ++fold) {
      if (counts(fold)) sum.Add(Sum(std::span(&by_knob[knob][fold], 1)));
    }
    if ((sum.*goal.value)() < goal.least || sum.avoided() <= most) continue;
    most = sum.avoided();
    best = knob;
  }
  return best;
}

// --- the two tables ------------------------------------------------------

// Runs avoided by the best knob of the curve itself, the same for all folds:
// what the policy could do if it were tuned on what it is judged on.
std::optional<ReuseTally> AtBest(const Curve& curve, const Goal& goal) {
  const auto knob = BestKnob(curve.held_out, goal, [](size_t) { return true; });
  if (!knob) return std::nullopt;
  return Sum(curve.held_out[*knob]);
}

struct Tuned {
  std::vector<RecordingTallies> recordings;
  std::vector<double> knobs;  // of each fold
  bool reached = true;        // in tuning, by every fold
};

// Each fold with the knob that is best on its other two subjects, both
// devices; where none reaches the goal there, the smallest knob.
Tuned TuneOnOthers(const Curve& curve, const Goal& goal,
                   std::span<const Fold> folds) {
  Tuned tuned;
  for (size_t fold = 0; fold < folds.size(); ++fold) {
    const auto knob = BestKnob(curve.tuning, goal, [&](size_t other) {
      return folds[other].subject == folds[fold].subject;
    });
    tuned.reached &= knob.has_value();
    tuned.recordings.push_back(curve.held_out[knob.value_or(0)][fold]);
    tuned.knobs.push_back(curve.kind->knobs[knob.value_or(0)]);
  }
  return tuned;
}

json ToJson(const ReuseTally& tally) {
  return {{"windows", tally.windows},
          {"runs", tally.runs},
          {"avoided", tally.avoided()},
          {"agreement", tally.agreement()},
          {"transitions_shown", tally.shown},
          {"followed", tally.followed_share()},
          {"followed_soon", tally.followed_soon_share()},
          {"transitions", tally.transitions},
          {"looked_at", tally.looked_at_share()},
          {"changes", tally.changes},
          {"changes_followed", tally.changes_share()},
          {"false_hold_rate", tally.false_hold_rate()},
          {"delay_p50_windows", tally.DelayQuantile(0.5)},
          {"delay_p95_windows", tally.DelayQuantile(0.95)}};
}

json WithIntervals(const Tuned& tuned) {
  json row = ToJson(Sum(tuned.recordings));
  const std::pair<const char*, Value> values[] = {
      {"avoided", &ReuseTally::avoided},
      {"agreement", &ReuseTally::agreement},
      {"followed", &ReuseTally::followed_share},
      {"looked_at", &ReuseTally::looked_at_share},
      {"false_hold_rate", &ReuseTally::false_hold_rate}};
  for (const auto& [name, value] : values) {
    const TallyInterval interval =
        Bootstrap(tuned.recordings, std::mem_fn(value));
    row["interval95"][name] = {interval.low, interval.high};
  }
  row["knobs"] = tuned.knobs;
  row["reached_in_tuning"] = tuned.reached;
  return row;
}

json CurveJson(const Curve& curve) {
  json rows = json::array();
  for (size_t knob = 0; knob < curve.held_out.size(); ++knob) {
    json row = ToJson(Sum(curve.held_out[knob]));
    row["knob"] = curve.kind->knobs[knob];
    rows.push_back(std::move(row));
  }
  return rows;
}

json Measure(std::span<const Fold> folds, DwellKind dwell,
             const PolicyKind& kind) {
  const Curve curve = ReplayCurve(folds, dwell, kind);
  json result = {{"policy", kind.name}, {"curve", CurveJson(curve)}};
  for (const Goal& goal : kGoals) {
    const auto best = AtBest(curve, goal);
    result["hindsight"][goal.name] = best ? ToJson(*best) : json(nullptr);
    result["tuned"][goal.name] =
        WithIntervals(TuneOnOthers(curve, goal, folds));
  }
  return result;
}

// --- printing ------------------------------------------------------------

double Percent(const json& value) { return 100 * value.get<double>(); }

void PrintHindsight(const char* dwell, const json& policies) {
  std::printf(
      "\n%s: runs avoided (%%) where each goal is just met, knobs chosen on "
      "these very recordings\n%-16s",
      dwell, "");
  for (const Goal& goal : kGoals) std::printf(" %16s", goal.name);
  std::printf("\n");
  for (const json& policy : policies) {
    std::printf("%-16s", policy["policy"].get<std::string>().c_str());
    for (const Goal& goal : kGoals) {
      const json& best = policy["hindsight"][goal.name];
      if (best.is_null()) {
        std::printf(" %16s", "-");
      } else {
        std::printf(" %16.1f", Percent(best["avoided"]));
      }
    }
    std::printf("\n");
  }
}

std::string Delay(const json& windows) {
  const auto count = windows.get<size_t>();
  if (count + 1 >= ReuseTally().delays.size()) return "never";
  char text[16];
  std::snprintf(text, sizeof(text), "%.1f", static_cast<double>(count) * kHopS);
  return text;
}

void PrintTuned(const char* dwell, const Goal& goal, const json& policies) {
  std::printf(
      "\n%s: knobs tuned on the other subjects for %s (%%; 95 %% intervals)\n"
      "%-16s %19s %19s %19s %19s %6s %6s %13s\n",
      dwell, goal.name, "", "avoided", "agreement", "followed", "looked at",
      "soon", "wrong", "delay s 50,95");
  for (const json& policy : policies) {
    const json& row = policy["tuned"][goal.name];
    std::printf("%-16s", policy["policy"].get<std::string>().c_str());
    for (const char* name : {"avoided", "agreement", "followed", "looked_at"}) {
      const json& interval = row["interval95"][name];
      std::printf(" %5.1f (%4.1f to %5.1f)", Percent(row[name]),
                  Percent(interval[0]), Percent(interval[1]));
    }
    std::printf(" %6.1f %6.1f %6s %6s%s\n", Percent(row["followed_soon"]),
                Percent(row["false_hold_rate"]),
                Delay(row["delay_p50_windows"]).c_str(),
                Delay(row["delay_p95_windows"]).c_str(),
                row["reached_in_tuning"].get<bool>() ? "" : " *");
  }
}

void PrintModels(const json& folds) {
  std::printf(
      "held out  device  right (native, joined)  model us  features "
      "us\n");
  for (const json& fold : folds) {
    std::printf("%-9s %-7s %9.1f %% %9.1f %% %12.1f %12.1f\n",
                fold["subject"].get<std::string>().c_str(),
                fold["device"].get<std::string>().c_str(),
                Percent(fold["right"][kNative]),
                Percent(fold["right"][kJoined]), fold["model_us"].get<double>(),
                fold["features_us"].get<double>());
  }
}

void Print(const json& result) {
  PrintModels(result["folds"]);
  std::printf(
      "one decision of the gate: %.2f us; multiplications of the "
      "model: %zu\n",
      result["decide_us"].get<double>(),
      result["model_multiplications"].get<size_t>());
  for (const char* dwell : kDwellNames) {
    const json& policies = result["sequences"][dwell];
    PrintHindsight(dwell, policies);
    for (const Goal& goal : kGoals) PrintTuned(dwell, goal, policies);
  }
  std::printf(
      "* no knob reached the goal on the other subjects; the smallest "
      "is used\n");
}

// --- folds ---------------------------------------------------------------

// Calls `work` with 0 to count - 1, two at a time.
void InParallel(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::thread other(run);
  run();
  other.join();
}

std::vector<Fold> MakeFolds(const std::string& folder,
                            const FoldOptions& options) {
  std::vector<std::vector<HarSubject>> subjects;  // by device
  for (const char* device : kDevices) {
    subjects.emplace_back();
    for (const char* name : kSubjects) {
      subjects.back().push_back(ReadHarSubject(folder, name, device));
    }
  }
  std::vector<Fold> folds(kDevices.size() * kSubjects.size());
  InParallel(folds.size(), [&](size_t i) {
    const size_t device = i / kSubjects.size();
    folds[i] = TraceFold(subjects[device], i % kSubjects.size(),
                         kDevices[device], options);
  });
  InParallel(folds.size(), [&](size_t i) {
    std::vector<const Fold*> alike;
    for (const Fold& fold : folds) {
      if (fold.subject == folds[i].subject) alike.push_back(&fold);
    }
    TrainFold(alike, options, &folds[i]);
  });
  return folds;
}

json FoldJson(const Fold& fold) {
  json right = json::array();
  for (const auto& sequences : fold.held_out.sequences) {
    int64_t windows = 0, correct = 0;
    for (const WindowSequence& sequence : sequences) {
      for (const TracedWindow& window : sequence) {
        ++windows;
        correct += window.answer == window.label;
      }
    }
    right.push_back(static_cast<double>(correct) /
                    static_cast<double>(windows));
  }
  return {{"subject", fold.subject},
          {"device", fold.device},
          {"right", right},
          {"model_us", fold.model_us},
          {"features_us", fold.features_us}};
}

// Of the gate as tuned for agreement, over all joined sequences.
double DecideUs(std::span<const Fold> folds, const PolicyKind& gate) {
  timespec begin, end;
  size_t windows = 0;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  for (const Fold& fold : folds) {
    for (const WindowSequence& sequence : fold.held_out.sequences[kJoined]) {
      Replay(sequence, gate.make(-1, fold.trees).get());
      windows += sequence.size();
    }
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  return (static_cast<double>(end.tv_sec - begin.tv_sec) * 1e6 +
          static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e3) /
         static_cast<double>(windows);
}

// --- checks --------------------------------------------------------------

// What must hold whatever the data: run-all and oracle are always right, and
// run-all avoids nothing.
bool AreSound(const json& policies) {
  for (const json& policy : policies) {
    const std::string name = policy["policy"];
    if (name != "run all" && name != "oracle") continue;
    const json& only = policy["curve"][0];
    if (only["agreement"] != 1.0 || only["followed"] != 1.0 ||
        (name == "run all") != (only["avoided"] == 0.0)) {
      std::fprintf(stderr, "imu_reuse_bench: '%s' is not as it must be: %s\n",
                   name.c_str(), only.dump().c_str());
      return false;
    }
  }
  return true;
}

int Run(const std::string& folder, const Arguments& arguments) {
  const std::vector<Fold> folds = MakeFolds(folder, arguments.options);
  json result;
  for (const Fold& fold : folds) result["folds"].push_back(FoldJson(fold));
  result["model_multiplications"] = folds[0].multiplications;
  std::vector<PolicyKind> kinds = RivalsAndGate();
  for (const PolicyKind& kind : kinds) {
    if (kind.name == "sensor gate") result["decide_us"] = DecideUs(folds, kind);
  }
  if (arguments.options.ablation) kinds = GateWithoutParts();
  bool sound = true;
  for (const DwellKind dwell : {kNative, kJoined}) {
    json& policies = result["sequences"][kDwellNames[dwell]];
    for (const PolicyKind& kind : kinds) {
      policies.push_back(Measure(folds, dwell, kind));
    }
    sound &= AreSound(policies);
  }
  if (arguments.as_json) {
    std::printf("%s\n", result.dump(1).c_str());
  } else {
    Print(result);
  }
  return sound ? 0 : 1;
}

std::optional<Arguments> Parse(int argc, char** argv) {
  Arguments arguments;
  arguments.options.model.epochs = 40;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json") {
      arguments.as_json = true;
    } else if (argument == "--ablation") {
      arguments.options.ablation = true;
    } else if (argument == "--quick") {
      arguments.options.model.epochs = 4;
      arguments.options.trees = 10;
      arguments.options.depth = 3;
      arguments.options.sequences = 1;
    } else if (argument == "--sequences" && i + 1 < argc) {
      arguments.options.sequences = std::max(1, std::atoi(argv[++i]));
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

int Main(int argc, char** argv) {
  const auto arguments = Parse(argc, argv);
  if (!arguments) {
    std::fprintf(stderr,
                 "usage: %s [--quick] [--ablation] [--json] [--sequences N]\n",
                 argv[0]);
    return 2;
  }
  const std::string folder = testing::TestData("imu/har_sp_sw");
  if (folder.empty()) {
    std::fprintf(stderr,
                 "imu_reuse_bench: real recordings are absent; set "
                 "FOVEA_TEST_DATA to their folder\n");
    return 77;
  }
  try {
    return Run(folder, *arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "imu_reuse_bench: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
