// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/inference_reuse.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// Regions of one input decided about one after another.
constexpr uint64_t kRegionsPerInput = 1024;

// Of a mean over the latest: the 64th part of each new value.
constexpr double kForget = 1.0 / 64;

// Decisions after which cost is weighed, and for which a gate that was too
// dear stays off before it is tried again.
constexpr int64_t kWeighAfter = 256, kRestFor = 4096;

// Indices beyond 2^54 and regions beyond 1023 share a number, so they are
// run, never given.
uint64_t SequenceOf(const ReuseInput& input) {
  constexpr uint64_t kMostIndex =
      std::numeric_limits<uint64_t>::max() / kRegionsPerInput;
  return std::min(input.index, kMostIndex) * kRegionsPerInput +
         std::min<uint64_t>(input.region, kRegionsPerInput - 1);
}

// `now` is not before `then`, whatever the two are.
bool IsLonger(int64_t then, int64_t now, int64_t most) {
  return static_cast<uint64_t>(now) - static_cast<uint64_t>(then) >
         static_cast<uint64_t>(most);
}

void Blend(double value, double* mean) {
  *mean += *mean == 0 ? value : kForget * (value - *mean);
}

}  // namespace

absl::StatusOr<std::unique_ptr<InferenceReuse>> InferenceReuse::Create(
    const ModelDigest& model, InferenceReuseOptions options) {
  if (options.blind_ns < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("reuse: longest blind time of ", options.blind_ns,
                     " ns; 0 or more was expected"));
  }
  auto auditor = options.audit_state.empty()
                     ? Auditor::Create(options.audit)
                     : Auditor::Load(options.audit, options.audit_state);
  if (!auditor.ok()) return auditor.status();
  return std::unique_ptr<InferenceReuse>(
      new InferenceReuse(model, std::move(options), *std::move(auditor)));
}

InferenceReuse::InferenceReuse(const ModelDigest& model,
                               InferenceReuseOptions options, Auditor auditor)
    : model_(model),
      options_(std::move(options)),
      auditor_(std::move(auditor)),
      predictor_(options_.predictor) {}

ReuseVerdict InferenceReuse::Decide(const ReuseInput& input) {
  const int64_t begun = options_.monotonic_ns ? options_.monotonic_ns() : 0;
  ReuseVerdict verdict = Weigh(input);
  if (options_.monotonic_ns) {
    WeighCost(options_.monotonic_ns() - begun, !verdict.run);
  }
  last_time_ns_ = input.time_ns;
  return verdict;
}

ReuseVerdict InferenceReuse::Weigh(const ReuseInput& input) {
  input_ = input;
  candidate_.reset();
  verdict_.reset();
  decision_ = {};
  if (last_time_ns_ && input.time_ns < *last_time_ns_) Reset();
  if (!blind_since_ns_) blind_since_ns_ = input.time_ns;
  static const Grid kNoGrid;
  history_.See(input.grid != nullptr ? *input.grid : kNoGrid, input.features,
               input.time_ns);
  if (options_.carry && input.grid != nullptr) {
    for (Kept& kept : kept_) options_.carry(*input.grid, &kept.answer);
  }
  const auto must = MustRun(input);
  if (must) return Run(input, *must);
  candidate_ = Propose(input);
  if (!candidate_) return Run(input, DecisionCause::kFirst);
  decision_.kind = candidate_->kind;
  decision_.cause = candidate_->kind == DecisionKind::kHold
                        ? DecisionCause::kGate
                        : DecisionCause::kCache;
  decision_.reference_stream = candidate_->key.stream;
  decision_.reference_index = candidate_->key.index;
  decision_.distance = candidate_->distance;
  return options_.offline ? GiveOffline(*candidate_) : Audit(input);
}

ReuseVerdict InferenceReuse::Audit(const ReuseInput& input) {
  verdict_ = auditor_.Decide(
      SequenceOf(input), {candidate_->kind, decision_.cause, candidate_->risk});
  decision_.cause = verdict_->cause;
  decision_.check_probability = static_cast<float>(verdict_->check_probability);
  decision_.threshold_version = verdict_->version;
  decision_.shadowed = verdict_->check;
  if (verdict_->give) return Give(*candidate_);
  // Of a check what was proposed is told, beside that it ran.
  if (!verdict_->check) decision_.kind = DecisionKind::kRun;
  return {true, "", {}, decision_};
}

std::optional<DecisionCause> InferenceReuse::MustRun(
    const ReuseInput& input) const {
  if (options_.offline) return std::nullopt;
  if (last_time_ns_ && input.time_ns < *last_time_ns_) {
    return DecisionCause::kClock;
  }
  if (too_dear_) return DecisionCause::kTooDear;
  if (IsLonger(*blind_since_ns_, input.time_ns, options_.blind_ns)) {
    return DecisionCause::kBlindTime;
  }
  return std::nullopt;
}

ReuseVerdict InferenceReuse::Run(const ReuseInput& input, DecisionCause cause) {
  decision_.cause = cause;
  if (options_.offline) {
    decision_.kind = DecisionKind::kGap;
    return {false, "", {}, decision_};
  }
  decision_.kind = DecisionKind::kRun;
  auditor_.Run(SequenceOf(input), cause);
  return {true, "", {}, decision_};
}

// No coin checks it: nothing is given that is riskier than what was certified,
// or than the target where nothing was.
ReuseVerdict InferenceReuse::GiveOffline(const Candidate& candidate) {
  const double most = auditor_.threshold().value_or(options_.audit.max_error);
  const bool given = static_cast<double>(candidate.risk) <= most;
  if (given) return Give(candidate);
  decision_.kind = DecisionKind::kGap;
  return {false, "", {}, decision_};
}

ReuseVerdict InferenceReuse::Give(const Candidate& candidate) {
  if (candidate.kind == DecisionKind::kReuse && options_.cache != nullptr) {
    options_.cache->CountUse(candidate.key);
  }
  return {false, candidate.answer, candidate.traits, decision_};
}

std::optional<InferenceReuse::Candidate> InferenceReuse::Propose(
    const ReuseInput& input) {
  comparison_ = history_.Compare();
  // Nothing is known of it: all such inputs would be alike.
  if (input.features.cells.empty()) return std::nullopt;
  std::optional<Candidate> held;
  if (!comparison_.runs.empty()) {
    held = Held(comparison_, predictor_.Predict(comparison_));
    const auto threshold = auditor_.threshold();
    if (threshold && held->risk <= *threshold) return held;
  }
  auto found = Found(input, &comparison_);
  if (!found) return held;
  return !held || found->risk < held->risk ? found : held;
}

InferenceReuse::Candidate InferenceReuse::Held(const ComparedRuns& comparison,
                                               const Prediction& best) const {
  const Kept& kept = kept_[best.run];
  return {DecisionKind::kHold, kept.key,  kept.answer,
          kept.traits,         best.risk, comparison.runs[best.run].distance};
}

std::optional<InferenceReuse::Candidate> InferenceReuse::Found(
    const ReuseInput& input, ComparedRuns* comparison) const {
  if (options_.cache == nullptr) return std::nullopt;
  LookupLimits limits;
  limits.most_distance = options_.cache_distance;
  limits.tight_distance = options_.cache_distance;
  const Lookup found = options_.cache->Find(input.fingerprint, input.features,
                                            input.time_ns, limits);
  if (found.outcome != LookupOutcome::kFound) return std::nullopt;
  const Result& result = *found.result;
  if (result.model != model_ || result.kind != input.kind) return std::nullopt;
  comparison->runs.push_back(OfAnotherTime(input.features, result.features,
                                           found.distance, result.vote));
  const Prediction best = predictor_.Predict(*comparison);
  comparison->runs.pop_back();
  if (best.vote != result.vote) return std::nullopt;
  Candidate candidate{
      DecisionKind::kReuse, InputKeyOf(result), result.answer, {}, best.risk,
      found.distance};
  candidate.traits.vote = result.vote;
  return candidate;
}

InferenceReuse::Learnt InferenceReuse::Ran(const ModelAnswer& answer) {
  Learnt learnt;
  Blend(static_cast<double>(answer.cost_ns), &run_ns_);
  blind_since_ns_ = input_.time_ns;
  bool move = true;
  if (verdict_ && verdict_->learn) {
    const bool wrong = options_.differs
                           ? options_.differs(answer.answer, candidate_->answer)
                           : answer.traits.vote != candidate_->traits.vote;
    decision_.wrong = wrong;
    move = verdict_->move_reference || (verdict_->check && wrong);
    learnt.alarm = auditor_.Learn(*verdict_, wrong);
    if (verdict_->check) {
      predictor_.Learn({comparison_, answer.traits.vote});
    }
    if (wrong && candidate_->kind == DecisionKind::kReuse &&
        options_.cache != nullptr) {
      learnt.stored = options_.cache->Remove(candidate_->key);
    }
  }
  learnt.stored.Update(Follow(learnt.alarm));
  if (move) Remember(answer);
  if (options_.cache != nullptr) learnt.stored.Update(Keep(answer));
  learnt.decision = decision_;
  return learnt;
}

InferenceReuse::Learnt InferenceReuse::Failed() {
  Learnt learnt;
  if (verdict_ && verdict_->learn) {
    learnt.alarm = auditor_.Learn(*verdict_, /*wrong=*/true);
  }
  learnt.stored = Follow(learnt.alarm);
  ForgetHeld();
  decision_.kind = DecisionKind::kRunFailed;
  learnt.decision = decision_;
  return learnt;
}

void InferenceReuse::Remember(const ModelAnswer& answer) {
  history_.Ran(answer.traits);
  kept_.push_front({{input_.stream, input_.index, input_.region},
                    answer.answer,
                    answer.traits});
  if (kept_.size() > AnswerHistory::kRuns) kept_.pop_back();
}

absl::Status InferenceReuse::Keep(const ModelAnswer& answer) {
  Result result;
  result.model = model_;
  result.stream = input_.stream;
  result.index = input_.index;
  result.region = input_.region;
  result.kind = input_.kind;
  result.fingerprint = input_.fingerprint;
  result.features = input_.features;
  result.answer = answer.answer;
  result.vote = answer.traits.vote;
  result.time_ns = input_.time_ns;
  result.cost_ns = answer.cost_ns;
  return options_.cache->Put(std::move(result)).status();
}

absl::Status InferenceReuse::Follow(const std::optional<AuditAlarm>& alarm) {
  if (!alarm || alarm->action == AuditAction::kTighten) return absl::OkStatus();
  ForgetHeld();
  if (options_.cache == nullptr) return absl::OkStatus();
  return options_.cache->RemoveAll();
}

void InferenceReuse::ForgetHeld() {
  history_.Reset();
  kept_.clear();
}

void InferenceReuse::Reset() {
  ForgetHeld();
  blind_since_ns_.reset();
}

void InferenceReuse::WeighCost(int64_t decide_ns, bool given) {
  Blend(static_cast<double>(decide_ns), &decide_ns_);
  if (too_dear_) {
    too_dear_ = ++weighed_ < kRestFor;
    if (!too_dear_) weighed_ = 0;
    return;
  }
  // While learning nothing can be saved yet.
  if (!auditor_.threshold()) {
    weighed_ = 0;
    return;
  }
  given_share_ += kForget * ((given ? 1 : 0) - given_share_);
  if (++weighed_ < kWeighAfter) return;
  weighed_ = 0;
  too_dear_ = run_ns_ > 0 && decide_ns_ > given_share_ * run_ns_;
}

}  // namespace fovea
