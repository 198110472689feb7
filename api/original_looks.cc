// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/original_looks.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"

namespace fovea {

OriginalLooks::OriginalLooks(const IngestOptions& options,
                             const ColorInfo& color, StreamWriter* writer,
                             Failed failed)
    : options_(options),
      color_(color),
      writer_(writer),
      failed_(std::move(failed)) {
  const auto add = [this](const Asked& asked) {
    models_.push_back(
        std::make_unique<OfModel>(asked, writer_->store(), writer_->id()));
  };
  for (Model* model : options.models) add({model, nullptr, nullptr});
  for (ExternalModel* model : options.external_models) {
    add({nullptr, model, nullptr});
  }
}

absl::StatusOr<std::unique_ptr<OriginalLooks>> OriginalLooks::Open(
    const IngestOptions& options, const ColorInfo& color, StreamWriter* writer,
    Failed failed) {
  if (absl::Status s = CheckOriginalsOptions(*options.originals); !s.ok()) {
    return s;
  }
  std::unique_ptr<OriginalLooks> looks(
      new OriginalLooks(options, color, writer, std::move(failed)));
  for (const auto& model : looks->models_) {
    const ModelDescription& description = model->asked.description();
    const absl::Status kept = EncodeAnswer({}, description.card).status();
    if (!kept.ok()) {
      return absl::Status(kept.code(),
                          absl::StrCat("model '", description.id.name,
                                       "': ", std::string(kept.message())));
    }
  }
  writer->BeforeCommit(
      [self = looks.get()](CommitBatch* batch) { return self->Put(batch); });
  return looks;
}

OriginalLooks::OfModel* OriginalLooks::Find(const ModelDescription& model) {
  for (const auto& of_model : models_) {
    if (of_model->asked.description().id.digest == model.id.digest) {
      return of_model.get();
    }
  }
  return nullptr;
}

void OriginalLooks::Know(const ModelDescription& model, const Answer& answer) {
  if (OfModel* of_model = Find(model)) of_model->known = answer;
}

void OriginalLooks::Give(const ModelDescription& model,
                         const Answered& answered) {
  OfModel* of_model = Find(model);
  if (of_model == nullptr) return;
  of_model->given = answered;
  if (answered.run && answered.answer) of_model->known = answered.answer;
}

absl::Status OriginalLooks::Look(uint64_t index, const Frame& frame) {
  for (const auto& model : models_) {
    if (absl::Status s = LookWith(model.get(), index, frame); !s.ok()) return s;
    model->known.reset();
    model->given.reset();
  }
  return absl::OkStatus();
}

absl::Status OriginalLooks::LookWith(OfModel* model, uint64_t index,
                                     const Frame& frame) {
  const ModelDescription& description = model->asked.description();
  if (model->failed || !IsOriginalKept(*options_.originals, writer_->id(),
                                       description.id.digest, index)) {
    return absl::OkStatus();
  }
  absl::StatusOr<Answer> said =
      model->known
          ? *model->known
          : model->asked.Ask(frame, color_, options_.longest_answer_ns);
  absl::Status kept = said.status();
  if (said.ok()) kept = model->answers.Keep(*options_.originals, index, *said);
  if (!kept.ok()) {
    model->failed = true;
    failed_(description.id, index, kept);
    return absl::OkStatus();
  }
  if (!model->given) return absl::OkStatus();
  GivenAnswer given;
  if (model->given->answer) given.answer = &*model->given->answer;
  given.decision = model->given->decision;
  given.ran = model->given->run;
  return model->answers.Judge(index, given);
}

absl::Status OriginalLooks::Put(CommitBatch* batch) {
  for (const auto& model : models_) {
    absl::Status s = model->answers.MoveTo(batch, writer_->next_index());
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace fovea
