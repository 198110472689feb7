// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea doctor: is the machine fit, is the store well, and what to do if
// not. --rebuild makes the catalogue anew from the segments.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/store.h"
#include "cli/error_text.h"
#include "cli/loaded_libraries.h"
#include "cli/machine.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct DoctorArguments {
  bool rebuild = false;
};

// Below these an ingest is likely to fail soon: one encoder at 1080p takes
// up to 300 MB, and a segment is 256 MB.
constexpr uint64_t kLeastMemory = 512ULL << 20;
constexpr uint64_t kLeastDisk = 1ULL << 30;

struct Finding {
  enum Grade { kGood, kDoubtful, kBad };
  Grade grade = kGood;
  std::string object;
  std::string what;
  std::string next;  // empty when good
};

const char* GradeName(Finding::Grade grade) {
  switch (grade) {
    case Finding::kGood:
      return "ok";
    case Finding::kDoubtful:
      return "warning";
    case Finding::kBad:
      return "problem";
  }
  return "";
}

Finding ProcessorFinding() {
  const std::string vectors = VectorInstructions();
  Finding finding{Finding::kGood, "processor",
                  absl::StrCat(Cores(), " cores, ", vectors), ""};
  if (vectors == "baseline") {
    finding.grade = Finding::kDoubtful;
    finding.next = "encoding will be slow: use a smaller picture or preset";
  }
  return finding;
}

Finding MemoryFinding() {
  const auto available = AvailableMemory();
  const auto total = TotalMemory();
  if (!available || !total) {
    return {Finding::kDoubtful, "memory", "the kernel does not tell",
            "mount /proc"};
  }
  Finding finding{
      Finding::kGood, "memory",
      FormatBytes(*available) + " available of " + FormatBytes(*total), ""};
  if (*available < kLeastMemory) {
    finding.grade = Finding::kDoubtful;
    finding.next = "close other programs before ingesting large video";
  }
  return finding;
}

Finding DiskFinding(const std::string& store) {
  const std::string path = store.empty() ? "." : store;
  const auto space = SpaceAt(path);
  if (!space) {
    return {Finding::kBad, "disk", path + ": cannot be asked",
            "check that the folder can be reached"};
  }
  Finding finding{Finding::kGood, "disk",
                  absl::StrCat(FormatBytes(space->free), " free of ",
                               FormatBytes(space->capacity), " at ", path),
                  ""};
  if (space->free < kLeastDisk) {
    finding.grade = Finding::kBad;
    finding.next = "free space, or remove streams with 'fovea rm'";
  }
  return finding;
}

Finding LibrariesFinding() {
  std::string text;
  for (const LoadedLibrary& library : LoadedLibraries()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", library.name, " ",
                    library.version);
  }
  return {Finding::kGood, "libraries", text, ""};
}

std::string NextFor(const absl::Status& status, const std::string& store) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return absl::StrCat("'fovea ingest SRC --store ", store, "' makes one");
    case absl::StatusCode::kUnavailable:
      return "wait for that process to end, or stop it";
    case absl::StatusCode::kPermissionDenied:
      return "check owner and mode with 'ls -ld'";
    default:
      return absl::StrCat("'fovea doctor --rebuild --store ", store,
                          "' makes the catalogue anew from the segments");
  }
}

// The message up to its own next step, if it brings one.
Finding StoreFault(const absl::Status& status, const std::string& store) {
  const std::string message(status.message());
  const size_t cut = message.find("; ");
  return {Finding::kBad, "store", message.substr(0, cut),
          cut == std::string::npos ? NextFor(status, store)
                                   : message.substr(cut + 2)};
}

std::vector<Finding> StoreFindings(const Context& context) {
  StoreOptions options;
  options.read_only = options.direct = true;
  options.path = context.store;
  auto store = Store::Open(options);
  if (!store.ok()) return {StoreFault(store.status(), context.store)};
  const auto streams = (*store)->Streams();
  if (!streams.ok()) return {StoreFault(streams.status(), context.store)};
  const auto report = (*store)->Verify({});
  if (!report.ok()) return {StoreFault(report.status(), context.store)};
  std::vector<Finding> findings = {
      {Finding::kGood, "store",
       absl::StrCat(context.store, " opens: ", streams->size(), " streams, ",
                    FormatCount(report->chunks), " chunks, ",
                    (*store)->chunks()->last_sequence(), " commits"),
       ""}};
  for (const StoreProblem& problem : report->problems) {
    findings.push_back(
        {Finding::kBad, problem.object, problem.what, problem.next});
  }
  return findings;
}

absl::Status RebuildIfAsked(const Context& context, bool rebuild) {
  if (!rebuild) return absl::OkStatus();
  if (absl::Status s = ChunkStore::Rebuild(context.store, ChunkStoreOptions());
      !s.ok()) {
    return WithNextStep(s, NextFor(s, context.store));
  }
  WriteMessage(context.store + ": catalogue rebuilt from the segments");
  return absl::OkStatus();
}

void Report(const Context& context, const std::vector<Finding>& findings,
            bool rebuilt) {
  if (context.json) {
    Json document = Document("doctor");
    document["rebuilt"] = rebuilt;
    document["findings"] = Json::array();
    for (const Finding& f : findings) {
      document["findings"].push_back({{"grade", GradeName(f.grade)},
                                      {"object", f.object},
                                      {"what", f.what},
                                      {"next", f.next}});
    }
    WriteJson(document);
    return;
  }
  Table table({{"STATE"}, {"OBJECT"}, {"WHAT"}});
  for (const Finding& f : findings) {
    table.Add({GradeName(f.grade), f.object,
               f.next.empty() ? f.what : f.what + "; " + f.next});
  }
  WriteResult(table.Render(DescribeTerminal(1, context.color).color));
}

absl::StatusOr<int> RunDoctor(const Context& context,
                              const DoctorArguments& arguments) {
  if (absl::Status s = RebuildIfAsked(context, arguments.rebuild); !s.ok()) {
    return s;
  }
  std::vector<Finding> findings = {ProcessorFinding(), MemoryFinding(),
                                   DiskFinding(context.store),
                                   LibrariesFinding()};
  if (!context.store.empty()) {
    for (Finding& f : StoreFindings(context)) findings.push_back(std::move(f));
  }
  Report(context, findings, arguments.rebuild);
  for (const Finding& f : findings) {
    if (f.grade == Finding::kBad) return kExitFailed;
  }
  return kExitOk;
}

}  // namespace

void AddDoctor(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<DoctorArguments>();
  CLI::App* verb = AddVerb(
      app, context, "doctor", "Check machine and store, tell what to do",
      StoreNeed::kOptional,
      [context, arguments] { return RunDoctor(*context, *arguments); },
      [context, arguments] {
        if (arguments->rebuild && context->store.empty()) {
          throw CLI::ValidationError("--rebuild",
                                     "no store named; give --store DIR");
        }
      });
  verb->add_flag("--rebuild", arguments->rebuild,
                 "First make the catalogue anew from the segments");
}

}  // namespace fovea::cli
