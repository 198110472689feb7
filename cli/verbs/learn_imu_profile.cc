// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea learn imu-profile X... [-o FILE] [--keep]: what blocks of a device's
// inertial samples need not say each time.

#include "api/learn_imu_profile.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/whole_file.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct ImuProfileArguments {
  LearnImuProfileOptions options;
  RangeArguments range;
  std::string output;
  bool keep = false;
};

std::string IdText(uint32_t id) {
  return absl::StrCat(absl::Hex(id, absl::kZeroPad8));
}

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

Json LearntJson(const ImuProfileArguments& arguments,
                const LearntImuProfile& learnt) {
  Json document = Document("learn.imu-profile");
  document["id"] = IdText(learnt.id);
  document["device"] = learnt.metadata.device;
  document["channels"] = Json::array();
  for (const Channel& channel : learnt.metadata.channels) {
    document["channels"].push_back(
        {{"name", channel.name}, {"unit", channel.unit}});
  }
  document["bytes"] = learnt.bytes.size();
  document["rows"] = learnt.rows;
  document["pieces"] = learnt.pieces;
  document["held_out"] = {{"rows", learnt.held_out_rows},
                          {"bytes_without", learnt.held_out_bytes_without},
                          {"bytes_with", learnt.held_out_bytes_with}};
  document["file"] = nullptr;
  if (!arguments.output.empty()) document["file"] = arguments.output;
  document["kept"] = arguments.keep;
  return document;
}

std::string SavingText(const LearntImuProfile& learnt) {
  if (learnt.held_out_rows == 0) return "unknown: too little to hold out";
  return absl::StrFormat(
      "%.2f bytes a row without, %.2f with one of the earlier halves (%.1f %% "
      "less), over %s",
      Share(learnt.held_out_bytes_without, learnt.held_out_rows),
      Share(learnt.held_out_bytes_with, learnt.held_out_rows),
      100 - 100 * Share(learnt.held_out_bytes_with,
                        learnt.held_out_bytes_without),
      FormatCount(learnt.held_out_rows, "row"));
}

std::string LearntText(const ImuProfileArguments& arguments,
                       const LearntImuProfile& learnt) {
  FactList facts;
  facts.Add("profile", absl::StrCat(IdText(learnt.id), ", ",
                                    learnt.bytes.size(), " bytes"));
  facts.Add("device", learnt.metadata.device);
  facts.Add("learned from",
            absl::StrCat(FormatCount(learnt.rows, "row"), " of ",
                         learnt.metadata.channels.size(), " channels in ",
                         FormatCount(learnt.pieces, "piece")));
  facts.Add("later halves", SavingText(learnt));
  facts.Add("file", arguments.output);
  facts.Add("kept", arguments.keep
                        ? absl::StrCat("for what '", learnt.metadata.device,
                                       "' is yet to record")
                        : std::string());
  return facts.Render();
}

absl::StatusOr<int> RunLearnImuProfile(const Context& context,
                                       ImuProfileArguments arguments) {
  CatchInterrupts();
  std::unique_ptr<Store> store;
  if (!context.store.empty()) {
    auto opened = OpenStore(
        context, arguments.keep ? StoreMode::kCreate : StoreMode::kRead);
    if (!opened.ok()) return opened.status();
    store = *std::move(opened);
  }
  arguments.options.range = arguments.range.range();
  FrameProgress progress("learn", context.no_progress, context.color, "rows");
  const auto learnt = LearnImuProfile(store.get(), arguments.options,
                                      progress.callback(), StopFlag());
  progress.Clear();
  if (!learnt.ok()) return learnt.status();
  if (arguments.keep) {
    absl::Status kept = KeepImuProfile(store.get(), *learnt);
    if (!kept.ok()) return kept;
  }
  if (!arguments.output.empty()) {
    absl::Status written = WriteWholeFile(arguments.output, learnt->bytes);
    if (!written.ok()) return written;
  }
  if (context.json) {
    WriteJson(LearntJson(arguments, *learnt));
  } else {
    WriteResult(LearntText(arguments, *learnt));
  }
  return kExitOk;
}

void SettleArguments(const Context& context,
                     const ImuProfileArguments& arguments) {
  if (arguments.output.empty() && !arguments.keep) {
    throw CLI::ValidationError("--output",
                               "expected --output FILE, --keep or both");
  }
  if (arguments.keep && context.store.empty()) {
    throw CLI::ValidationError("--keep", "needs --store DIR");
  }
}

}  // namespace

void AddLearnImuProfile(CLI::App* learn, Context* context) {
  auto arguments = std::make_shared<ImuProfileArguments>();
  LearnImuProfileOptions& options = arguments->options;
  CLI::App* verb = AddVerb(
      learn, context, "imu-profile",
      "What is alike in all that an inertial sensor records: makes blocks of "
      "the same device smaller; writes a file for --imu-profile of ingest",
      StoreNeed::kOptional,
      [context, arguments] { return RunLearnImuProfile(*context, *arguments); },
      [context, arguments] { SettleArguments(*context, *arguments); });
  verb->add_option("source", options.sources,
                   "Imu streams of the store, or recordings, of one device")
      ->type_name("X")
      ->required();
  verb->add_option("-o,--output", arguments->output, "File to write")
      ->type_name("FILE");
  verb->add_flag("--keep", arguments->keep,
                 "Let the store use it for what the device is yet to record");
  verb->add_option("--device", options.device,
                   "What recorded the sources (default: what they say)")
      ->type_name("NAME");
  verb->add_option("--track", options.track,
                   "Of recordings with several imu tracks: the one, by its "
                   "name in 'fovea info'")
      ->type_name("TRACK");
  verb->add_option("--most-rows", options.most_rows,
                   "Learn from so many rows at most")
      ->check(CLI::Range(1000, 100'000'000))
      ->type_name("N")
      ->capture_default_str();
  AddRangeOptions(verb, &arguments->range);
}

}  // namespace fovea::cli
