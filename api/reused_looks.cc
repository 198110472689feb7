// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reused_looks.h"

#include <utility>

#include "api/external_model.h"
#include "api/observation_book.h"
#include "sensitivity/model.h"

namespace fovea {

absl::StatusOr<std::unique_ptr<ReusedLooks>> ReusedLooks::Open(
    const IngestOptions& options, const ColorInfo& color, StreamWriter* writer,
    std::function<void(const ModelId&, uint64_t, const absl::Status&)> failed) {
  std::unique_ptr<ReusedLooks> looks(new ReusedLooks);
  looks->failed_ = std::move(failed);
  looks->store_ = writer->store();
  looks->stream_ = writer->id();
  looks->promise_ = {options.reuse->max_error, options.reuse->loss};
  for (Model* model : options.models) {
    OfModel of_model;
    of_model.model = &model->description();
    of_model.ask = [model, color](const Frame& frame) {
      return model->Infer(frame, color);
    };
    absl::Status s = looks->Add(options, writer, std::move(of_model));
    if (!s.ok()) return s;
  }
  const int64_t longest_ns = options.longest_answer_ns;
  for (ExternalModel* model : options.external_models) {
    OfModel of_model;
    of_model.model = &model->description();
    of_model.ask = [model, color, longest_ns](const Frame& frame) {
      return model->Ask(frame, color, longest_ns);
    };
    absl::Status s = looks->Add(options, writer, std::move(of_model));
    if (!s.ok()) return s;
  }
  writer->BeforeCommit(
      [self = looks.get()](CommitBatch* batch) { return self->Put(batch); });
  return looks;
}

absl::Status ReusedLooks::Add(const IngestOptions& options,
                              StreamWriter* writer, OfModel model) {
  auto reuse = ModelReuse::Open(writer->store(), writer->id(), model.model,
                                *options.reuse, options.monotonic_ns);
  if (!reuse.ok()) return reuse.status();
  model.reuse = *std::move(reuse);
  models_.push_back(std::move(model));
  return absl::OkStatus();
}

void ReusedLooks::Know(const ModelDescription& model, const Answer& answer) {
  for (OfModel& of_model : models_) {
    if (of_model.model->id.digest == model.id.digest) of_model.known = answer;
  }
}

void ReusedLooks::Fail(const ModelDescription& model,
                       const absl::Status& error) {
  for (OfModel& of_model : models_) {
    if (of_model.model->id.digest == model.id.digest) of_model.failure = error;
  }
}

absl::Status ReusedLooks::Look(uint64_t index, const Frame& frame,
                               const Grid& grid,
                               std::vector<FrameLook>* looks) {
  for (OfModel& model : models_) {
    if (absl::Status s = LookWith(&model, index, frame, grid, looks); !s.ok()) {
      return s;
    }
    model.known.reset();
  }
  return absl::OkStatus();
}

absl::Status ReusedLooks::LookWith(OfModel* model, uint64_t index,
                                   const Frame& frame, const Grid& grid,
                                   std::vector<FrameLook>* looks) {
  const auto ask = [&]() -> absl::StatusOr<Answer> {
    if (!model->failure.ok()) return model->failure;
    return model->known ? *model->known : model->ask(frame);
  };
  const auto answered =
      model->reuse->GetOrAsk(index, frame.time_ns, grid, frame, ask);
  if (!answered.ok()) return answered.status();
  if (given_) given_(*model->model, *answered);
  if (!answered->error.ok() && model->failure.ok()) {
    model->failure = answered->error;
    failed_(model->model->id, index, answered->error);
  }
  if (!answered->answer || !model->failure.ok()) return absl::OkStatus();
  FrameLook look;
  look.answer.model = model->model;
  if (answered->repeated) {
    look.says = FrameLook::Says::kBefore;
  } else {
    look.answer = Observe(*model->model, *answered->answer, frame);
  }
  looks->push_back(std::move(look));
  return absl::OkStatus();
}

void ReusedLooks::Reset() {
  for (OfModel& model : models_) model.reuse->Reset();
}

absl::Status ReusedLooks::Put(CommitBatch* batch) {
  for (OfModel& model : models_) {
    if (absl::Status s = Promise(&model, batch); !s.ok()) return s;
    if (absl::Status s = model.reuse->Put(batch); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status ReusedLooks::Promise(OfModel* model, CommitBatch* batch) const {
  if (std::exchange(model->promised, true)) return absl::OkStatus();
  return PutPromise(store_, stream_, model->model->id.digest, promise_,
                    /*anew=*/false, batch);
}

std::vector<ReuseReport> ReusedLooks::Reports() const {
  std::vector<ReuseReport> reports;
  for (const OfModel& model : models_) {
    reports.push_back(model.reuse->Report());
  }
  return reports;
}

}  // namespace fovea
