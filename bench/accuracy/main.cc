// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea-bench: programs of measurement behind one command.
//
//   fovea-bench accuracy --clips ua,tc --judges fastestdet,yolox ...
//
// Bytes against agreement of detectors with themselves, per policy, as
// points.jsonl (resumable), report.json, report.md and curves.json in --out.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "bench/accuracy/judge.h"
#include "bench/accuracy/points.h"
#include "bench/accuracy/policy.h"
#include "bench/accuracy/quick.h"
#include "bench/accuracy/report.h"
#include "bench/accuracy/results.h"
#include "bench/accuracy/runner.h"

namespace fovea::bench {
namespace {

constexpr int kSkipped = 77;  // as test drivers understand it

struct Settings {
  std::vector<std::string> clips = {"ua", "tc", "dc", "gp"};
  std::vector<std::string> judges = {"fastestdet", "yolox"};
  std::string policies = "grid,rivals";
  std::vector<double> crfs = {18, 22, 26, 30, 34};
  int frames = 0;
  int every = 0;
  int jobs = 1;
  bool quick = false;
  bool report_only = false;
  std::string out = "accuracy";
  std::string data;
  std::string sensitivities = ".";
  uint64_t seed = 1;
};

absl::StatusOr<Campaign> CampaignOf(const Settings& settings) {
  Campaign campaign;
  for (const std::string& name : settings.clips) {
    campaign.clips.push_back(
        ChooseClip(name, settings.data, settings.frames, settings.every));
  }
  // The default setting is always there: it is one of the references.
  auto policies = ParsePolicies(
      std::string(kDefaultPlain) + "," + settings.policies, settings.judges);
  if (!policies.ok()) return policies.status();
  campaign.policies = *std::move(policies);
  for (Policy& policy : campaign.policies) {
    policy.folder = settings.sensitivities;
  }
  campaign.judges = settings.judges;
  campaign.crfs = settings.crfs;
  campaign.models = settings.data + "/models";
  campaign.jobs = settings.jobs;
  return campaign;
}

void Say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

absl::Status Report(const Campaign& campaign, const PointFile& file,
                    const Settings& settings) {
  const auto points = PointsOf(campaign, file);
  if (!points.ok()) return points.status();
  const auto judges = DescribeJudges(campaign.judges, campaign.models);
  if (!judges.ok()) return judges.status();
  const Results results(*points, campaign.crfs, *judges, settings.seed);
  absl::Status status = WriteReport(MakeReport(results), settings.out);
  if (status.ok()) std::printf("%s/report.md\n", settings.out.c_str());
  return status;
}

absl::Status Accuracy(Settings settings) {
  auto campaign =
      settings.quick ? QuickCampaign(settings.data) : CampaignOf(settings);
  if (!campaign.ok()) return campaign.status();
  if (settings.quick) {
    // The gate measures this build, not what an older one left.
    settings.out += "/quick";
    std::error_code ignored;
    std::filesystem::remove_all(settings.out, ignored);
  }
  auto file = PointFile::Open(settings.out, settings.report_only
                                                ? PointFile::Mode::kRead
                                                : PointFile::Mode::kWrite);
  if (!file.ok()) return file.status();
  absl::Status status = absl::OkStatus();
  if (!settings.report_only) {
    status = RunCampaign(*campaign, file->get(), Say);
  }
  if (!status.ok()) return status;
  status = Report(*campaign, **file, settings);
  if (settings.quick) status.Update(CheckQuick(*campaign, **file));
  return status;
}

std::string DataFolder() {
  const char* root = std::getenv("FOVEA_TEST_DATA");
  return root != nullptr ? root : FOVEA_DEFAULT_TEST_DATA;
}

int Main(int argc, char** argv) {
  CLI::App app("Measurements behind one command", "fovea-bench");
  app.require_subcommand(1);
  Settings settings;
  settings.data = DataFolder();
  CLI::App* verb =
      app.add_subcommand("accuracy", "bytes against what detectors still see");
  verb->add_option("--clips", settings.clips, "ua, tc, dc, gp or paths")
      ->delimiter(',');
  verb->add_option("--judges", settings.judges,
                   "fastestdet, yolox, yolo-fastest, face")
      ->delimiter(',');
  verb->add_option("--policies", settings.policies,
                   "grid, grid-c0, rivals, boxes-c0, or policies such as "
                   "boxes/yolox/+8/c0 or sensitivity/=NAME/k0.5");
  verb->add_option("--sensitivities", settings.sensitivities,
                   "folder of NAME.CLIP.fsen for sensitivity/=NAME");
  verb->add_option("--crf", settings.crfs, "rates, at least two")
      ->delimiter(',');
  verb->add_option("--frames", settings.frames, "of each clip");
  verb->add_option("--every", settings.every, "score every n-th frame");
  verb->add_option("--jobs", settings.jobs, "trials at a time")
      ->check(CLI::Range(1, 64));
  verb->add_option("--out", settings.out, "folder of the results");
  verb->add_option("--data", settings.data, "folder of clips and models");
  verb->add_option("--seed", settings.seed, "of the bootstrap");
  verb->add_flag("--quick", settings.quick,
                 "two short clips, results checked; only --out and --data "
                 "count");
  verb->add_flag("--report-only", settings.report_only,
                 "run nothing, report what is there");
  CLI11_PARSE(app, argc, argv);
  if (settings.quick && !std::filesystem::is_directory(settings.data)) {
    std::printf("skipped: no recordings at %s\n", settings.data.c_str());
    return kSkipped;
  }
  if (absl::Status status = Accuracy(settings); !status.ok()) {
    std::fprintf(stderr, "fovea-bench: %s\n",
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
