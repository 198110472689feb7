// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/audit_log.h"

#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/decision_book.h"
#include "api/look_book.h"
#include "filter/decision.h"
#include "filter/error_bound.h"

namespace fovea {
namespace {

// Tallies by the coin that chose among the decisions.
class Tally {
 public:
  void Add(const Decision& decision) {
    CheckTally& coin = coins_[decision.check_probability];
    coin.q = static_cast<double>(decision.check_probability);
    ++coin.decisions;
    // A check that failed tells nothing good of the answer it was to check.
    const bool failed = decision.kind == DecisionKind::kRunFailed;
    coin.checks += decision.shadowed;
    coin.caught += decision.shadowed && (decision.wrong || failed);
  }

  LoggedTally Summary(double alpha) const {
    LoggedTally summary;
    std::vector<CheckTally> coins;
    for (const auto& [q, coin] : coins_) {
      coins.push_back(coin);
      summary.given += coin.decisions - coin.checks;
      summary.checks += coin.checks;
      summary.caught += coin.caught;
    }
    if (summary.given > 0) summary.most_wrong = MostMissed(coins, alpha);
    return summary;
  }

 private:
  std::map<float, CheckTally> coins_;
};

bool IsAnswer(DecisionKind kind) {
  return kind == DecisionKind::kHold || kind == DecisionKind::kReuse ||
         kind == DecisionKind::kDrop;
}

class Log {
 public:
  void Add(const DecidedInput& input) {
    if (audited_.inputs == 0) audited_.first_index = input.index;
    audited_.last_index = input.index;
    ++audited_.inputs;
    const Decision& decision = input.decision;
    const auto kind = static_cast<size_t>(decision.kind);
    const auto cause = static_cast<size_t>(decision.cause);
    if (kind < kAuditedKinds && cause < kAuditedCauses) {
      ++audited_.counts[kind][cause];
    }
    CountRun(decision);
    if (decision.check_probability > 0) {
      all_.Add(decision);
      // Of a failed check is not known what it was of: it counts with either.
      const bool failed = decision.kind == DecisionKind::kRunFailed;
      if (failed || decision.kind == DecisionKind::kHold) hold_.Add(decision);
      if (failed || decision.kind == DecisionKind::kReuse) reuse_.Add(decision);
    } else if (IsAnswer(decision.kind)) {
      ++audited_.unchecked;
    }
  }

  AuditedModel Summary(double alpha) const {
    AuditedModel summary = audited_;
    summary.all = all_.Summary(alpha);
    summary.hold = hold_.Summary(alpha);
    summary.reuse = reuse_.Summary(alpha);
    return summary;
  }

 private:
  void CountRun(const Decision& decision) {
    const bool failed = decision.kind == DecisionKind::kRunFailed;
    audited_.failed += failed;
    audited_.gaps += decision.kind == DecisionKind::kGap;
    audited_.runs +=
        failed || decision.shadowed || decision.kind == DecisionKind::kRun;
    audited_.warm_up_runs += decision.kind == DecisionKind::kRun &&
                             decision.cause == DecisionCause::kNotCertified;
  }

  AuditedModel audited_;
  Tally all_, hold_, reuse_;
};

}  // namespace

absl::StatusOr<std::vector<AuditedModel>> ReadAudit(StoreReader* store,
                                                    const AuditQuery& query) {
  if (!(query.confidence > 0 && query.confidence < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("audit: a confidence of ", query.confidence,
                     "; one between 0 and 1 was expected"));
  }
  const auto looks = LookBook::Read(store, query.stream);
  if (!looks.ok()) return looks.status();
  std::map<std::pair<ModelDigest, InputKind>, Log> logs;
  const DecisionQuery decisions{query.stream, query.model, query.first_index,
                                query.end_index};
  const absl::Status read =
      ReadDecisions(store, decisions, [&](const DecidedInput& input) {
        logs[{input.model, input.kind}].Add(input);
        return true;
      });
  if (!read.ok()) return read;
  std::vector<AuditedModel> audited;
  for (const auto& [of, log] : logs) {
    AuditedModel model = log.Summary(1 - query.confidence);
    model.model.digest = of.first;
    model.kind = of.second;
    const auto known = looks->models().find(of.first);
    if (known != looks->models().end()) model.model.name = known->second.name;
    audited.push_back(std::move(model));
  }
  return audited;
}

}  // namespace fovea
