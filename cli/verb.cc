// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/verb.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "api/byte_size.h"
#include "api/time_text.h"
#include "cli/error_text.h"
#include "cli/terminal.h"

namespace fovea::cli {
namespace {

using TimeParser = absl::StatusOr<int64_t> (*)(const std::string&);

CLI::Option* AddParsedTime(CLI::App* verb, const std::string& names,
                           std::optional<int64_t>* target,
                           const std::string& description, TimeParser parse) {
  return verb
      ->add_option_function<std::string>(
          names,
          [names, target, parse](const std::string& text) {
            const auto ns = parse(text);
            if (!ns.ok()) {
              throw CLI::ValidationError(names,
                                         std::string(ns.status().message()));
            }
            *target = *ns;
          },
          description)
      ->type_name("TIME");
}

std::string StoreNextStep(const absl::Status& status, const std::string& store,
                          StoreMode mode) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      if (mode == StoreMode::kCreate) {
        return "name a folder where a new one can be made";
      }
      return absl::StrCat("'fovea ingest SRC --store ", store, "' makes one");
    case absl::StatusCode::kUnavailable:
      return "wait for that process to end, or stop it";
    case absl::StatusCode::kFailedPrecondition:
      return absl::StrCat("'fovea doctor --store ", store, "' tells more");
    default:
      return "check that the folder can be read and written";
  }
}

}  // namespace

CLI::App* AddVerb(CLI::App* app, Context* context, const std::string& name,
                  const std::string& description, StoreNeed need,
                  std::function<absl::StatusOr<int>()> run,
                  std::function<void()> check) {
  CLI::App* verb = app->add_subcommand(name, description);
  verb->add_option("--store", context->store,
                   "Folder of the store (default: $FOVEA_STORE)")
      ->type_name("DIR");
  verb->add_flag("--json", context->json, "Report as one JSON document");
  verb->add_option("--color", context->color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  verb->add_flag("--no-progress", context->no_progress, "No progress shown");
  verb->callback(
      [context, need, run = std::move(run), check = std::move(check)] {
        if (need == StoreNeed::kRequired && context->store.empty()) {
          throw CLI::ValidationError("--store",
                                     "no store named; give --store DIR or set "
                                     "FOVEA_STORE");
        }
        if (check) check();
        context->run = run;
      });
  return verb;
}

CLI::Option* AddTimeOption(CLI::App* verb, const std::string& names,
                           std::optional<int64_t>* target,
                           const std::string& description) {
  return AddParsedTime(verb, names, target, description, ParseTimeText);
}

CLI::Option* AddDurationOption(CLI::App* verb, const std::string& names,
                               std::optional<int64_t>* target,
                               const std::string& description) {
  return AddParsedTime(verb, names, target, description, ParseDurationText);
}

CLI::Option* AddSizeOption(CLI::App* verb, const std::string& names,
                           uint64_t* target, const std::string& description) {
  return verb
      ->add_option_function<std::string>(
          names,
          [names, target](const std::string& text) {
            const absl::StatusOr<uint64_t> bytes = ParseByteSize(text);
            if (!bytes.ok()) {
              throw CLI::ValidationError(names,
                                         std::string(bytes.status().message()));
            }
            *target = *bytes;
          },
          description)
      ->type_name("SIZE");
}

TimeRange RangeArguments::range() const {
  TimeRange range;
  if (from) range.from_ns = *from;
  if (to) range.to_ns = *to;
  return range;
}

void AddRangeOptions(CLI::App* verb, RangeArguments* range) {
  AddTimeOption(verb, "--from", &range->from, "From this time on");
  AddTimeOption(verb, "--to", &range->to, "Up to this time, not including it");
}

absl::StatusOr<std::unique_ptr<Store>> OpenStore(
    const Context& context, StoreMode mode,
    const std::optional<UpkeepOptions>& upkeep) {
  StoreOptions options;
  options.direct = mode == StoreMode::kReadFiles;
  options.read_only = mode == StoreMode::kRead || options.direct;
  options.upkeep = upkeep;
  options.create = mode == StoreMode::kCreate;
  options.path = context.store;
  auto store = Store::Open(options);
  if (!store.ok()) {
    return WithNextStep(store.status(),
                        StoreNextStep(store.status(), context.store, mode));
  }
  return store;
}

void WriteJson(const Json& document) { WriteResult(JsonText(document)); }

}  // namespace fovea::cli
