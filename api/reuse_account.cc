// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reuse_account.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"

namespace fovea {
namespace {

constexpr size_t kMostAlarms = 64;  // told; all are counted

}  // namespace

ReuseAccount::ReuseAccount(const ModelId& model, ReuseLedger* ledger,
                           std::function<int64_t()> monotonic_ns)
    : ledger_(ledger), monotonic_ns_(std::move(monotonic_ns)) {
  report_.model = model;
}

void ReuseAccount::CountDecided(int64_t decide_ns) {
  report_.decide_ns += decide_ns;
  ++report_.inputs;
}

absl::StatusOr<Answered> ReuseAccount::Give(uint64_t index, uint32_t region,
                                            const ReuseVerdict& verdict,
                                            std::string* given) {
  const Decision& decision = verdict.decision;
  absl::Status noted = ledger_->Note(index, region, decision);
  if (!noted.ok()) return noted;
  Answered answered;
  answered.decision = decision;
  if (decision.kind == DecisionKind::kGap) {
    ++report_.gaps;
    given->clear();
    return answered;
  }
  answered.repeated = verdict.answer == *given;
  *given = verdict.answer;
  auto answer = DecodeAnswer(verdict.answer);
  if (!answer.ok()) return answer.status();
  answered.answer = *std::move(answer);
  ++(decision.kind == DecisionKind::kReuse ? report_.reused : report_.held);
  return answered;
}

ReuseAccount::Run ReuseAccount::Ask(const AskModel& ask, const Encode& encode,
                                    std::string* given) {
  const int64_t begun = now_ns();
  auto answer = ask();
  const int64_t cost_ns = now_ns() - begun;
  report_.run_ns += cost_ns;
  ++report_.runs;
  Run run;
  run.answered.run = true;
  given->clear();
  auto said = answer.ok() ? encode(*answer)
                          : absl::StatusOr<ModelAnswer>(answer.status());
  if (!said.ok()) {
    ++report_.failed;
    run.answered.error = said.status();
    return run;
  }
  said->cost_ns = cost_ns;
  *given = said->answer;
  run.said = *std::move(said);
  run.answered.answer = *std::move(answer);
  return run;
}

absl::StatusOr<Answered> ReuseAccount::Settle(
    uint64_t index, uint32_t region, Run run,
    const InferenceReuse::Learnt& learnt) {
  if (!learnt.stored.ok()) return learnt.stored;
  run.answered.decision = learnt.decision;
  absl::Status noted = ledger_->Note(index, region, learnt.decision);
  if (!noted.ok()) return noted;
  return std::move(run.answered);
}

void ReuseAccount::Tell(const std::string& what, const AuditAlarm& alarm) {
  if (report_.alarms.size() >= kMostAlarms) return;
  report_.alarms.push_back(absl::StrCat(what, ": ", alarm.reason));
}

}  // namespace fovea
