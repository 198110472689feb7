// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea series STREAM...: the samples of an imu or series stream as CSV, or
// those of several at the times of a camera's frames.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/store.h"
#include "api/stream_clock.h"
#include "cli/aligned_text.h"
#include "cli/clock_text.h"
#include "cli/csv_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/text_sink.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct SeriesArguments {
  std::vector<std::string> streams;
  RangeArguments range;
  std::string at_frames;  // whose times to take; empty: each its own
  std::string method;
  AlignOptions align;  // but its range
  bool store_clock = false;
  bool csv = false;
  std::string output;
};

// The document is written piece by piece: a stream may be longer than
// memory.
std::string JsonHead(const StreamSummary& stream) {
  Json head = Document("series");
  head["stream"] = stream.name;
  head["series"] = SeriesJson(stream.description.series);
  head["level"] = stream.description.level;
  head["bounds"] = stream.description.coding;
  return OpenJson(head) + ",\"samples\":[";
}

void AppendJsonRows(const SeriesBatch& batch, size_t channels, bool* first,
                    std::string* text) {
  for (size_t row = 0; row < batch.time_ns.size(); ++row) {
    absl::StrAppend(text, *first ? "\n" : ",\n", "[\"", batch.time_ns[row],
                    "\"");
    *first = false;
    for (size_t c = 0; c < channels; ++c) {
      *text += ',';
      AppendJsonDouble(batch.values[row * channels + c], text);
    }
    *text += ']';
  }
}

absl::Status Interrupted(const std::string& stream) {
  return absl::CancelledError(absl::StrCat(
      "stream '", stream, "': interrupted; the rest was not written"));
}

// None: the samples keep the times of their device.
absl::StatusOr<std::optional<ClockMap>> ClockFor(
    Store* store, const SeriesArguments& arguments,
    const StreamSummary& stream) {
  if (!arguments.store_clock) return std::nullopt;
  auto clock = StreamClock(store, stream.name);
  if (!clock.ok() || !*clock) return clock;
  WriteMessage(
      absl::StrCat("times on the store's clock: ", ClockText(**clock)));
  return clock;
}

absl::Status WriteSamples(Store* store, const SeriesArguments& arguments,
                          const StreamSummary& stream, bool json) {
  TextSink sink(arguments.output);
  const size_t channels = stream.description.series.channels.size();
  const auto clock = ClockFor(store, arguments, stream);
  if (!clock.ok()) return clock.status();
  TimeRange range = arguments.range.range();
  if (*clock) range = OnDeviceClock(**clock, range);
  bool first = true;
  const auto write = [&](const SeriesBatch& read) {
    const SeriesBatch batch =
        *clock ? OnStoreClock(**clock, arguments.range.range(), read, channels)
               : read;
    std::string text;
    if (json) {
      AppendJsonRows(batch, channels, &first, &text);
    } else {
      AppendCsvRows(batch, channels, &text);
    }
    sink.Write(text);
    return sink.ok() && !StopFlag()->load();
  };
  sink.Write(json ? JsonHead(stream) : CsvHeader(stream.description.series));
  if (absl::Status s = store->ReadSeries(stream.name, range, write); !s.ok()) {
    return s;
  }
  if (StopFlag()->load()) return Interrupted(stream.name);
  if (json) sink.Write("\n]}\n");
  return sink.Finish();
}

// Rows at the times of another stream. The head waits for the first row:
// what cannot be aligned leaves nothing behind.
class AlignedWriter {
 public:
  AlignedWriter(const SeriesArguments& arguments,
                std::vector<StreamSummary> streams, bool json)
      : arguments_(arguments),
        streams_(std::move(streams)),
        json_(json),
        sink_(arguments.output) {}

  bool Write(const AlignedRow& row) {
    std::string text = first_ ? Head() : "";
    if (json_) {
      text += first_ ? "\n" : ",\n";
      AppendAlignedJson(row, &text);
    } else {
      AppendAlignedCsv(row, streams_, &text);
    }
    first_ = false;
    sink_.Write(text);
    return sink_.ok() && !StopFlag()->load();
  }

  absl::Status Finish(const AlignReport& report) {
    if (first_) sink_.Write(Head());
    if (json_) sink_.Write(AlignedJsonTail(report));
    return sink_.Finish();
  }

 private:
  std::string Head() const {
    if (!json_) return AlignedCsvHeader(streams_);
    return AlignedJsonHead(arguments_.at_frames, arguments_.align.method,
                           streams_);
  }

  const SeriesArguments& arguments_;
  const std::vector<StreamSummary> streams_;
  const bool json_;
  TextSink sink_;
  bool first_ = true;
};

absl::Status WriteAligned(Store* store, const SeriesArguments& arguments,
                          bool json) {
  std::vector<StreamSummary> streams;
  for (const std::string& name : arguments.streams) {
    auto stream = store->Describe(name);
    if (!stream.ok()) return stream.status();
    streams.push_back(*std::move(stream));
  }
  AlignOptions options = arguments.align;
  options.range = arguments.range.range();
  AlignedWriter writer(arguments, std::move(streams), json);
  const auto report = store->ReadAligned(
      arguments.at_frames, arguments.streams, options,
      [&](const AlignedRow& row) { return writer.Write(row); });
  if (!report.ok()) return report.status();
  if (StopFlag()->load()) return Interrupted(arguments.at_frames);
  if (absl::Status s = writer.Finish(*report); !s.ok()) return s;
  const auto clock = store->Describe(arguments.at_frames);
  if (!clock.ok()) return clock.status();
  for (const std::string& line : AlignedSummary(*report, *clock)) {
    WriteMessage(line);
  }
  return absl::OkStatus();
}

absl::Status WriteOne(Store* store, const SeriesArguments& arguments,
                      bool json) {
  const auto stream = store->Describe(arguments.streams.front());
  if (!stream.ok()) return stream.status();
  const StreamKind kind = stream->description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream->name, "': is ", StreamKindName(kind),
                     ", not imu or series; 'fovea export' writes its data"));
  }
  return WriteSamples(store, arguments, *stream, json);
}

absl::StatusOr<int> RunSeries(const Context& context,
                              const SeriesArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const absl::Status status =
      arguments.at_frames.empty()
          ? WriteOne(store->get(), arguments, context.json)
          : WriteAligned(store->get(), arguments, context.json);
  if (!status.ok()) return status;
  return kExitOk;
}

void SettleArguments(SeriesArguments* arguments) {
  const bool aligned = !arguments->at_frames.empty();
  if (!aligned && arguments->streams.size() > 1) {
    throw CLI::ValidationError(
        "stream", "several are read together only with --at-frames");
  }
  if (!aligned && !arguments->method.empty()) {
    throw CLI::ValidationError("--method", "goes with --at-frames");
  }
  if (!aligned && arguments->align.max_gap_ns) {
    throw CLI::ValidationError("--max-gap", "goes with --at-frames");
  }
  if (!aligned && arguments->align.device_clocks) {
    throw CLI::ValidationError("--device-clocks", "goes with --at-frames");
  }
  if (aligned && arguments->store_clock) {
    throw CLI::ValidationError(
        "--store-clock",
        "rows are at the frames' own times; streams meet on the store's clock "
        "in any case");
  }
  for (const AlignMethod method :
       {AlignMethod::kNearest, AlignMethod::kPrevious, AlignMethod::kLinear}) {
    if (arguments->method == AlignMethodName(method)) {
      arguments->align.method = method;
    }
  }
}

}  // namespace

void AddSeries(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<SeriesArguments>();
  CLI::App* verb = AddVerb(
      app, context, "series",
      "Print samples of imu or series streams, or those at a camera's frames",
      StoreNeed::kRequired,
      [context, arguments] { return RunSeries(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  verb->add_option("stream", arguments->streams, "Names of streams")
      ->type_name("STREAM")
      ->required();
  AddRangeOptions(verb, &arguments->range);
  verb->add_option("--at-frames", arguments->at_frames,
                   "At the frames of this camera, or the samples of this "
                   "series: one row each, with how far in time each stream's "
                   "sample is from it")
      ->type_name("CAMERA");
  verb->add_option("--method", arguments->method,
                   "Which sample a frame gets: nearest (the default), "
                   "previous, or linear between the two around it "
                   "(NAME_w, _x, _y, _z turn as a quaternion)")
      ->check(CLI::IsMember({"nearest", "previous", "linear"}));
  AddDurationOption(verb, "--max-gap", &arguments->align.max_gap_ns,
                    "A frame has no sample where none is as near as this "
                    "(default: 3 periods of the stream, or 1s)");
  verb->add_flag("--store-clock", arguments->store_clock,
                 "Times, and --from and --to, on the store's clock, by what "
                 "'fovea clock' tells of the device's");
  verb->add_flag("--device-clocks", arguments->align.device_clocks,
                 "With --at-frames: take the streams' times as they stand, "
                 "whatever 'fovea clock' tells");
  verb->add_flag("--csv", arguments->csv, "As CSV (the default)");
  verb->add_option("-o,--output", arguments->output,
                   "File to write instead of standard output")
      ->type_name("FILE");
}

}  // namespace fovea::cli
