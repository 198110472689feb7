// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every verb shares: its options' common part, how it opens the store,
// how it reports. Each verb is one file in cli/verbs/ with one Add function
// that puts it into the option tree. Usage faults are thrown as
// CLI::ParseError while parsing and caught in main(); running a verb throws
// nothing.

#ifndef FOVEA_CLI_VERB_H_
#define FOVEA_CLI_VERB_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "cli/report_json.h"

namespace fovea::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitLoss = 3;  // finished, with loss or skipped input

// What the command line said, and what is to be run for it. An interrupted
// verb returns 128 + signal after a clean close, or kCancelled, which main()
// turns into that.
struct Context {
  std::string store;  // folder; starts as $FOVEA_STORE
  bool json = false;
  std::string color = "auto";
  bool no_progress = false;
  std::function<absl::StatusOr<int>()> run;
};

enum class StoreNeed { kRequired, kOptional };

// A verb with --store, --json, --color and --no-progress. Once it is the
// one chosen, `run` becomes the context's; `check` (may be null) first
// throws CLI::ParseError for options that do not go together.
CLI::App* AddVerb(CLI::App* app, Context* context, const std::string& name,
                  const std::string& description, StoreNeed need,
                  std::function<absl::StatusOr<int>()> run,
                  std::function<void()> check = nullptr);

// An option holding a point of stream time or a length of time.
CLI::Option* AddTimeOption(CLI::App* verb, const std::string& names,
                           std::optional<int64_t>* target,
                           const std::string& description);
CLI::Option* AddDurationOption(CLI::App* verb, const std::string& names,
                               std::optional<int64_t>* target,
                               const std::string& description);
// One holding a number of bytes, as people write it ("4MB").
CLI::Option* AddSizeOption(CLI::App* verb, const std::string& names,
                           uint64_t* target, const std::string& description);

// --from and --to.
struct RangeArguments {
  std::optional<int64_t> from;
  std::optional<int64_t> to;

  TimeRange range() const;
};
void AddRangeOptions(CLI::App* verb, RangeArguments* range);

// kReadFiles: as StoreOptions::direct.
enum class StoreMode { kRead, kReadFiles, kWrite, kCreate };

// The context's store. Errors bring a next step.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(
    const Context& context, StoreMode mode,
    const std::optional<UpkeepOptions>& upkeep = std::nullopt);

// The document to standard output.
void WriteJson(const Json& document);

// One Add function per file in cli/verbs/.
void AddSample(CLI::App* app, Context* context);
void AddIngest(CLI::App* app, Context* context);
void AddLs(CLI::App* app, Context* context);
void AddInfo(CLI::App* app, Context* context);
void AddFrames(CLI::App* app, Context* context);
void AddSeries(CLI::App* app, Context* context);
void AddExport(CLI::App* app, Context* context);
void AddEncode(CLI::App* app, Context* context);
void AddDecode(CLI::App* app, Context* context);
void AddInspect(CLI::App* app, Context* context);
void AddModelVerb(CLI::App* app, Context* context);
void AddAnnotate(CLI::App* app, Context* context);
void AddAudit(CLI::App* app, Context* context);
void AddCache(CLI::App* app, Context* context);
void AddCacheRevalidate(CLI::App* cache, Context* context);
void AddIndex(CLI::App* app, Context* context);
void AddLabels(CLI::App* app, Context* context);
void AddClock(CLI::App* app, Context* context);
void AddLearn(CLI::App* app, Context* context);
void AddLearnImuProfile(CLI::App* learn, Context* context);
void AddLearnClassifier(CLI::App* learn, Context* context);
void AddQuery(CLI::App* app, Context* context);
void AddProfile(CLI::App* app, Context* context);
void AddRun(CLI::App* app, Context* context);
void AddPlot(CLI::App* app, Context* context);
void AddBench(CLI::App* app, Context* context);
void AddDedup(CLI::App* app, Context* context);
void AddRm(CLI::App* app, Context* context);
void AddRetain(CLI::App* app, Context* context);
void AddVerify(CLI::App* app, Context* context);
void AddDu(CLI::App* app, Context* context);
void AddMigrate(CLI::App* app, Context* context);
void AddBackup(CLI::App* app, Context* context);
void AddRestore(CLI::App* app, Context* context);
void AddDoctor(CLI::App* app, Context* context);
void AddVersion(CLI::App* app, Context* context);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_VERB_H_
