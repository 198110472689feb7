// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea info X: what a file, a stream or a store is. A word without a slash
// that names a stream is that stream; then folders that hold a store, then
// anything that can be opened as a source.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/coded_windows.h"
#include "api/coding_tables.h"
#include "api/derived_report.h"
#include "api/probe.h"
#include "api/store.h"
#include "api/time_text.h"
#include "cli/error_text.h"
#include "cli/interrupt.h"
#include "cli/series_account_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct InfoArguments {
  std::string object;
};

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

std::string ChannelsText(const SeriesInfo& series) {
  std::vector<std::string> words;
  for (const Channel& channel : series.channels) {
    words.push_back(channel.unit.empty()
                        ? channel.name
                        : channel.name + " [" + channel.unit + "]");
  }
  return Joined(words);
}

// --- a source -------------------------------------------------------------

std::string NotesText(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) {
    text += "note: " + Printable(note) + "\n";
  }
  return text;
}

std::string SourceText(const SourceInfo& info, bool color) {
  FactList facts;
  facts.Add("source", info.name);
  facts.Add("container", info.container);
  facts.Add("length",
            info.duration_ns > 0 ? FormatDuration(info.duration_ns) : "");
  facts.Add("size", info.bytes > 0
                        ? FormatBytes(static_cast<uint64_t>(info.bytes))
                        : "");
  Table table({{"TRACK"},
               {"KIND"},
               {"CODEC"},
               {"WHAT"},
               {"EXPECTED", Align::kRight},
               {"KEPT"}});
  for (const Track& track : info.tracks) {
    table.Add(
        {track.suffix.empty() ? "(main)" : track.suffix,
         StreamKindName(track.kind), track.codec, TrackWhat(track),
         track.expected_samples > 0 ? FormatCount(track.expected_samples) : "",
         track.rejected.empty() ? "yes" : "no: " + track.rejected});
  }
  for (const Track& track : info.tracks) {
    const std::string rules = PrintRulesText(track.series.rules);
    if (rules.empty()) continue;
    facts.Add("text",
              info.tracks.size() == 1 ? rules : track.suffix + ": " + rules);
  }
  return facts.Render() + "\n" + table.Render(color) + NotesText(info.notes);
}

absl::StatusOr<int> InfoSource(const Context& context,
                               const std::string& location) {
  CatchInterrupts();
  SourceOptions options;
  options.stop = StopFlag();
  const auto info = ProbeSource(location, options);
  if (!info.ok()) {
    return WithNextStep(info.status(),
                        "'fovea ingest --help' tells what can be read");
  }
  if (context.json) {
    Json document = Document("info");
    document["source"] = SourceJson(*info);
    WriteJson(document);
  } else {
    WriteResult(SourceText(*info, DescribeTerminal(1, context.color).color));
  }
  return kExitOk;
}

// --- a stream -------------------------------------------------------------

void AddOrigin(const StreamDescription& d, FactList* facts) {
  facts->Add("source", d.source);
  facts->Add("source codec", d.source_codec);
  facts->Add("stored as", d.copied             ? "the source's own H.264"
                          : !d.coding.empty()  ? d.coding
                          : !d.encoder.empty() ? d.encoder
                                               : "exactly as it came");
  const bool proxy = d.sensitivity.rfind("proxy:", 0) == 0;
  facts->Add("sensitivity",
             d.encoder.empty() ? ""
             : d.sensitivity.empty()
                 ? "none: uniform quality"
                 : d.sensitivity + (proxy ? " (proxy: no model asked)" : ""));
  if (d.overlap) {
    facts->Add(
        "overlap with",
        absl::StrCat(
            d.overlap->with, ": coarse in ",
            static_cast<int>(100 * d.overlap->mask.share() + 0.5),
            " % of the picture, QP +", d.overlap->qp_offset,
            d.overlap->at_ingest ? ", since ingest" : "",
            d.overlap->at_ingest || d.overlap->done ? "" : ", under way"));
  }
}

void AddCounts(const StreamCounts& counts, FactList* facts) {
  facts->Add("samples", ConservationText(counts));
  for (const auto& reason : counts.rejected) {
    facts->Add(reason.samples == 0 ? "remark" : "rejected",
               reason.samples == 0
                   ? reason.why
                   : FormatCount(reason.samples) + " because " + reason.why);
  }
  for (const auto& gap : counts.gaps) {
    facts->Add("gap", FormatStreamTime(gap.start_ns) + " to " +
                          FormatStreamTime(gap.end_ns) + ": " + gap.why);
  }
  if (counts.times_backward > 0) {
    facts->Add("times backward", FormatCount(counts.times_backward));
  }
  if (counts.times_repeated > 0) {
    facts->Add("times repeated", FormatCount(counts.times_repeated));
  }
}

// "car 31, person 2".
std::string ObservationsText(const std::vector<LabelCount>& labels) {
  std::vector<std::string> words;
  for (const LabelCount& label : labels) {
    words.push_back(label.label + " " + FormatCount(label.observations));
  }
  return Joined(words);
}

std::string PriorText(const PriorSummary& prior) {
  constexpr size_t kDigestDigits = 12;
  return absl::StrCat(prior.model, " ", prior.digest.substr(0, kDigestDigits),
                      ", ",
                      FormatCount(static_cast<int64_t>(prior.frames), "frame"),
                      ", ", prior.columns, "x", prior.rows, " macroblocks");
}

void AddDerived(const DerivedReport& report, FactList* facts) {
  facts->Add("observations", ObservationsText(report.observations));
  for (const PriorSummary& prior : report.priors) {
    facts->Add("prior", PriorText(prior));
  }
}

struct FoundStream {
  StreamSummary summary;
  DerivedReport derived;
  std::vector<NamedTable> tables;
  CodedWindows coded;
};

std::string StreamText(const FoundStream& found) {
  const StreamSummary& s = found.summary;
  const StreamDescription& d = s.description;
  const auto stored = static_cast<uint64_t>(s.counts.stored_bytes);
  FactList facts;
  facts.Add("stream", s.name);
  facts.Add("kind", StreamKindName(d.kind));
  facts.Add("what", StreamWhat(d));
  facts.Add("channels", ChannelsText(d.series));
  facts.Add("start", FormatStreamTime(s.start_ns));
  facts.Add("length", FormatDuration(s.end_ns - s.start_ns));
  AddCounts(s.counts, &facts);
  facts.Add("chunks", FormatCount(s.chunks));
  facts.Add("bytes", FormatBytes(stored) + " stored");
  AddOrigin(d, &facts);
  facts.Add("device", d.series.device);
  facts.Add("coding", SeriesLevelText(d, found.tables));
  facts.Add("size", SeriesSizeText(s));
  facts.Add("for a model", CodedWindowsText(found.coded));
  AddDerived(found.derived, &facts);
  return facts.Render() + NotesText(d.notes);
}

int InfoStream(const Context& context, const FoundStream& stream) {
  if (context.json) {
    Json document = Document("info");
    document["stream"] = StreamJson(stream.summary);
    document["stream"]["observations"] = ObservationCountsJson(stream.derived);
    document["stream"]["priors"] = PriorsJson(stream.derived);
    const StreamKind kind = stream.summary.description.kind;
    if (kind == StreamKind::kImu || kind == StreamKind::kSeries) {
      document["stream"]["coding"] =
          SeriesCodingJson(stream.summary, stream.tables);
    }
    if (stream.coded.windows > 0) {
      document["stream"]["coded_windows"] = CodedWindowsJson(stream.coded);
    }
    WriteJson(document);
  } else {
    WriteResult(StreamText(stream));
  }
  return kExitOk;
}

// --- a store --------------------------------------------------------------

Json StoreJson(const std::string& path, uint32_t format, uint64_t commits,
               const std::vector<StreamSummary>& streams,
               const DiskUsage& usage, const UpkeepRow& upkeep) {
  Json document = Document("info");
  Json names = Json::array();
  for (const StreamSummary& s : streams) names.push_back(s.name);
  document["store"] = {{"path", path},
                       {"format", format},
                       {"commits", commits},
                       {"streams", names},
                       {"usage", UsageJson(usage)},
                       {"scrubbed_ns", NanosecondsJson(upkeep.scrubbed_ns)},
                       {"scrub_problems", upkeep.problems}};
  return document;
}

std::string ScrubText(const UpkeepRow& upkeep) {
  if (upkeep.scrubbed_ns == 0) return "never; 'fovea verify --deep' does it";
  return absl::StrCat(FormatStreamTime(upkeep.scrubbed_ns), ", ",
                      FormatCount(upkeep.problems, "problem"));
}

std::string StoreText(const std::string& path, uint32_t format,
                      uint64_t commits,
                      const std::vector<StreamSummary>& streams,
                      const DiskUsage& usage, const UpkeepRow& upkeep) {
  std::vector<std::string> names;
  for (const StreamSummary& s : streams) names.push_back(s.name);
  FactList facts;
  facts.Add("store", path);
  facts.Add("format", std::to_string(format));
  facts.Add("streams", absl::StrCat(names.size(), names.empty() ? "" : ": ",
                                    Joined(names)));
  facts.Add("commits", FormatCount(static_cast<int64_t>(commits)));
  facts.Add("chunks", FormatCount(usage.chunks) + " in " +
                          FormatCount(usage.segments) + " segments");
  facts.Add("segments", FormatBytes(usage.segment_bytes));
  facts.Add("catalogue", FormatBytes(usage.catalogue_bytes));
  facts.Add("scrubbed", ScrubText(upkeep));
  return facts.Render();
}

absl::StatusOr<int> InfoStore(const Context& context, Store* store,
                              const std::string& path) {
  const auto streams = store->Streams();
  if (!streams.ok()) return streams.status();
  const auto usage = store->Usage();
  if (!usage.ok()) return usage.status();
  const auto format = ReadStoreFormat(path);
  if (!format.ok()) return format.status();
  const auto upkeep = ReadUpkeep(store->chunks());
  if (!upkeep.ok()) return upkeep.status();
  const uint64_t commits = store->chunks()->last_sequence();
  if (context.json) {
    WriteJson(StoreJson(path, *format, commits, *streams, *usage, *upkeep));
  } else {
    WriteResult(StoreText(path, *format, commits, *streams, *usage, *upkeep));
  }
  return kExitOk;
}

// --- which of the three ---------------------------------------------------

// The stream `name` of the context's store; none when there is no such
// store or stream.
absl::StatusOr<std::optional<FoundStream>> FindStream(const Context& context,
                                                      const std::string& name) {
  if (context.store.empty() || name.find('/') != std::string::npos) {
    return std::nullopt;
  }
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  auto stream = (*store)->Describe(name);
  if (!stream.ok()) return stream.status();
  auto derived = ReportDerived((*store)->chunks(), stream->id);
  if (!derived.ok()) return derived.status();
  auto tables = ListTables((*store)->chunks(), stream->id);
  if (!tables.ok()) return tables.status();
  const auto coded = CodedWindowsOf((*store)->chunks(), *stream);
  if (!coded.ok()) return coded.status();
  return FoundStream{*std::move(stream), *std::move(derived),
                     *std::move(tables), *coded};
}

bool IsFeed(const std::string& object) {
  return object == "-" || object.find("://") != std::string::npos;
}

absl::StatusOr<int> InfoPath(const Context& context,
                             const std::string& object) {
  std::error_code ignored;
  if (std::filesystem::is_directory(object, ignored)) {
    Context at = context;
    at.store = object;
    auto store = OpenStore(at, StoreMode::kRead);
    if (store.ok()) return InfoStore(context, store->get(), object);
    if (!absl::IsNotFound(store.status())) return store.status();
  }
  return InfoSource(context, object);
}

absl::StatusOr<int> RunInfo(const Context& context,
                            const InfoArguments& arguments) {
  const std::string& object = arguments.object;
  if (IsFeed(object)) return InfoSource(context, object);
  const auto stream = FindStream(context, object);
  if (stream.ok() && stream->has_value()) {
    return InfoStream(context, **stream);
  }
  std::error_code ignored;
  const bool exists = std::filesystem::exists(object, ignored) ||
                      object.find_first_of("*?[") != std::string::npos;
  if (exists) return InfoPath(context, object);
  if (absl::IsNotFound(stream.status())) {
    return absl::NotFoundError(
        absl::StrCat(object, ": no such file; ", stream.status().message()));
  }
  if (!stream.ok()) return stream.status();
  return absl::NotFoundError(absl::StrCat(
      object, ": no such file or folder; for a stream, give --store DIR"));
}

}  // namespace

void AddInfo(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<InfoArguments>();
  CLI::App* verb = AddVerb(
      app, context, "info", "Tell what a file, a stream or a store holds",
      StoreNeed::kOptional,
      [context, arguments] { return RunInfo(*context, *arguments); });
  verb->add_option("object", arguments->object,
                   "File, folder, URL, stream or store")
      ->type_name("X")
      ->required();
}

}  // namespace fovea::cli
