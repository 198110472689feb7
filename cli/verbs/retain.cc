// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea retain: lets go what a policy does not keep, or says what would go.

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/retention.h"
#include "api/store.h"
#include "api/stored_policy.h"
#include "api/system_clock.h"
#include "api/time_text.h"
#include "api/upkeep.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct RetainArguments {
  bool plan = false;
  bool show = false;
  std::string policy_path;
  std::string set_path;
};

absl::StatusOr<std::string> ReadPolicyFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || file.bad()) {
    return absl::NotFoundError(
        absl::StrCat("policy file '", path, "' cannot be read"));
  }
  return text.str();
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("policy '", path, "': ", std::string(status.message())));
}

absl::StatusOr<RetentionPolicy> PolicyFor(const RetainArguments& arguments,
                                          ChunkStore* store) {
  if (arguments.policy_path.empty()) {
    const absl::StatusOr<std::string> text = StoredPolicyText(store);
    if (!text.ok()) return text.status();
    if (!text->empty()) return ParseRetentionPolicy(*text);
    return absl::FailedPreconditionError(
        "the store has no policy; give --policy FILE for this once, or --set "
        "FILE to keep one");
  }
  const absl::StatusOr<std::string> text =
      ReadPolicyFile(arguments.policy_path);
  if (!text.ok()) return text.status();
  absl::StatusOr<RetentionPolicy> policy = ParseRetentionPolicy(*text);
  if (!policy.ok()) return InFile(arguments.policy_path, policy.status());
  return policy;
}

std::string WhyText(const StreamExpiry& expiry) {
  if (expiry.chunks_for_room == 0) return "age";
  return expiry.chunks_by_age == 0 ? "room" : "age, room";
}

std::string ReportText(const RetentionReport& report, bool plan, bool color) {
  std::string text;
  if (!report.streams.empty()) {
    Table table({{plan ? "WOULD GO" : "WENT"},
                 {"WHY"},
                 {"CHUNKS", Align::kRight},
                 {"SAMPLES", Align::kRight},
                 {"PAYLOAD", Align::kRight},
                 {"FROM"},
                 {"TO"}});
    for (const StreamExpiry& expiry : report.streams) {
      table.Add({expiry.stream, WhyText(expiry), FormatCount(expiry.chunks()),
                 FormatCount(expiry.samples), FormatBytes(expiry.bytes),
                 FormatStreamTime(expiry.from_ns),
                 FormatStreamTime(expiry.to_ns)});
    }
    absl::StrAppend(&text, table.Render(color), "\n");
  }
  absl::StrAppend(&text, "store: ", FormatBytes(report.store_bytes_before),
                  plan ? " now, " : " before, ",
                  FormatBytes(report.store_bytes_after),
                  plan ? " afterwards" : " now");
  if (report.streams.empty()) absl::StrAppend(&text, "; nothing to let go");
  if (!report.enough) {
    absl::StrAppend(&text,
                    "; more than the policy allows is left: pins, or what "
                    "others put on the disk");
  }
  return text + "\n";
}

Json ReportJson(const RetentionReport& report, bool plan) {
  Json document = Document("retain");
  document["plan"] = plan;
  document["store_bytes_before"] = report.store_bytes_before;
  document["store_bytes_after"] = report.store_bytes_after;
  document["wanted_bytes"] = report.wanted_bytes;
  document["enough"] = report.enough;
  document["streams"] = Json::array();
  for (const StreamExpiry& expiry : report.streams) {
    document["streams"].push_back({{"name", expiry.stream},
                                   {"chunks_by_age", expiry.chunks_by_age},
                                   {"chunks_for_room", expiry.chunks_for_room},
                                   {"samples", expiry.samples},
                                   {"payload_bytes", expiry.bytes},
                                   {"from_ns", NanosecondsJson(expiry.from_ns)},
                                   {"to_ns", NanosecondsJson(expiry.to_ns)}});
  }
  return document;
}

absl::StatusOr<int> Set(const Context& context, const std::string& path) {
  const absl::StatusOr<std::string> text = ReadPolicyFile(path);
  if (!text.ok()) return text.status();
  auto store = OpenStore(context, StoreMode::kWrite);
  if (!store.ok()) return store.status();
  if (absl::Status s = SetPolicy((*store)->chunks(), *text); !s.ok()) {
    return InFile(path, s);
  }
  if (context.json) {
    Json document = Document("retain");
    document["policy"] = *text;
    WriteJson(document);
  } else {
    WriteResult("policy kept; 'fovea retain --plan' says what it lets go\n");
  }
  return kExitOk;
}

absl::StatusOr<int> Show(const Context& context) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const absl::StatusOr<std::string> text = StoredPolicyText((*store)->chunks());
  if (!text.ok()) return text.status();
  if (context.json) {
    Json document = Document("retain");
    document["policy"] = *text;
    WriteJson(document);
  } else {
    WriteResult(text->empty() ? "no policy: everything is kept\n" : *text);
  }
  return kExitOk;
}

absl::StatusOr<RetentionReport> Carry(const Context& context, ChunkStore* store,
                                      const RetentionPolicy& policy,
                                      bool plan) {
  CatchInterrupts();
  const Terminal terminal = DescribeTerminal(2, context.color);
  ProgressPrinter printer(
      terminal.interactive && !context.no_progress ? ProgressMode::kBar
                                                   : ProgressMode::kNone,
      terminal.columns,
      [](const std::string& bytes) { std::cerr << bytes << std::flush; });
  RetentionOptions options;
  options.now_ns = WallNowNs();
  options.stop = StopFlag();
  options.progress = [&](int64_t done, int64_t total) {
    ProgressState state;
    state.label = "retain";
    state.done = static_cast<double>(done);
    state.total = static_cast<double>(total);
    printer.Update(MonotonicNowNs(), state);
  };
  auto report = plan ? PlanRetention(store, policy, options)
                     : ApplyRetention(store, policy, options);
  printer.Clear();
  return report;
}

absl::StatusOr<int> RunRetain(const Context& context,
                              const RetainArguments& arguments) {
  if (arguments.show) return Show(context);
  if (!arguments.set_path.empty()) return Set(context, arguments.set_path);
  auto store = OpenStore(
      context, arguments.plan ? StoreMode::kReadFiles : StoreMode::kWrite);
  if (!store.ok()) return store.status();
  const absl::StatusOr<RetentionPolicy> policy =
      PolicyFor(arguments, (*store)->chunks());
  if (!policy.ok()) return policy.status();
  const absl::StatusOr<RetentionReport> report =
      Carry(context, (*store)->chunks(), *policy, arguments.plan);
  if (!report.ok()) return report.status();
  if (!arguments.plan) {
    const absl::Status trusted = TrustClock((*store)->chunks(), WallNowNs());
    if (!trusted.ok()) return trusted;
  }
  if (context.json) {
    WriteJson(ReportJson(*report, arguments.plan));
  } else {
    WriteResult(ReportText(*report, arguments.plan,
                           DescribeTerminal(1, context.color).color));
  }
  return report->enough ? kExitOk : kExitLoss;
}

}  // namespace

void AddRetain(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<RetainArguments>();
  CLI::App* verb = AddVerb(
      app, context, "retain", "Let go what the retention policy does not keep",
      StoreNeed::kRequired,
      [context, arguments] { return RunRetain(*context, *arguments); });
  CLI::Option* plan = verb->add_flag("--plan", arguments->plan,
                                     "Say what would go, and change nothing");
  CLI::Option* policy =
      verb->add_option("--policy", arguments->policy_path,
                       "This policy instead of the store's, once")
          ->type_name("FILE");
  CLI::Option* set = verb->add_option("--set", arguments->set_path,
                                      "Keep this policy in the store, and "
                                      "change nothing else")
                         ->type_name("FILE");
  CLI::Option* show =
      verb->add_flag("--show", arguments->show, "Write the store's policy");
  set->excludes(plan)->excludes(policy)->excludes(show);
  show->excludes(plan)->excludes(policy);
}

}  // namespace fovea::cli
