// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two cameras that see one scene: bytes against two independent encodes, for
// the attention form and the predicted form, keyframes and GOPs; and which
// pairs are found among all recordings.
//
//   overlap_bench [--quick] [--json] [--frames N] [--crf A,B...]
//                 [--pairs NAME,...] [--find] [--data DIR]
//
// Pairs: scene30 scene50 scene75 pose12 pose34 euroc board aloe. --find: pair
// finding instead. --json: one object per line instead of text. --quick: one
// short pair, checked; exit 1 where the joint form does not take fewer bytes
// or loses agreement, 77 without recordings (models).

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/overlap_pair.h"
#include "bench/accuracy/judge.h"
#include "bench/overlap/pair_clip.h"
#include "bench/overlap/pair_finding.h"
#include "bench/overlap/pair_trial.h"
#include "nlohmann/json.hpp"

namespace fovea::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSkipped = 77;  // as test drivers understand it
constexpr PictureSize kSceneSize{960, 540};
constexpr size_t kLooks = 3;
constexpr size_t kLater = 6;    // frames
constexpr size_t kNearest = 3;  // candidates per stream, as the job takes

struct Settings {
  bool quick = false, json = false, find = false;
  int frames = 60;
  int every = 5;
  std::vector<double> crfs = {20, 24, 28, 32};
  std::vector<std::string> pairs = {"scene30", "scene50", "scene75", "pose12",
                                    "pose34",  "euroc",   "board",   "aloe"};
  std::vector<std::string> judges = {"fastestdet", "yolox"};
  std::string data;
};

std::vector<std::string> Numbered(const std::string& stem) {
  std::vector<std::string> paths;
  for (const int i : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14}) {
    paths.push_back(absl::StrFormat("%s%02d.jpg", stem, i));
  }
  return paths;
}

absl::StatusOr<PairClip> Load(const std::string& name,
                              const Settings& settings) {
  const std::string overlap = settings.data + "/overlap/";
  const std::string pose = overlap + "pose2sim_single/cam0";
  const std::string euroc =
      settings.data + "/camera_imu/euroc_v1_01_excerpt/mav0/cam";
  const std::string stills = overlap + "opencv_stereo_stills/";
  const int n = settings.frames;
  if (name == "scene30") return GeneratedPair(0.30, kSceneSize, n, 1);
  if (name == "scene50") return GeneratedPair(0.50, kSceneSize, n, 1);
  if (name == "scene75") return GeneratedPair(0.75, kSceneSize, n, 1);
  if (name == "pose12") {
    return RecordedPair(name, pose + "1.mp4", pose + "2.mp4", n, 2, 2);
  }
  if (name == "pose34") {
    return RecordedPair(name, pose + "3.mp4", pose + "4.mp4", n, 2, 2);
  }
  if (name == "euroc") {
    return RecordedPair(name, euroc + "0/data/*.png", euroc + "1/data/*.png", n,
                        1, 1);
  }
  if (name == "board") {
    return StillPairs(name, Numbered(stills + "left"),
                      Numbered(stills + "right"));
  }
  if (name == "aloe") {
    return StillPairs(name, {stills + "aloeL.jpg"}, {stills + "aloeR.jpg"});
  }
  return absl::InvalidArgumentError("no pair is called " + name);
}

// Looks spread over the clip, in index.
std::vector<PairLook> LooksOf(const PairClip& clip) {
  std::vector<PairLook> looks;
  const size_t frames = clip.first.size();
  for (size_t i = 0; i < std::min(kLooks, frames); ++i) {
    const size_t at = frames * i / kLooks;
    const size_t later = std::min(frames - 1, at + kLater);
    looks.push_back({clip.first[at], clip.first[later], clip.second[at],
                     clip.second[later]});
  }
  return looks;
}

void Print(const Settings& settings, const Json& json,
           const std::string& text) {
  std::printf("%s\n", settings.json ? json.dump().c_str() : text.c_str());
  std::fflush(stdout);
}

std::string Percent(const std::optional<double>& share) {
  return share ? absl::StrFormat("%+.1f %%", 100 * *share) : "none shared";
}

void PrintFinding(const Settings& settings, const PairClip& clip,
                  const PairFinding& finding) {
  Json json = {{"pair", clip.name},
               {"verified", finding.verified},
               {"why_not", finding.why_not},
               {"inliers", finding.inliers},
               {"inlier_share", finding.inlier_share},
               {"drift_px", finding.drift_px},
               {"motion_correlation", finding.motion_correlation},
               {"overlap", finding.mask.share()}};
  std::string text = absl::StrFormat(
      "%s: %s, overlap %.0f %%, %d inliers (%.0f %% of matches), drift %.1f px",
      clip.name, finding.verified ? "verified" : finding.why_not,
      100 * finding.mask.share(), finding.inliers, 100 * finding.inlier_share,
      finding.drift_px);
  if (clip.truth) {
    const PictureSize size{clip.camera.width, clip.camera.height};
    const double error =
        Drift(*clip.truth, finding.first_to_second, size, size);
    json["error_px"] = error;
    absl::StrAppendFormat(&text, ", %.1f px off the truth", error);
  }
  Print(settings, json, text);
}

void PrintPoint(const Settings& settings, const PairClip& clip, int gop,
                const PairPoint& point) {
  Json json = {{"pair", clip.name},
               {"gop_frames", gop},
               {"form", point.form},
               {"crf", point.crf},
               {"first_bytes", point.first_bytes},
               {"second_bytes", point.second_bytes},
               {"psnr_overlap", point.second.inside},
               {"psnr_kept", point.second.outside},
               {"judges", Json::array()}};
  std::string text = absl::StrFormat(
      "  %-14s crf %.0f  %8d + %8d bytes, overlap %.1f dB, else %.1f dB",
      point.form, point.crf, point.first_bytes, point.second_bytes,
      point.second.inside, point.second.outside);
  for (const Agreement& judge : point.agreements) {
    json["judges"].push_back({{"f1", judge.F1()},
                              {"soft", judge.Soft()},
                              {"found", judge.found},
                              {"missed", judge.missed},
                              {"extra", judge.extra}});
    absl::StrAppendFormat(&text, "  F1 %.3f soft %.3f", judge.F1(),
                          judge.Soft());
  }
  Print(settings, json, text);
}

void PrintResult(const Settings& settings, const PairClip& clip, int gop,
                 const FormResult& result) {
  const auto number = [](const std::optional<double>& share) {
    return share ? Json(*share) : Json();
  };
  Print(settings,
        {{"pair", clip.name},
         {"gop_frames", gop},
         {"form", result.form},
         {"bytes_at_equal_crf", result.same_crf},
         {"bytes_at_equal_soft", number(result.soft)},
         {"bytes_at_equal_f1", number(result.f1)},
         {"bytes_at_equal_psnr", number(result.psnr)}},
        absl::StrFormat("%s, %s, %-14s bytes of the pair: equal crf %+.1f %%, "
                        "equal soft agreement %s, equal F1 %s, equal PSNR %s",
                        clip.name, gop == 1 ? "keyframes" : "GOPs", result.form,
                        100 * result.same_crf, Percent(result.soft),
                        Percent(result.f1), Percent(result.psnr)));
}

using Judges = std::vector<std::unique_ptr<Judge>>;

absl::StatusOr<Judges> OpenJudges(const Settings& settings) {
  Judges judges;
  for (const std::string& name : settings.judges) {
    auto judge = OpenJudge(name, settings.data + "/models");
    if (!judge.ok()) return judge.status();
    judges.push_back(*std::move(judge));
  }
  return judges;
}

std::vector<Judge*> Pointers(const Judges& judges) {
  std::vector<Judge*> pointers;
  for (const auto& judge : judges) pointers.push_back(judge.get());
  return pointers;
}

absl::StatusOr<PairFinding> Find(const Settings& settings,
                                 const PairClip& clip) {
  auto finding = VerifyPair(LooksOf(clip), PairRules());
  if (finding.ok()) PrintFinding(settings, clip, *finding);
  return finding;
}

absl::Status Measure(const Settings& settings, const std::string& name,
                     const Judges& judges) {
  const auto clip = Load(name, settings);
  if (!clip.ok()) return clip.status();
  const auto finding = Find(settings, *clip);
  if (!finding.ok()) return finding.status();
  if (finding->mask.share() == 0) return absl::OkStatus();
  const bool stills = clip->camera.frame_rate == Rational{1, 1};
  for (const int gop : {60, 1}) {
    if (gop > 1 && stills) continue;  // they are no sequence
    TrialSettings trial;
    trial.crfs = settings.crfs;
    trial.every = stills ? 1 : settings.every;
    trial.gop_frames = gop;
    const auto points = RunPairTrial(*clip, finding->first_to_second,
                                     finding->mask, trial, Pointers(judges));
    if (!points.ok()) return points.status();
    for (const PairPoint& point : *points) {
      PrintPoint(settings, *clip, gop, point);
    }
    for (const FormResult& result : CompareForms(*points)) {
      PrintResult(settings, *clip, gop, result);
    }
  }
  return absl::OkStatus();
}

// --- pair finding ---------------------------------------------------------

const char* TruthName(PairTruth truth) {
  return truth == PairTruth::kOneScene ? "one scene"
         : truth == PairTruth::kOther  ? "other"
                                       : "unsaid";
}

int TruePairs(const std::vector<NamedView>& views) {
  int pairs = 0;
  for (size_t i = 0; i < views.size(); ++i) {
    for (size_t j = i + 1; j < views.size(); ++j) {
      pairs += TruthOf(views[i].name, views[j].name) == PairTruth::kOneScene;
    }
  }
  return pairs;
}

void PrintFound(const Settings& settings, const FoundPair& pair,
                const PairFinding& finding) {
  Print(settings,
        {{"first", pair.first},
         {"second", pair.second},
         {"truth", TruthName(pair.truth)},
         {"verified", finding.verified},
         {"why_not", finding.why_not},
         {"distance", pair.distance},
         {"overlap", finding.mask.share()},
         {"inliers", finding.inliers},
         {"inlier_share", finding.inlier_share},
         {"motion_correlation", finding.motion_correlation}},
        absl::StrFormat("%-16s %-16s %-9s %s (distance %.2f, %d inliers)",
                        pair.first, pair.second, TruthName(pair.truth),
                        finding.verified ? "found" : finding.why_not,
                        pair.distance, finding.inliers));
}

// How many are found, and rightly, where so many inliers are asked for.
void PrintRates(const Settings& settings, const std::vector<FoundPair>& found,
                size_t rule, int least_inliers, int wanted) {
  int candidates = 0, right = 0, wrong = 0;
  for (const FoundPair& pair : found) {
    const bool verified = pair.findings[rule].verified;
    const bool true_one = pair.truth == PairTruth::kOneScene;
    candidates += true_one;
    right += true_one && verified;
    wrong += pair.truth == PairTruth::kOther && verified;
  }
  const auto share = [](int part, int whole) {
    return whole > 0 ? static_cast<double>(part) / whole : 1;
  };
  Print(settings,
        {{"least_inliers", least_inliers},
         {"pairs_looked_at", found.size()},
         {"true_pairs", wanted},
         {"candidate_recall", share(candidates, wanted)},
         {"recall", share(right, wanted)},
         {"precision", share(right, right + wrong)}},
        absl::StrFormat("%2d inliers at least: of %d pairs looked at, %d of %d "
                        "true ones, %d are found (recall %.2f), %d others "
                        "(precision %.2f)",
                        least_inliers, found.size(), candidates, wanted, right,
                        share(right, wanted), wrong,
                        share(right, right + wrong)));
}

absl::Status FindAll(const Settings& settings) {
  const auto views = LoadViews(settings.data);
  if (!views.ok()) return views.status();
  std::vector<PairRules> rules(1);
  rules[0].homography.longest_side = 640;  // minutes, not an hour
  for (const int least : {6, 8, 12, 16, 32, 48, 64, 96}) {
    rules.push_back(rules[0]);
    rules.back().least_inliers = least;
  }
  const auto found = FindPairs(*views, rules, kNearest);
  if (!found.ok()) return found.status();
  for (const FoundPair& pair : *found) {
    const PairFinding& finding = pair.findings[0];
    if (pair.truth != PairTruth::kOneScene && !finding.verified) continue;
    PrintFound(settings, pair, finding);
  }
  for (size_t i = 0; i < rules.size(); ++i) {
    PrintRates(settings, *found, i, rules[i].least_inliers, TruePairs(*views));
  }
  return absl::OkStatus();
}

// --- quick ----------------------------------------------------------------

constexpr double kQuickSaving = 0.12;  // of the pair, at equal crf
constexpr double kQuickLoss = 0.10;    // of F1, against independent coding
constexpr double kQuickError = 10;     // px off the truth, of 640

absl::Status Quick(const Settings& settings) {
  const auto judges = OpenJudges(settings);
  if (!judges.ok()) return judges.status();
  const auto clip = GeneratedPair(0.5, {640, 360}, 24, 1);
  if (!clip.ok()) return clip.status();
  const auto finding = Find(settings, *clip);
  if (!finding.ok()) return finding.status();
  const PictureSize size{640, 360};
  const double error =
      Drift(*clip->truth, finding->first_to_second, size, size);
  if (!finding->verified || error > kQuickError) {
    return absl::InternalError(
        absl::StrCat("the pair is not found: ", finding->why_not, ", ", error,
                     " px off the truth"));
  }
  TrialSettings trial;
  trial.crfs = {22};
  trial.offsets = {12};
  trial.predicted = false;
  trial.floor = false;
  trial.every = 6;
  const auto points = RunPairTrial(*clip, finding->first_to_second,
                                   finding->mask, trial, Pointers(*judges));
  if (!points.ok()) return points.status();
  for (const PairPoint& point : *points) PrintPoint(settings, *clip, 60, point);
  const PairPoint& alone = points->front();
  const PairPoint& joint = points->back();
  if (joint.bytes() > (1 - kQuickSaving) * alone.bytes()) {
    return absl::InternalError(absl::StrCat(joint.bytes(), " bytes, but ",
                                            alone.bytes(), " by themselves"));
  }
  for (size_t i = 0; i < joint.agreements.size(); ++i) {
    const double loss = alone.agreements[i].F1() - joint.agreements[i].F1();
    if (loss > kQuickLoss) {
      return absl::InternalError(
          absl::StrCat("judge ", settings.judges[i], " loses ", loss));
    }
  }
  return absl::OkStatus();
}

absl::Status Run(const Settings& settings) {
  if (settings.quick) return Quick(settings);
  if (settings.find) return FindAll(settings);
  const auto judges = OpenJudges(settings);
  if (!judges.ok()) return judges.status();
  for (const std::string& name : settings.pairs) {
    absl::Status status = Measure(settings, name, *judges);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Settings settings;
  const char* root = std::getenv("FOVEA_TEST_DATA");
  settings.data = root != nullptr ? root : FOVEA_DEFAULT_TEST_DATA;
  CLI::App app("Overlapping cameras: bytes and pairs", "overlap_bench");
  app.add_flag("--quick", settings.quick, "one short pair, checked");
  app.add_flag("--json", settings.json, "one object per line");
  app.add_flag("--find", settings.find, "which pairs are found");
  app.add_option("--frames", settings.frames, "of each pair");
  app.add_option("--every", settings.every, "judge every n-th frame");
  app.add_option("--crf", settings.crfs, "rates")->delimiter(',');
  app.add_option("--pairs", settings.pairs, "which ones")->delimiter(',');
  app.add_option("--judges", settings.judges, "who judges")->delimiter(',');
  app.add_option("--data", settings.data, "folder of recordings and models");
  CLI11_PARSE(app, argc, argv);
  if (!std::filesystem::is_directory(settings.data)) {
    std::printf("skipped: no recordings at %s\n", settings.data.c_str());
    return kSkipped;
  }
  const absl::Status status = Run(settings);
  if (status.ok()) return 0;
  std::fprintf(stderr, "overlap_bench: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
