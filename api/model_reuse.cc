// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/model_reuse.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/answer_traits.h"
#include "filter/box_carrier.h"
#include "filter/features.h"
#include "filter/fingerprint.h"
#include "filter/inference_reuse.h"

namespace fovea {
namespace {

constexpr size_t kMostAlarms = 64;  // told; all are counted

// A state is some 2 KB; what was decided since is in the log.
constexpr int64_t kSaveAuditEveryNs = 10'000'000'000;

// A coin of its own for every stream and model.
uint64_t SeedOf(uint64_t seed, StreamId stream, const ModelDigest& model) {
  uint64_t mixed = seed;
  const auto add = [&mixed](uint64_t word) {
    mixed = (mixed ^ word) * 0x9E3779B97F4A7C15ULL;
    mixed ^= mixed >> 31;
  };
  add(stream);
  for (const uint8_t byte : model) add(byte);
  return mixed;
}

AuditOptions AuditOf(const ReuseOptions& options) {
  AuditOptions audit;
  audit.max_error = options.max_error;
  audit.confidence = options.confidence;
  audit.seed = options.seed;
  return audit;
}

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
  filter.audit = AuditOf(options);
  filter.blind_ns = options.blind_ns;
  filter.cache = options.use_cache ? cache : nullptr;
  filter.offline = options.offline;
  filter.predictor = options.predictor;
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

absl::Status CheckReuseOptions(const ReuseOptions& options) {
  if (options.blind_ns < 0) {
    return absl::InvalidArgumentError(
        "reuse: the longest time without a run is 0 or more");
  }
  return Auditor::Create(AuditOf(options)).status();
}

ModelReuse::ModelReuse(ChunkStore* store, StreamId stream,
                       const ModelDescription* model,
                       const ReuseOptions& options,
                       std::function<int64_t()> monotonic_ns)
    : stream_(stream),
      model_(model),
      options_(options),
      monotonic_ns_(std::move(monotonic_ns)),
      results_(store),
      cache_(model->id.digest, InputKind::kFrame, ResultCacheOptions(),
             &results_),
      decisions_(store, stream),
      audit_key_(AuditKey(stream, model->id.digest,
                          static_cast<uint8_t>(InputKind::kFrame))) {
  report_.model = model->id;
}

ModelReuse::~ModelReuse() = default;

absl::StatusOr<std::unique_ptr<ModelReuse>> ModelReuse::Open(
    ChunkStore* store, StreamId stream, const ModelDescription* model,
    const ReuseOptions& options, std::function<int64_t()> monotonic_ns) {
  if (absl::Status s = CheckReuseOptions(options); !s.ok()) return s;
  if (absl::Status s = EncodeAnswer({}, model->card).status(); !s.ok()) {
    return absl::Status(
        s.code(), absl::StrCat("model '", model->id.name, "': ", s.message()));
  }
  std::unique_ptr<ModelReuse> opened(
      new ModelReuse(store, stream, model, options, std::move(monotonic_ns)));
  if (options.use_cache) {
    if (absl::Status s = opened->cache_.Load(stream); !s.ok()) return s;
  }
  auto filter = FilterOptions(options, *model, &opened->cache_);
  filter.audit.seed = SeedOf(options.seed, stream, model->id.digest);
  auto state = opened->StoredAudit(store);
  if (!state.ok()) return state.status();
  filter.audit_state = *std::move(state);
  filter.monotonic_ns = opened->monotonic_ns_;
  auto reuse = InferenceReuse::Create(model->id.digest, std::move(filter));
  if (!reuse.ok()) return opened->AboutAudit(reuse.status());
  opened->reuse_ = *std::move(reuse);
  return opened;
}

AuditRow ModelReuse::AuditAskedFor() const {
  return {options_.max_error,
          options_.confidence,
          options_.seed,
          static_cast<uint8_t>(options_.loss),
          {}};
}

absl::StatusOr<std::vector<uint8_t>> ModelReuse::StoredAudit(
    StoreReader* store) const {
  const auto value = store->Get(Family::kMeta, audit_key_);
  if (absl::IsNotFound(value.status())) return std::vector<uint8_t>();
  if (!value.ok()) return value.status();
  auto row = DecodeAuditRow(*value);
  if (!row.ok()) return AboutAudit(row.status());
  std::vector<uint8_t> state = std::exchange(row->state, {});
  // Another target is another question, to be answered from the beginning.
  if (*row != AuditAskedFor()) return std::vector<uint8_t>();
  return state;
}

absl::Status ModelReuse::AboutAudit(const absl::Status& error) const {
  return absl::Status(
      error.code(),
      absl::StrCat("audit of model '", model_->id.name, "' in stream ", stream_,
                   ": ", error.message()));
}

absl::StatusOr<ModelReuse::Answered> ModelReuse::GetOrAsk(uint64_t index,
                                                          int64_t time_ns,
                                                          const Grid& grid,
                                                          const Ask& ask) {
  const int64_t begun = monotonic_ns_();
  ReuseInput input;
  input.stream = stream_;
  input.index = index;
  input.time_ns = time_ns;
  input.grid = &grid;
  input.fingerprint = FingerprintOf(grid);
  input.features = FeaturesOf(grid);
  const ReuseVerdict verdict = reuse_->Decide(input);
  report_.decide_ns += monotonic_ns_() - begun;
  ++report_.inputs;
  if (verdict.run) return Run(index, ask);
  if (absl::Status s = Note(index, verdict.decision); !s.ok()) return s;
  Answered answered;
  answered.decision = verdict.decision;
  if (verdict.decision.kind == DecisionKind::kGap) {
    ++report_.gaps;
    given_.clear();
    return answered;
  }
  answered.repeated = verdict.answer == given_;
  given_ = verdict.answer;
  auto answer = DecodeAnswer(verdict.answer);
  if (!answer.ok()) return answer.status();
  answered.answer = *std::move(answer);
  ++(verdict.decision.kind == DecisionKind::kReuse ? report_.reused
                                                   : report_.held);
  return answered;
}

absl::StatusOr<ModelReuse::Answered> ModelReuse::Run(uint64_t index,
                                                     const Ask& ask) {
  const int64_t begun = monotonic_ns_();
  auto answer = ask();
  const int64_t cost_ns = monotonic_ns_() - begun;
  report_.run_ns += cost_ns;
  ++report_.runs;
  Answered answered;
  answered.run = true;
  InferenceReuse::Learnt learnt;
  auto encoded = answer.ok() ? Encode(*answer, cost_ns)
                             : absl::StatusOr<ModelAnswer>(answer.status());
  if (encoded.ok()) {
    learnt = reuse_->Ran(*encoded);
    given_ = std::move(encoded->answer);
    answered.answer = *std::move(answer);
  } else {
    ++report_.failed;
    learnt = reuse_->Failed();
    given_.clear();
    answered.error = encoded.status();
  }
  if (!learnt.stored.ok()) return learnt.stored;
  if (learnt.alarm && report_.alarms.size() < kMostAlarms) {
    report_.alarms.push_back(
        absl::StrCat("frame ", index, ": ", learnt.alarm->reason));
  }
  answered.decision = learnt.decision;
  if (absl::Status s = Note(index, learnt.decision); !s.ok()) return s;
  return answered;
}

absl::StatusOr<ModelAnswer> ModelReuse::Encode(const Answer& answer,
                                               int64_t cost_ns) const {
  auto bytes = EncodeAnswer(answer, model_->card);
  if (!bytes.ok()) return bytes.status();
  // What could not be read back is not to be given again either.
  if (absl::Status s = DecodeAnswer(*bytes).status(); !s.ok()) {
    return absl::InvalidArgumentError(s.message());
  }
  ModelAnswer encoded;
  encoded.answer = *std::move(bytes);
  encoded.cost_ns = cost_ns;
  encoded.traits = TraitsOf(answer, model_->card, options_.loss);
  return encoded;
}

absl::Status ModelReuse::Note(uint64_t index, const Decision& decision) {
  DecidedInput decided;
  decided.model = model_->id.digest;
  decided.index = index;
  decided.decision = decision;
  return decisions_.Add(decided);
}

absl::Status ModelReuse::NoteCopied(uint64_t index, StreamId from,
                                    uint64_t there) {
  Decision decision;
  decision.kind = DecisionKind::kReuse;
  decision.cause = DecisionCause::kStored;
  decision.reference_stream = from;
  decision.reference_index = there;
  return Note(index, decision);
}

void ModelReuse::Reset() {
  reuse_->Reset();
  given_.clear();
  save_audit_ns_ = INT64_MIN;
}

absl::Status ModelReuse::Put(CommitBatch* batch) {
  if (absl::Status s = cache_.WriteUses(); !s.ok()) return s;
  if (absl::Status s = results_.MoveTo(batch); !s.ok()) return s;
  // Offline nothing is audited, whatever target is asked for.
  if (!options_.offline && monotonic_ns_() >= save_audit_ns_) {
    AuditRow row = AuditAskedFor();
    row.state = reuse_->auditor().Save();
    batch->PutRow(Family::kMeta, audit_key_, EncodeAuditRow(row));
    save_audit_ns_ = monotonic_ns_() + kSaveAuditEveryNs;
  }
  return decisions_.Put(batch);
}

ReuseReport ModelReuse::Report() const {
  ReuseReport report = report_;
  report.audit = reuse_->auditor().Report();
  report.too_dear = reuse_->too_dear();
  return report;
}

}  // namespace fovea
