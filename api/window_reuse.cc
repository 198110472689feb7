// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/window_reuse.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "filter/window_inference.h"
#include "sensitivity/class_answer.h"
#include "sensitivity/window_input.h"
#include "store/chunk_id.h"

namespace fovea {
namespace {

// Another class is another answer, whatever its score.
uint64_t VoteOf(const Answer& answer) {
  const auto label = ClassOf(answer);
  return label ? *label + 1 : 0;
}

// A tree has risks of its own: thresholds that were found with another one, or
// with none, say nothing of it.
uint64_t GateIdOf(const std::shared_ptr<const SensorTree>& tree) {
  if (tree == nullptr) return 0;
  const ChunkId id = ChunkId::Of(tree->Encode());
  uint64_t gate = 0;
  for (size_t i = 0; i < sizeof(gate); ++i) {
    gate |= uint64_t{id.bytes[i]} << (8 * i);
  }
  return gate;
}

absl::Status Check(const ModelDescription& model,
                   const WindowReuseOptions& options) {
  if (absl::Status s = CheckReuseOptions(options.reuse); !s.ok()) return s;
  if (options.reuse.loss != AnswerLoss::kLabels) {
    return absl::InvalidArgumentError(absl::StrCat(
        "reuse: of windows the loss is '", AnswerLossName(AnswerLoss::kLabels),
        "', found '", AnswerLossName(options.reuse.loss), "'"));
  }
  const DecoderKind decoder = model.card.decoder;
  if (TakesWindows(decoder) || decoder == DecoderKind::kClassifier) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("model '", model.id.name, "' (decoder ",
                   DecoderName(decoder), ") does not tell classes of windows"));
}

}  // namespace

absl::StatusOr<SensorLayout> WindowLayoutOf(const ModelCard& card,
                                            const StreamSummary& stream) {
  const StreamKind kind = stream.description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream.name, "' is of kind ",
                     StreamKindName(kind), ", not imu or series"));
  }
  const SeriesInfo& series = stream.description.series;
  if (card.channels.empty()) return SensorLayoutOf(series.channels);
  const auto columns = FindChannels(card, series);
  if (!columns.ok()) return columns.status();
  std::vector<Channel> channels;
  for (const size_t column : *columns) {
    channels.push_back(series.channels[column]);
  }
  return SensorLayoutOf(channels);
}

WindowReuse::WindowReuse(ChunkStore* store, const StreamSummary& stream,
                         const ModelDescription* model,
                         const SensorLayout& layout,
                         const WindowReuseOptions& options,
                         std::function<int64_t()> monotonic_ns)
    : stream_(stream.id),
      model_(model),
      layout_(layout),
      options_(options),
      monotonic_ns_(std::move(monotonic_ns)),
      ledger_(store, stream.id, model->id, InputKind::kWindow, options.reuse,
              GateIdOf(options.tree), monotonic_ns_),
      account_(model->id, &ledger_, monotonic_ns_) {}

WindowReuse::~WindowReuse() = default;

absl::StatusOr<std::unique_ptr<WindowReuse>> WindowReuse::Open(
    ChunkStore* store, const StreamSummary& stream,
    const ModelDescription* model, const WindowReuseOptions& options,
    std::function<int64_t()> monotonic_ns) {
  if (absl::Status s = Check(*model, options); !s.ok()) return s;
  const auto layout = WindowLayoutOf(model->card, stream);
  if (!layout.ok()) return layout.status();
  std::unique_ptr<WindowReuse> opened(new WindowReuse(
      store, stream, model, *layout, options, std::move(monotonic_ns)));
  ReuseLedger& ledger = opened->ledger_;
  WindowInferenceOptions filter;
  if (options.reuse.use_cache) {
    if (absl::Status s = ledger.LoadCache(); !s.ok()) return s;
    filter.cache = ledger.cache();
  }
  auto auditor = ledger.OpenAuditor();
  if (!auditor.ok()) return auditor.status();
  opened->auditor_ = std::make_unique<Auditor>(*std::move(auditor));
  filter.auditor = opened->auditor_.get();
  filter.blind_ns = options.reuse.blind_ns;
  filter.offline = options.reuse.offline;
  filter.tree = options.tree;
  filter.monotonic_ns = opened->monotonic_ns_;
  auto inference =
      WindowInference::Create(model->id.digest, *layout, std::move(filter));
  if (!inference.ok()) return inference.status();
  opened->inference_ = *std::move(inference);
  return opened;
}

absl::StatusOr<Answered> WindowReuse::GetOrAsk(const ReusedWindow& window,
                                               const AskModel& ask) {
  const int64_t begun = monotonic_ns_();
  const auto verdict =
      inference_->Decide({stream_, window.index, window.end_ns, window.window});
  if (!verdict.ok()) return verdict.status();
  account_.CountDecided(monotonic_ns_() - begun);
  if (verdict->run) return Run(window.index, ask);
  return account_.Give(window.index, 0, *verdict, &given_);
}

absl::StatusOr<Answered> WindowReuse::Run(uint64_t index, const AskModel& ask) {
  ReuseAccount::Run run = account_.Ask(
      ask, [this](const Answer& said) { return Encode(said); }, &given_);
  const InferenceReuse::Learnt learnt =
      run.said ? inference_->Ran(*run.said) : inference_->Failed();
  if (learnt.alarm) {
    account_.Tell(absl::StrCat("sample ", index), *learnt.alarm);
  }
  return account_.Settle(index, 0, std::move(run), learnt);
}

// Classes alone: what else an answer holds is not given again.
absl::StatusOr<ModelAnswer> WindowReuse::Encode(const Answer& answer) const {
  Answer classes;
  classes.scores = answer.scores;
  auto bytes = EncodeAnswer(classes, model_->card);
  if (!bytes.ok()) return bytes.status();
  ModelAnswer encoded;
  encoded.answer = *std::move(bytes);
  encoded.traits.vote = VoteOf(answer);
  return encoded;
}

void WindowReuse::Reset() {
  inference_->Reset();
  given_.clear();
  ledger_.SaveAudit();
}

absl::Status WindowReuse::Put(CommitBatch* batch) {
  return ledger_.Put(*auditor_, batch);
}

ReuseReport WindowReuse::Report() const {
  ReuseReport report = account_.report();
  report.audit = auditor_->Report();
  report.too_dear = inference_->too_dear();
  return report;
}

}  // namespace fovea
