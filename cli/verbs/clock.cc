// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea clock STREAM: how the clock of a stream's device runs against the
// store's; found from moments at which both were read, given, or forgotten.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/store.h"
#include "api/stream_clock.h"
#include "api/whole_file.h"
#include "cli/clock_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

// Of a table of times.
constexpr size_t kMostBytes = size_t{1} << 30;

struct ClockArguments {
  std::string stream;
  std::string readings;  // file of them; empty: none
  std::string points;    // the same
  bool either_way = false;
  std::optional<int64_t> piece_ns;
  bool forget = false;
  bool csv = false;

  bool writes() const { return forget || !readings.empty() || !points.empty(); }
};

absl::StatusOr<std::vector<ClockPoint>> ReadTable(const std::string& path) {
  const auto bytes = ReadWholeFile(path, kMostBytes);
  if (!bytes.ok()) return bytes.status();
  auto table = ParseClockTable(std::string_view(
      reinterpret_cast<const char*>(bytes->data()), bytes->size()));
  if (table.ok()) return table;
  return absl::Status(table.status().code(),
                      absl::StrCat(path, ": ", table.status().message()));
}

absl::StatusOr<ClockMap> MakeMap(const ClockArguments& arguments) {
  if (!arguments.points.empty()) {
    auto points = ReadTable(arguments.points);
    if (!points.ok()) return points.status();
    return ClockMap::Create(*std::move(points));
  }
  const auto table = ReadTable(arguments.readings);
  if (!table.ok()) return table.status();
  std::vector<ClockReading> readings;
  for (const ClockPoint& row : *table) {
    readings.push_back({row.device_ns, row.store_ns});
  }
  ClockFitOptions options;
  if (arguments.either_way) options.error = ClockError::kEitherWay;
  options.piece_ns = arguments.piece_ns.value_or(options.piece_ns);
  return FitClockMap(readings, options);
}

void Show(const Context& context, const ClockArguments& arguments,
          const std::optional<ClockMap>& clock) {
  if (context.json) {
    Json document = Document("clock");
    document["stream"] = arguments.stream;
    document["clock"] = clock ? ClockJson(*clock) : Json();
    WriteJson(document);
  } else if (!clock) {
    WriteMessage(absl::StrCat("stream '", arguments.stream,
                              "': its clock is taken for the store's; "
                              "'--readings FILE' tells otherwise"));
  } else if (arguments.csv) {
    WriteResult(ClockCsv(*clock));
  } else {
    FactList facts;
    facts.Add("stream", arguments.stream);
    facts.Add("clock", ClockText(*clock));
    WriteResult(facts.Render() + "\n" +
                ClockTable(*clock, DescribeTerminal(1, context.color).color));
  }
}

absl::StatusOr<int> RunClock(const Context& context,
                             const ClockArguments& arguments) {
  auto store = OpenStore(
      context, arguments.writes() ? StoreMode::kWrite : StoreMode::kRead);
  if (!store.ok()) return store.status();
  if (arguments.writes()) {
    std::optional<ClockMap> clock;
    if (!arguments.forget) {
      auto made = MakeMap(arguments);
      if (!made.ok()) return made.status();
      clock = *std::move(made);
    }
    const absl::Status set =
        SetStreamClock(store->get(), arguments.stream, clock);
    if (!set.ok()) return set;
  }
  const auto clock = StreamClock(store->get(), arguments.stream);
  if (!clock.ok()) return clock.status();
  Show(context, arguments, *clock);
  return kExitOk;
}

void SettleArguments(const ClockArguments& arguments) {
  if (arguments.forget + !arguments.readings.empty() +
          !arguments.points.empty() >
      1) {
    throw CLI::ValidationError(
        "clock", "--readings, --points and --forget exclude each other");
  }
  if (arguments.readings.empty() &&
      (arguments.either_way || arguments.piece_ns)) {
    throw CLI::ValidationError("clock",
                               "--either-way and --piece go with --readings");
  }
}

}  // namespace

void AddClock(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ClockArguments>();
  CLI::App* verb = AddVerb(
      app, context, "clock",
      "Tell, find or set how the clock of a stream's device runs",
      StoreNeed::kRequired,
      [context, arguments] { return RunClock(*context, *arguments); },
      [arguments] { SettleArguments(*arguments); });
  verb->add_option("stream", arguments->stream, "Name of the stream")
      ->type_name("STREAM")
      ->required();
  verb->add_option("--readings", arguments->readings,
                   "Find it from a CSV of what the device's clock and the "
                   "store's read at the same moments, in nanoseconds; the "
                   "store's when a message came in, perhaps late")
      ->type_name("FILE");
  verb->add_flag("--either-way", arguments->either_way,
                 "The readings are of events that both saw: as likely early "
                 "as late");
  AddDurationOption(verb, "--piece", &arguments->piece_ns,
                    "The device's clock keeps its rate for so long (default: "
                    "1m)");
  verb->add_option("--points", arguments->points,
                   "Set it: a CSV of the device's time, the store's and how "
                   "far that may be off; as --csv prints them")
      ->type_name("FILE");
  verb->add_flag("--forget", arguments->forget,
                 "The device's clock is the store's");
  verb->add_flag("--csv", arguments->csv, "Print the points as CSV");
}

}  // namespace fovea::cli
