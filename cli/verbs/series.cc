// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea series STREAM: the samples of an imu or series stream as CSV.

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/engine.h"
#include "cli/csv_text.h"
#include "cli/interrupt.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct SeriesArguments {
  std::string stream;
  RangeArguments range;
  bool csv = false;
  std::string output;
};

// A device or pipe is written to as it is.
bool IsWrittenBeside(const std::string& path) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  return kind == std::filesystem::file_type::regular ||
         kind == std::filesystem::file_type::not_found;
}

// Standard output or a file, which gets its name once it is complete. The
// first fault is kept.
class TextSink {
 public:
  explicit TextSink(const std::string& path)
      : name_(path.empty() ? "standard output" : path),
        part_(!path.empty() && IsWrittenBeside(path) ? path + ".part" : ""),
        file_(path.empty()
                  ? stdout
                  : std::fopen((part_.empty() ? path : part_).c_str(), "wb")),
        owned_(!path.empty()) {
    if (file_ == nullptr) error_ = errno;
  }
  ~TextSink() {
    if (!owned_ || file_ == nullptr) return;
    std::fclose(file_);
    if (!part_.empty()) std::remove(part_.c_str());
  }
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;

  void Write(const std::string& text) {
    if (error_ != 0) return;
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
      error_ = errno != 0 ? errno : EIO;
    }
  }

  bool ok() const { return error_ == 0; }

  absl::Status Finish() {
    if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
    if (error_ == 0 && !part_.empty() &&
        std::rename(part_.c_str(), name_.c_str()) != 0) {
      error_ = errno;
    }
    if (error_ == 0) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat(name_, ": cannot write (", std::strerror(error_),
                     "); choose another place with -o"));
  }

 private:
  std::string name_;
  std::string part_;  // what the file is called until then, or empty
  std::FILE* file_;
  bool owned_;
  int error_ = 0;
};

// The document is written piece by piece: a stream may be longer than
// memory.
std::string JsonHead(const StreamSummary& stream) {
  Json head = Document("series");
  head["stream"] = stream.name;
  head["series"] = SeriesJson(stream.description.series);
  std::string text = JsonText(head, -1);
  text.resize(text.size() - 2);  // the brace and the newline
  return text + ",\"samples\":[";
}

void AppendJsonRows(const SeriesBatch& batch, size_t channels, bool* first,
                    std::string* text) {
  for (size_t row = 0; row < batch.time_ns.size(); ++row) {
    absl::StrAppend(text, *first ? "\n" : ",\n", "[\"", batch.time_ns[row],
                    "\"");
    *first = false;
    for (size_t c = 0; c < channels; ++c) {
      const double value = batch.values[row * channels + c];
      *text += ',';
      // JSON has no word for these.
      if (std::isfinite(value)) {
        AppendDouble(value, text);
      } else {
        *text += "null";
      }
    }
    *text += ']';
  }
}

absl::Status WriteSamples(Engine* engine, const SeriesArguments& arguments,
                          const StreamSummary& stream, bool json,
                          TextSink* sink) {
  const size_t channels = stream.description.series.channels.size();
  bool first = true;
  const auto write = [&](const SeriesBatch& batch) {
    std::string text;
    if (json) {
      AppendJsonRows(batch, channels, &first, &text);
    } else {
      AppendCsvRows(batch, channels, &text);
    }
    sink->Write(text);
    return sink->ok() && !StopFlag()->load();
  };
  sink->Write(json ? JsonHead(stream) : CsvHeader(stream.description.series));
  if (absl::Status s =
          engine->ReadSeries(arguments.stream, arguments.range.range(), write);
      !s.ok()) {
    return s;
  }
  if (StopFlag()->load()) {
    return absl::CancelledError(absl::StrCat(
        "stream '", stream.name, "': interrupted; the rest was not written"));
  }
  if (json) sink->Write("\n]}\n");
  return sink->Finish();
}

absl::StatusOr<int> RunSeries(const Context& context,
                              const SeriesArguments& arguments) {
  CatchInterrupts();
  auto engine = OpenStore(context, StoreMode::kRead);
  if (!engine.ok()) return engine.status();
  const auto stream = (*engine)->Describe(arguments.stream);
  if (!stream.ok()) return stream.status();
  const StreamKind kind = stream->description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream->name, "': is ", StreamKindName(kind),
                     ", not imu or series; 'fovea export' writes its data"));
  }
  TextSink sink(arguments.output);
  if (absl::Status s =
          WriteSamples(engine->get(), arguments, *stream, context.json, &sink);
      !s.ok()) {
    return s;
  }
  return kExitOk;
}

}  // namespace

void AddSeries(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<SeriesArguments>();
  CLI::App* verb =
      AddVerb(app, context, "series",
              "Print samples of an imu or series stream", StoreNeed::kRequired,
              [context, arguments] { return RunSeries(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Name of the stream")
      ->type_name("STREAM")
      ->required();
  AddRangeOptions(verb, &arguments->range);
  verb->add_flag("--csv", arguments->csv, "As CSV (the default)");
  verb->add_option("-o,--output", arguments->output,
                   "File to write instead of standard output")
      ->type_name("FILE");
}

}  // namespace fovea::cli
