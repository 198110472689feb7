// SPDX-License-Identifier: GPL-2.0-or-later
//
// What reuse of one model's answers about one stream gives, input by input,
// and what it has cost so far: the part that pictures and windows share.

#ifndef FOVEA_API_REUSE_ACCOUNT_H_
#define FOVEA_API_REUSE_ACCOUNT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/reuse_ledger.h"
#include "codec/model_id.h"
#include "filter/audit_report.h"
#include "filter/decision.h"
#include "filter/inference_reuse.h"
#include "sensitivity/decoder.h"

namespace fovea {

// Of one stream, model and kind of input.
struct ReuseReport {
  ModelId model;
  AuditReport audit;
  int64_t inputs = 0;
  int64_t runs = 0;  // checks among them
  int64_t held = 0;
  int64_t reused = 0;
  int64_t failed = 0;     // runs that gave no answer
  int64_t gaps = 0;       // offline, and nothing known
  int64_t run_ns = 0;     // spent in the model
  int64_t decide_ns = 0;  // and on deciding
  bool too_dear = false;  // deciding cost more than it saved, and is off
  std::vector<std::string> alarms;
};

// What the model says about an input, or would say. No answer: it failed, of
// which `error` tells, or is absent.
struct Answered {
  std::optional<Answer> answer;
  Decision decision;
  bool run = false;       // the model was
  bool repeated = false;  // it is what was given before
  absl::Status error;
};

// Runs the model.
using AskModel = std::function<absl::StatusOr<Answer>()>;

// Not thread-safe.
class ReuseAccount {
 public:
  // `ledger` outlives this.
  ReuseAccount(const ModelId& model, ReuseLedger* ledger,
               std::function<int64_t()> monotonic_ns);

  int64_t now_ns() const { return monotonic_ns_(); }

  // An input has been decided about, and that took so long.
  void CountDecided(int64_t decide_ns);

  // What a verdict without a run gives of the input. `given`: what was given
  // last where answers are held from, as it is stored; empty: nothing. Errors
  // of the ledger, and of an answer that cannot be read.
  absl::StatusOr<Answered> Give(uint64_t index, uint32_t region,
                                const ReuseVerdict& verdict,
                                std::string* given);

  // A run, before the filter has learnt of it.
  struct Run {
    std::optional<ModelAnswer> said;  // none: it failed
    Answered answered;                // all but the decision
  };
  // Runs the model; what `encode` refuses is a failure.
  using Encode = std::function<absl::StatusOr<ModelAnswer>(const Answer&)>;
  Run Ask(const AskModel& ask, const Encode& encode, std::string* given);

  // Notes what the filter has learnt from the run. Errors of the ledger, and of
  // the cache.
  absl::StatusOr<Answered> Settle(uint64_t index, uint32_t region, Run run,
                                  const InferenceReuse::Learnt& learnt);

  // `what`: the input that raised it. All are counted by the auditor, as many
  // as anyone would read are told.
  void Tell(const std::string& what, const AuditAlarm& alarm);

  // All but `audit` and `too_dear`.
  const ReuseReport& report() const { return report_; }

 private:
  ReuseLedger* const ledger_;
  const std::function<int64_t()> monotonic_ns_;
  ReuseReport report_;
};

}  // namespace fovea

#endif  // FOVEA_API_REUSE_ACCOUNT_H_
