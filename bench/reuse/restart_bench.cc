// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a store knows of footage that comes again: how often a model still has
// to be run, and whether what it is said to have said is what it says. Before
// each step the store is closed and opened anew.
//
//   restart_bench [--quick] [--json] [--max-error E] [--loss LOSS] [--data DIR]
//
// The target is 5 % of counts. --quick: one clip, the shortest in which any
// answer comes to be trusted for that.
//
// Of each clip:
//
//   first      held and reused answers, nothing known before
//   again      the same clip under another name
//   near-cold  the clip coded anew at another quality, from its eighth frame
//              on, in a store that knows nothing
//   near-warm  the same beside the clip
//   upgrade    the same clip, and the model with another threshold
//
//   run, held  share of the frames the model was run on, or whose answer is
//              the last one
//   later      likewise of the run, behind the warm-up in which every frame
//              is run because no threshold has passed yet; -: nothing is
//   stored     share of those answered from the store: copied, or from the
//              cache
//   agree      share of frames whose answer is as good as what the model says
//              (by the loss), which it was asked about every frame
//   wrong      boxes in the store that the model did not say about the frame
//              whose answer was given
//   stale      answers that rest on a frame this very model was not run on
//
// Fails where anything is wrong or stale, or less than 95 % of a clip that came
// again is answered from the store; never on time.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "api/decision_book.h"
#include "api/gop_reader.h"
#include "api/model_folder.h"
#include "api/run_model.h"
#include "api/store.h"
#include "bench/recording.h"
#include "index/observation_reader.h"
#include "nlohmann/json.hpp"
#include "sensitivity/answer_loss.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using nlohmann::json;
using testing::TempDir;

constexpr double kLeastStored = 0.95;
constexpr int kSkipped = 77;
constexpr int kNearFrom = 7;  // no clip has a GOP that begins there

struct Clip {
  const char* name;
  const char* path;
  int frames;        // 0: all
  const char* kept;  // how the first of them are kept as they are
};
constexpr Clip kClips[] = {
    {"bottle", "video/intel_bottle-detection.mp4", 0, "mp4"},
    {"car", "video/intel_car-detection.mp4", 0, "mp4"},
    {"vtest", "video/opencv_vtest.avi", 200, "avi"},
};
constexpr size_t kQuickClip = 1;

template <typename T>
T Need(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "restart_bench: %s\n",
               std::string(value.status().message()).c_str());
  std::exit(1);
}

void Need(const absl::Status& status) {
  Need(status.ok() ? absl::StatusOr<bool>(true) : absl::StatusOr<bool>(status));
}

struct Row {
  std::string clip, step;
  int64_t frames = 0, run = 0, held = 0, copied = 0, cached = 0, agreeing = 0;
  int64_t wrong = 0, stale = 0;
  int64_t warm_up = 0;  // runs because nothing was certified yet

  double Share(int64_t part) const {
    return frames == 0
               ? 0
               : static_cast<double>(part) / static_cast<double>(frames);
  }
  // Of the frames behind the warm-up, how many were run; none: nothing is.
  std::optional<double> later() const {
    if (frames <= warm_up) return std::nullopt;
    return static_cast<double>(run - warm_up) /
           static_cast<double>(frames - warm_up);
  }
  double stored() const { return Share(copied + cached); }
};

// A store that is closed and opened, and what models say of its frames when
// they are asked about every one.
class Lab {
 public:
  Lab(const std::string& path, const ReuseOptions& reuse)
      : path_(path), reuse_(reuse) {
    Restart();
  }

  void Restart() {
    store_.reset();
    StoreOptions options;
    options.path = path_;
    options.create = true;
    store_ = Need(Store::Open(options));
  }

  void Ingest(const std::string& file, const std::string& name) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.motion = false;
    IngestObserver silent;
    Need(store_->Ingest(file, options, &silent, nullptr).status());
  }

  Row Run(Model* model, const std::string& stream);

  // What models said so far: another one comes.
  void Forget() { truth_.clear(); }

 private:
  struct Place {
    StreamId stream = 0;
    uint64_t index = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Given {
    Place source;  // the frame whose answer it is
    bool run = false;
  };

  void Truth(Model* model, const StreamSummary& stream);
  void ReadGiven(const ModelKey& model);
  Given SourceOf(Place place) const;
  int64_t WrongBoxes(const ModelKey& model, StreamId stream) const;
  bool IsSaid(const ObservedBox& box, Place source) const;

  const std::string path_;
  const ReuseOptions& reuse_;
  std::unique_ptr<Store> store_;
  std::map<Place, Answer> truth_;        // of the model under way
  std::map<Place, Decision> decisions_;  // likewise
};

void Lab::Truth(Model* model, const StreamSummary& stream) {
  const GopReader reader(store_->chunks(), &stream.description);
  const ColorInfo color = stream.description.camera.color;
  Need(FrameIndex(store_->chunks())
           .ForEachGop(stream.id, [&](const GopRef& gop) {
             Need(reader.Frames(gop, [&](uint32_t rank, const Frame& frame) {
               truth_[{stream.id, gop.first_index + rank}] =
                   Need(model->Infer(frame, color));
               return true;
             }));
             return true;
           }));
}

void Lab::ReadGiven(const ModelKey& model) {
  decisions_.clear();
  for (const StreamSummary& stream : Need(store_->Streams())) {
    Need(ReadDecisions(store_->chunks(), {stream.id, model},
                       [&](const DecidedInput& input) {
                         decisions_[{stream.id, input.index}] = input.decision;
                         return true;
                       }));
  }
}

// Follows what was given back to the run it comes from.
Lab::Given Lab::SourceOf(Place place) const {
  for (size_t steps = 0; steps <= decisions_.size(); ++steps) {
    const auto known = decisions_.find(place);
    if (known == decisions_.end()) return {place, false};
    const Decision& decision = known->second;
    const bool given = decision.kind == DecisionKind::kHold ||
                       decision.kind == DecisionKind::kReuse;
    if (!given || decision.shadowed) {
      return {place, given || decision.kind == DecisionKind::kRun};
    }
    place = {decision.reference_stream, decision.reference_index};
  }
  return {place, false};
}

bool Lab::IsSaid(const ObservedBox& box, Place source) const {
  const auto answer = truth_.find(source);
  if (answer == truth_.end()) return false;
  const auto near = [](int32_t a, int32_t b) { return std::abs(a - b) <= 1; };
  return std::ranges::any_of(
      answer->second.detections, [&](const Detection& said) {
        const ObservedBox same =
            ToObservedBox(box.index, box.time_ns, said.left, said.top,
                          said.right, said.bottom, said.score);
        return near(same.left, box.left) && near(same.top, box.top) &&
               near(same.right, box.right) && near(same.bottom, box.bottom) &&
               near(same.score, box.score);
      });
}

int64_t Lab::WrongBoxes(const ModelKey& model, StreamId stream) const {
  int64_t wrong = 0;
  Need(VisitObservations(
      store_->chunks(), {stream}, [&](const Observation& seen) {
        if (seen.model != model) return true;
        for (const ObservedBox& box : seen.boxes) {
          wrong += !IsSaid(box, SourceOf({stream, box.index}).source);
        }
        return true;
      }));
  return wrong;
}

Row Lab::Run(Model* model, const std::string& name) {
  Restart();
  RunOptions options;
  options.models = {model};
  options.every = 1;
  options.reuse = reuse_;
  const RunReport report =
      Need(RunModels(store_.get(), name, options, nullptr, nullptr));
  const ModelRun& run = report.models.front();
  const StreamSummary stream = Need(store_->Describe(name));
  const ModelKey& key = model->description().id.digest;
  Truth(model, stream);
  ReadGiven(key);
  Row row;
  row.step = name;
  row.frames = report.frames;
  row.run = run.inferences;
  row.copied = run.copied;
  row.held = run.reuse->held;
  row.warm_up = run.reuse->audit.warm_up_runs;
  row.cached = run.reuse->reused;
  for (uint64_t i = 0; i < static_cast<uint64_t>(row.frames); ++i) {
    const Given given = SourceOf({stream.id, i});
    const auto answer = truth_.find(given.source);
    if (!given.run || answer == truth_.end()) {
      ++row.stale;
      continue;
    }
    row.agreeing += !Differs(truth_.at({stream.id, i}), answer->second,
                             model->card(), reuse_.loss);
  }
  row.wrong = WrongBoxes(key, stream.id);
  return row;
}

// Its folder, with another threshold where one is given.
std::string InstallModel(const std::string& data, const std::string& folder,
                         const std::string& threshold) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  fs::copy(data + "/models/FastestDet.onnx", folder + "/FastestDet.onnx");
  fs::copy(data + "/models/coco.names", folder + "/coco.names");
  const auto card =
      testing::ReadFileBytes(std::string(FOVEA_CARDS) + "/fastestdet.yaml");
  testing::WriteFileText(
      folder + "/model.yaml",
      absl::StrReplaceAll(std::string(card.begin(), card.end()),
                          {{"threshold: 0.6", "threshold: " + threshold}}));
  return folder;
}

std::unique_ptr<Model> Opened(const std::string& folder) {
  return Need(OpenModel(folder, "", NetworkOptions{.gradients = false}));
}

std::vector<Row> Measure(const Clip& clip, const std::string& data,
                         const ReuseOptions& reuse) {
  const TempDir dir;
  const std::string source = absl::StrCat(data, "/", clip.path);
  const std::string whole = dir.File(absl::StrCat("clip.", clip.kept));
  const std::string near = dir.File("near.mp4");
  const std::string first_frames =
      clip.frames > 0 ? absl::StrCat(" -frames:v ", clip.frames) : "";
  testing::Ffmpeg(absl::StrCat("-v error -i ", source, " -an -c copy",
                               first_frames, " ", whole));
  testing::Ffmpeg(absl::StrCat(
      "-v error -i ", whole, " -vf trim=start_frame=", kNearFrom,
      ",setpts=PTS-STARTPTS -c:v libx264 -crf 30 -preset veryfast ", near));
  const auto model = Opened(InstallModel(data, dir.File("model"), "0.6"));
  std::vector<Row> rows;
  {
    Lab cold(dir.File("cold"), reuse);
    cold.Ingest(near, "near-cold");
    rows.push_back(cold.Run(model.get(), "near-cold"));
  }
  Lab lab(dir.File("store"), reuse);
  lab.Ingest(whole, "first");
  rows.insert(rows.begin(), lab.Run(model.get(), "first"));
  lab.Ingest(whole, "again");
  rows.insert(rows.begin() + 1, lab.Run(model.get(), "again"));
  lab.Ingest(near, "near-warm");
  rows.push_back(lab.Run(model.get(), "near-warm"));
  const auto upgrade = Opened(InstallModel(data, dir.File("upgrade"), "0.5"));
  lab.Forget();
  rows.push_back(lab.Run(upgrade.get(), "again"));
  rows.back().step = "upgrade";
  for (Row& row : rows) row.clip = clip.name;
  return rows;
}

bool IsMet(const Row& row) {
  if (row.wrong > 0 || row.stale > 0) return false;
  if (row.step == "upgrade") return row.copied == 0;
  return row.step != "again" || row.stored() >= kLeastStored;
}

std::string LaterText(const Row& row) {
  const std::optional<double> later = row.later();
  return later ? absl::StrFormat("%.1f", 100 * *later) : "-";
}

void Print(const Row& row) {
  std::printf(
      "| %s | %s | %lld | %.1f | %s | %.1f | %.1f | %.1f | %.1f | %lld | "
      "%lld |%s\n",
      row.clip.c_str(), row.step.c_str(), static_cast<long long>(row.frames),
      100 * row.Share(row.run), LaterText(row).c_str(),
      100 * row.Share(row.held), 100 * row.stored(),
      100 * row.Share(row.copied), 100 * row.Share(row.agreeing),
      static_cast<long long>(row.wrong), static_cast<long long>(row.stale),
      IsMet(row) ? "" : " MISSED");
  std::fflush(stdout);
}

json JsonOf(const Row& row) {
  return {{"clip", row.clip},         {"step", row.step},
          {"frames", row.frames},     {"run", row.run},
          {"warm_up", row.warm_up},   {"held", row.held},
          {"cached", row.cached},     {"copied", row.copied},
          {"agreeing", row.agreeing}, {"wrong_boxes", row.wrong},
          {"stale", row.stale},       {"met", IsMet(row)}};
}

int Main(int argc, char** argv) {
  CLI::App app("What a store knows of footage that comes again",
               "restart_bench");
  std::string data = ChooseRecordings({}, {""}).front();
  bool quick = false, as_json = false;
  app.add_flag("--quick", quick, "one clip alone");
  app.add_flag("--json", as_json, "one document instead of the table");
  double max_error = ReuseOptions().max_error;
  std::string loss = AnswerLossName(AnswerLoss::kCounts);
  app.add_option("--max-error", max_error,
                 "share of answers that may be wrong");
  app.add_option("--loss", loss, "labels, counts or boxes");
  app.add_option("--data", data, "folder of clips and models");
  CLI11_PARSE(app, argc, argv);
  ReuseOptions reuse;
  reuse.max_error = max_error;
  const auto chosen = ParseAnswerLoss(loss);
  if (!chosen || !CheckReuseOptions(reuse).ok()) {
    std::fprintf(stderr, "restart_bench: no such loss or target\n");
    return 2;
  }
  reuse.loss = *chosen;
  if (!testing::HasFfmpeg() ||
      !std::filesystem::exists(data + "/models/FastestDet.onnx")) {
    std::fprintf(stderr,
                 "restart_bench: needs ffmpeg and recordings; set "
                 "FOVEA_TEST_DATA to their folder\n");
    return kSkipped;
  }
  if (!as_json) {
    std::printf(
        "| clip | step | frames | run %% | later %% | held %% | stored %% | "
        "copied %% | agree %% | wrong | stale |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n");
  }
  json document = json::array();
  bool met = true;
  for (size_t i = 0; i < std::size(kClips); ++i) {
    if (quick && i != kQuickClip) continue;
    for (const Row& row : Measure(kClips[i], data, reuse)) {
      met = met && IsMet(row);
      if (!as_json) Print(row);
      document.push_back(JsonOf(row));
    }
  }
  if (as_json) std::printf("%s\n", document.dump(2).c_str());
  return met ? 0 : 1;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
