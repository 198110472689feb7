// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/model_reuse.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/answer_traits.h"
#include "filter/box_carrier.h"
#include "filter/features.h"
#include "filter/fingerprint.h"
#include "filter/inference_reuse.h"
#include "filter/thumbnail.h"

namespace fovea {
namespace {

void Carry(const ModelCard& card, const Grid& grid, std::string* answer) {
  auto decoded = DecodeAnswer(*answer);
  if (!decoded.ok()) return;
  for (Detection& seen : decoded->detections) {
    const Box box =
        Carried({seen.left, seen.top, seen.right, seen.bottom}, grid);
    seen.left = box.left;
    seen.top = box.top;
    seen.right = box.right;
    seen.bottom = box.bottom;
  }
  const auto encoded = EncodeAnswer(*decoded, card);
  if (encoded.ok()) *answer = *encoded;
}

InferenceReuseOptions FilterOptions(const ReuseOptions& options,
                                    const ModelDescription& model,
                                    ResultCache* cache) {
  InferenceReuseOptions filter;
  filter.blind_ns = options.blind_ns;
  filter.cache = options.use_cache ? cache : nullptr;
  filter.offline = options.offline;
  filter.predictor = options.predictor;
  if (const auto nothing = EncodeAnswer({}, model.card); nothing.ok()) {
    filter.nothing = {TraitsOf({}, model.card, options.loss), *nothing, 0};
  }
  filter.differs = [&model, loss = options.loss](std::string_view said,
                                                 std::string_view given) {
    const auto first = DecodeAnswer(said);
    const auto second = DecodeAnswer(given);
    if (!first.ok() || !second.ok()) return true;
    return Differs(*first, *second, model.card, loss);
  };
  if (options.loss == AnswerLoss::kBoxes) {
    filter.carry = [&model](const Grid& grid, std::string* answer) {
      Carry(model.card, grid, answer);
    };
  }
  return filter;
}

}  // namespace

ModelReuse::ModelReuse(ChunkStore* store, StreamId stream,
                       const ModelDescription* model,
                       const ReuseOptions& options,
                       std::function<int64_t()> monotonic_ns, InputKind kind)
    : stream_(stream),
      model_(model),
      options_(options),
      monotonic_ns_(std::move(monotonic_ns)),
      kind_(kind),
      ledger_(store, stream, model->id, kind, options,
              GateId(options.gate, options.predictor), monotonic_ns_),
      account_(model->id, &ledger_, monotonic_ns_) {}

ModelReuse::~ModelReuse() = default;

absl::StatusOr<std::unique_ptr<ModelReuse>> ModelReuse::Open(
    ChunkStore* store, StreamId stream, const ModelDescription* model,
    const ReuseOptions& options, std::function<int64_t()> monotonic_ns,
    InputKind kind) {
  if (absl::Status s = CheckReuseOptions(options); !s.ok()) return s;
  if (absl::Status s = EncodeAnswer({}, model->card).status(); !s.ok()) {
    return absl::Status(
        s.code(), absl::StrCat("model '", model->id.name, "': ", s.message()));
  }
  std::unique_ptr<ModelReuse> opened(new ModelReuse(
      store, stream, model, options, std::move(monotonic_ns), kind));
  if (options.use_cache) {
    if (absl::Status s = opened->ledger_.LoadCache(); !s.ok()) return s;
  }
  auto auditor = opened->ledger_.OpenAuditor();
  if (!auditor.ok()) return auditor.status();
  opened->auditor_ = std::make_unique<Auditor>(*std::move(auditor));
  return opened;
}

absl::StatusOr<ModelReuse::Place*> ModelReuse::PlaceOf(uint32_t region) {
  const auto known = places_.find(region);
  if (known != places_.end()) return &known->second;
  auto filter = FilterOptions(options_, *model_, ledger_.cache());
  filter.auditor = auditor_.get();
  filter.monotonic_ns = monotonic_ns_;
  auto reuse =
      InferenceReuse::Create(model_->id.digest, std::move(filter),
                             MakeGate(options_.gate, options_.predictor));
  if (!reuse.ok()) return reuse.status();
  return &places_.emplace(region, Place{*std::move(reuse), ""}).first->second;
}

absl::StatusOr<Answered> ModelReuse::GetOrAsk(uint64_t index, int64_t time_ns,
                                              const Grid& grid,
                                              const Frame& frame,
                                              const AskModel& ask) {
  const int64_t begun = monotonic_ns_();
  ReuseInput input;
  input.index = index;
  input.time_ns = time_ns;
  input.grid = &grid;
  input.frame = &frame;
  input.fingerprint = FingerprintOf(grid);
  input.features = FeaturesOf(grid);
  if (options_.predictor.needs_thumbnail()) {
    input.thumbnail = ThumbnailOf(grid, frame);
  }
  input.spent_ns = monotonic_ns_() - begun;
  return GetOrAsk(std::move(input), ask);
}

absl::StatusOr<Answered> ModelReuse::GetOrAsk(ReuseInput input,
                                              const AskModel& ask) {
  const auto found = PlaceOf(input.region);
  if (!found.ok()) return found.status();
  Place& place = **found;
  const int64_t begun = monotonic_ns_();
  input.stream = stream_;
  input.kind = kind_;
  const ReuseVerdict verdict = place.reuse->Decide(input);
  account_.CountDecided(input.spent_ns + monotonic_ns_() - begun);
  if (verdict.run) return Run(input, &place, ask);
  return account_.Give(input.index, input.region, verdict, &place.given);
}

absl::StatusOr<Answered> ModelReuse::Run(const ReuseInput& input, Place* place,
                                         const AskModel& ask) {
  ReuseAccount::Run run = account_.Ask(
      ask, [this](const Answer& said) { return Encode(said); }, &place->given);
  const InferenceReuse::Learnt learnt =
      run.said ? place->reuse->Ran(*run.said) : place->reuse->Failed();
  if (learnt.alarm) Tell(input, *learnt.alarm);
  return account_.Settle(input.index, input.region, std::move(run), learnt);
}

// The region that raised it has followed it already.
void ModelReuse::Tell(const ReuseInput& input, const AuditAlarm& alarm) {
  if (alarm.action != AuditAction::kTighten) {
    for (auto& [region, place] : places_) {
      if (region != input.region) place.reuse->Forget();
    }
  }
  const std::string where =
      input.region == 0 ? "" : absl::StrCat(" region ", input.region);
  account_.Tell(absl::StrCat("frame ", input.index, where), alarm);
}

absl::StatusOr<ModelAnswer> ModelReuse::Encode(const Answer& answer) const {
  auto bytes = EncodeAnswer(answer, model_->card);
  if (!bytes.ok()) return bytes.status();
  // What could not be read back is not to be given again either.
  if (absl::Status s = DecodeAnswer(*bytes).status(); !s.ok()) {
    return absl::InvalidArgumentError(s.message());
  }
  ModelAnswer encoded;
  encoded.answer = *std::move(bytes);
  encoded.traits = TraitsOf(answer, model_->card, options_.loss);
  return encoded;
}

absl::Status ModelReuse::NoteCopied(uint64_t index, StreamId from,
                                    uint64_t there) {
  Decision decision;
  decision.kind = DecisionKind::kReuse;
  decision.cause = DecisionCause::kStored;
  decision.reference_stream = from;
  decision.reference_index = there;
  return ledger_.Note(index, 0, decision);
}

void ModelReuse::Reset() {
  for (auto& [region, place] : places_) {
    place.reuse->Reset();
    place.given.clear();
  }
  ledger_.SaveAudit();
}

absl::Status ModelReuse::Put(CommitBatch* batch) {
  return ledger_.Put(*auditor_, batch);
}

ReuseReport ModelReuse::Report() const {
  ReuseReport report = account_.report();
  report.audit = auditor_->Report();
  report.too_dear = std::ranges::any_of(places_, [](const auto& place) {
    return place.second.reuse->too_dear();
  });
  return report;
}

}  // namespace fovea
