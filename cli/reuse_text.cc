// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/reuse_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/model_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

std::string PhaseText(AuditPhase phase, const char* input) {
  switch (phase) {
    case AuditPhase::kNever:
      return "never: no error is allowed";
    case AuditPhase::kLearning:
      return absl::StrCat("learning: every ", input, " is run");
    case AuditPhase::kGiving:
      return "giving";
    case AuditPhase::kBypassed:
      break;
  }
  return absl::StrCat("bypassed after alarms: every ", input, " is run");
}

const char* PhaseName(AuditPhase phase) {
  switch (phase) {
    case AuditPhase::kNever:
      return "never";
    case AuditPhase::kLearning:
      return "learning";
    case AuditPhase::kGiving:
      return "giving";
    case AuditPhase::kBypassed:
      break;
  }
  return "bypassed";
}

std::string Percent(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

double Share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

Json TallyJson(const AuditTally& tally) {
  return {{"given", tally.given},           {"checks", tally.checks},
          {"caught", tally.caught},         {"caught_rate", tally.caught_rate},
          {"most_wrong", tally.most_wrong}, {"bound", tally.bound}};
}

}  // namespace

Json ReuseJson(const ReuseReport& report) {
  const AuditReport& audit = report.audit;
  Json json = {{"model", report.model.name},
               {"digest", DigestText(report.model.digest)},
               {"inputs", report.inputs},
               {"runs", report.runs},
               {"held", report.held},
               {"reused", report.reused},
               {"failed", report.failed},
               {"gaps", report.gaps},
               {"run_ns", NanosecondsJson(report.run_ns)},
               {"decide_ns", NanosecondsJson(report.decide_ns)},
               {"too_dear", report.too_dear},
               {"max_error", audit.max_error},
               {"confidence", audit.confidence},
               {"phase", PhaseName(audit.phase)},
               {"warm_up_runs", audit.warm_up_runs},
               {"bound", audit.all.bound},
               {"meets_target", audit.meets_target},
               {"saved", audit.saved},
               {"tax", audit.tax},
               {"all", TallyJson(audit.all)},
               {"hold", TallyJson(audit.hold)},
               {"reuse", TallyJson(audit.reuse)},
               {"alarms", report.alarms}};
  return json;
}

std::string ReuseText(const ReuseReport& report, bool offline,
                      const char* input) {
  const AuditReport& audit = report.audit;
  const int64_t given = report.held + report.reused;
  FactList facts;
  facts.Add(Printable(report.model.name),
            absl::StrCat("run on ", FormatCount(report.runs), " of ",
                         FormatCount(report.inputs, input), ", ",
                         Percent(Share(given, report.inputs)), " saved"));
  facts.Add("answers", absl::StrCat(FormatCount(report.held), " held, ",
                                    FormatCount(report.reused), " reused"));
  const int64_t warm = report.inputs - audit.warm_up_runs;
  if (warm > 0 && audit.warm_up_runs > 0) {
    facts.Add("after warm-up",
              absl::StrCat(Percent(Share(given, warm)), " saved of ",
                           FormatCount(warm, input)));
  }
  facts.Add("audit", offline ? "none: the model is not there"
                             : PhaseText(audit.phase, input));
  if (audit.all.given > 0 && !offline) {
    facts.Add("wrong",
              absl::StrCat("at most ", Percent(audit.all.bound),
                           " of them (at ", Percent(audit.confidence), "; ",
                           FormatCount(audit.all.caught), " of ",
                           FormatCount(audit.all.checks, "check"), "; target ",
                           Percent(audit.max_error), ")"));
  }
  if (report.failed > 0) {
    facts.Add("failed", FormatCount(report.failed, "run") + ", no answer");
  }
  if (report.gaps > 0) {
    facts.Add("gaps", FormatCount(report.gaps, input) + " without an answer");
  }
  if (report.too_dear) {
    facts.Add("filter", "off: deciding costs more than it saves");
  }
  for (const std::string& alarm : report.alarms) facts.Add("alarm", alarm);
  return facts.Render();
}

}  // namespace fovea::cli
