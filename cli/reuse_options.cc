// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/reuse_options.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/whole_file.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

// CLI::Range() lets pass what is no number.
CLI::Validator Accepting(bool (*accepts)(double), const char* expected) {
  return CLI::Validator(
      [accepts, expected](const std::string& text) -> std::string {
        double value = 0;
        if (absl::SimpleAtod(text, &value) && accepts(value)) return "";
        return absl::StrCat("expected ", expected, ", found ", text);
      },
      "");
}

std::vector<std::string> GateNames() {
  std::vector<std::string> names;
  for (const GateKind kind : kGateKinds) names.push_back(GateKindName(kind));
  return names;
}

}  // namespace

CLI::Validator ConfidenceCheck() {
  return Accepting([](double p) { return p > 0 && p < 1; },
                   "more than 0 and less than 1");
}

CLI::Validator ShareCheck() {
  return Accepting([](double share) { return share >= 0 && share <= 1; },
                   "a share of 0 to 1");
}

CLI::Validator PositiveShareCheck() {
  return Accepting([](double share) { return share > 0 && share <= 1; },
                   "a share above 0, to 1");
}

void AddReuseOptions(CLI::App* verb, ReuseArguments* arguments) {
  CLI::Option* error = verb->add_option(
      "--max-error", arguments->max_error,
      "Run models only on frames whose answer is not known; of the answers "
      "held or reused instead at most this share may be wrong, 0 to 1. An "
      "ingest then looks at every frame; docs/REUSE.md");
  error->check(ShareCheck())->type_name("SHARE");
  verb->add_option("--confidence", arguments->confidence,
                   "With which that is so")
      ->check(ConfidenceCheck())
      ->needs(error)
      ->type_name("P")
      ->capture_default_str();
  verb->add_option("--loss", arguments->loss,
                   "What makes an answer wrong: other labels, other counts of "
                   "them, or boxes of an F1 below 0.9")
      ->check(CLI::IsMember({"labels", "counts", "boxes"}))
      ->needs(error)
      ->capture_default_str();
  AddDurationOption(verb, "--blind-time", &arguments->blind_ns,
                    "Run at least so often, whatever is known (2s; 30s "
                    "of sensor windows)")
      ->needs(error);
  verb->add_option("--audit-seed", arguments->seed,
                   "Of the coin that chooses which answers are checked")
      ->needs(error)
      ->capture_default_str();
  verb->add_flag("--no-cache", arguments->no_cache,
                 "Hold answers, but reuse none of other streams and days")
      ->needs(error);
  CLI::Option* gate =
      verb->add_option("--gate", arguments->gate,
                       "What tells whether an answer still holds: the grid, or "
                       "how much the picture differs from the one last run")
          ->check(CLI::IsMember(GateNames()))
          ->needs(error)
          ->capture_default_str();
  verb->add_option("--filter", arguments->filter,
                   "What 'fovea learn filter' learnt of this stream")
      ->needs(error)
      ->excludes(gate)
      ->type_name("FILE");
}

absl::StatusOr<std::optional<ReuseOptions>> ReuseOptionsOf(
    const ReuseArguments& arguments) {
  if (!arguments.max_error && !arguments.offline) return std::nullopt;
  ReuseOptions options;
  options.max_error = arguments.max_error.value_or(options.max_error);
  options.confidence = arguments.confidence;
  options.loss = ParseAnswerLoss(arguments.loss).value_or(options.loss);
  options.blind_ns = arguments.blind_ns.value_or(options.blind_ns);
  options.seed = arguments.seed;
  options.gate = ParseGateKind(arguments.gate).value_or(options.gate);
  options.use_cache = !arguments.no_cache;
  options.offline = arguments.offline;
  if (absl::Status s = CheckReuseOptions(options); !s.ok()) return s;
  if (!arguments.filter.empty()) {
    const auto bytes =
        ReadWholeFile(arguments.filter, ReusePredictor::kMostText);
    if (!bytes.ok()) return bytes.status();
    auto predictor =
        ReusePredictor::Parse(std::string(bytes->begin(), bytes->end()));
    if (!predictor.ok()) {
      return absl::Status(
          predictor.status().code(),
          absl::StrCat(arguments.filter, ": ", predictor.status().message(),
                       "; 'fovea learn filter' writes such files"));
    }
    options.predictor = *std::move(predictor);
  }
  return options;
}

}  // namespace fovea::cli
