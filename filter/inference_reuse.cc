// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/inference_reuse.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/grid_gate.h"
#include "filter/region.h"

namespace fovea {
namespace {

// Regions of one input decided about one after another, the whole among them.
constexpr uint64_t kRegionsPerInput = uint64_t{kMostRegions} + 1;

// Indices beyond 2^54 share a number, and so do regions that are too many: they
// are run, never given.
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

}  // namespace

absl::StatusOr<std::unique_ptr<InferenceReuse>> InferenceReuse::Create(
    const ModelDigest& model, InferenceReuseOptions options,
    std::unique_ptr<Gate> gate) {
  if (options.blind_ns < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("reuse: longest blind time of ", options.blind_ns,
                     " ns; 0 or more was expected"));
  }
  if (gate == nullptr) gate = std::make_unique<GridGate>(options.predictor);
  if (options.auditor != nullptr) {
    return std::unique_ptr<InferenceReuse>(new InferenceReuse(
        model, std::move(options), std::nullopt, std::move(gate)));
  }
  auto auditor = options.audit_state.empty()
                     ? Auditor::Create(options.audit)
                     : Auditor::Load(options.audit, options.audit_state);
  if (!auditor.ok()) return auditor.status();
  return std::unique_ptr<InferenceReuse>(new InferenceReuse(
      model, std::move(options), *std::move(auditor), std::move(gate)));
}

InferenceReuse::InferenceReuse(const ModelDigest& model,
                               InferenceReuseOptions options,
                               std::optional<Auditor> own_auditor,
                               std::unique_ptr<Gate> gate)
    : model_(model),
      options_(std::move(options)),
      own_auditor_(std::move(own_auditor)),
      auditor_(own_auditor_ ? *own_auditor_ : *options_.auditor),
      gate_(std::move(gate)) {
  const auto& nothing = options_.nothing;
  if (nothing && gate_->usual() == nothing->traits.vote) usual_ = nothing;
}

ReuseVerdict InferenceReuse::Decide(const ReuseInput& input) {
  const int64_t begun = options_.monotonic_ns ? options_.monotonic_ns() : 0;
  ReuseVerdict verdict = Weigh(input);
  if (options_.monotonic_ns) {
    WeighCost(input.spent_ns + options_.monotonic_ns() - begun, !verdict.run);
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
  history_.See(
      input.grid != nullptr ? *input.grid : kNoGrid, input.features,
      input.time_ns,
      options_.predictor.compares_thumbnails() ? input.thumbnail : Thumbnail());
  if (options_.carry && input.grid != nullptr) {
    for (Kept& kept : kept_) options_.carry(*input.grid, &kept.answer);
  }
  GateDecision gate;
  gate_asked_ = !too_dear();
  if (gate_asked_) gate = AskGate(/*cached=*/nullptr);
  const auto must = MustRun(input);
  if (must) return Run(input, *must);
  candidate_ = Propose(gate);
  if (!candidate_) {
    return Run(input, gate.kind == DecisionKind::kRun ? gate.cause
                                                      : DecisionCause::kFirst);
  }
  decision_.kind = candidate_->kind;
  decision_.cause = candidate_->cause;
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
  if (too_dear()) return DecisionCause::kTooDear;
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
  const double uncertified =
      gate_->GivesProbabilities() ? auditor_.options().max_error : 0;
  const double most = auditor_.threshold().value_or(uncertified);
  if (std::isfinite(candidate.risk) && candidate.risk <= most) {
    return Give(candidate);
  }
  decision_.kind = DecisionKind::kGap;
  return {false, "", {}, decision_};
}

ReuseVerdict InferenceReuse::Give(const Candidate& candidate) {
  if (candidate.cause == DecisionCause::kCache && options_.cache != nullptr) {
    options_.cache->CountUse(candidate.key);
  }
  return {false, candidate.answer, candidate.traits, decision_};
}

GateDecision InferenceReuse::AskGate(const CachedInput* cached) {
  return gate_->Decide({input_.time_ns, &input_.features, input_.grid,
                        input_.frame, &input_.thumbnail},
                       {&history_, cached, usual_.has_value()});
}

std::optional<InferenceReuse::Candidate> InferenceReuse::Propose(
    const GateDecision& gate) {
  const auto held = Held(gate);
  const auto threshold = auditor_.threshold();
  if (held && threshold && held->risk <= *threshold) return held;
  auto found = Found();
  if (!found) return held;
  return !held || found->risk < held->risk ? found : held;
}

// The usual answer is compared with no run: it is as far as it is unlikely,
// and refers to the run that last said so, or where none has to the input
// itself.
std::optional<InferenceReuse::Candidate> InferenceReuse::Held(
    const GateDecision& gate) const {
  // Of an input of another shape nothing is known.
  if (gate.kind == DecisionKind::kRun || !std::isfinite(gate.distance)) {
    return std::nullopt;
  }
  if (gate.kind == DecisionKind::kReuse) {
    const InputKey here{input_.stream, input_.index, input_.region};
    return Candidate{gate.kind,      gate.cause,     usual_run_.value_or(here),
                     usual_->answer, usual_->traits, gate.risk,
                     gate.distance};
  }
  if (gate.run >= kept_.size()) return std::nullopt;
  const Kept& kept = kept_[gate.run];
  return Candidate{gate.kind,   gate.cause, kept.key,     kept.answer,
                   kept.traits, gate.risk,  gate.distance};
}

std::optional<InferenceReuse::Candidate> InferenceReuse::Found() {
  // Without features all inputs would be alike.
  if (options_.cache == nullptr || !gate_->WeighsCached() ||
      input_.features.cells.empty()) {
    return std::nullopt;
  }
  LookupLimits limits;
  limits.most_distance = options_.cache_distance;
  limits.tight_distance = options_.cache_distance;
  const Lookup found = options_.cache->Find(input_.fingerprint, input_.features,
                                            input_.time_ns, limits);
  if (found.outcome != LookupOutcome::kFound) return std::nullopt;
  const Result& result = *found.result;
  if (result.model != model_ || result.kind != input_.kind) return std::nullopt;
  const CachedInput cached = {&result.features, found.distance, result.vote};
  const GateDecision gate = AskGate(&cached);
  if (gate.kind != DecisionKind::kReuse) return std::nullopt;
  Candidate candidate{gate.kind, gate.cause, InputKeyOf(result), result.answer,
                      {},        gate.risk,  gate.distance};
  candidate.traits.vote = result.vote;
  return candidate;
}

InferenceReuse::Learnt InferenceReuse::Ran(const ModelAnswer& answer) {
  Learnt learnt;
  cost_.Ran(answer.cost_ns);
  blind_since_ns_ = input_.time_ns;
  bool move = true;
  if (verdict_ && verdict_->learn) {
    const bool wrong = options_.differs
                           ? options_.differs(answer.answer, candidate_->answer)
                           : answer.traits.vote != candidate_->traits.vote;
    decision_.wrong = wrong;
    move = verdict_->move_reference || (verdict_->check && wrong);
    learnt.alarm = auditor_.Learn(*verdict_, wrong);
    if (wrong && candidate_->cause == DecisionCause::kCache &&
        options_.cache != nullptr) {
      learnt.stored = options_.cache->Remove(candidate_->key);
    }
  }
  learnt.stored.Update(Follow(learnt.alarm));
  if (gate_asked_) {
    gate_->Ran({answer.traits, move, verdict_ && verdict_->check});
  }
  if (move) Remember(answer);
  RememberUsual(answer);
  if (options_.cache != nullptr && !input_.features.cells.empty()) {
    learnt.stored.Update(Keep(answer));
  }
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

// Every run's, even where the reference stays: it is not held against it.
void InferenceReuse::RememberUsual(const ModelAnswer& answer) {
  if (gate_->usual() != answer.traits.vote) return;
  usual_ = answer;
  usual_run_ = {input_.stream, input_.index, input_.region};
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
  usual_.reset();
  if (options_.cache == nullptr) return absl::OkStatus();
  return options_.cache->RemoveAll();
}

void InferenceReuse::ForgetHeld() {
  history_.Reset();
  kept_.clear();
}

void InferenceReuse::Forget() {
  Reset();
  usual_.reset();
}

void InferenceReuse::Reset() {
  gate_->Reset();
  ForgetHeld();
  blind_since_ns_.reset();
}

void InferenceReuse::WeighCost(int64_t decide_ns, bool given) {
  const bool rested = too_dear();
  cost_.Decided(decide_ns, given, auditor_.threshold().has_value());
  if (!rested || too_dear()) return;
  gate_->Reset();  // it has not seen what was run meanwhile
  ForgetHeld();
}

}  // namespace fovea
