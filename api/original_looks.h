// SPDX-License-Identifier: GPL-2.0-or-later
//
// During an ingest: models are asked about the frames that a coin chooses, as
// they come in, and what they say is kept (api/original_answers.h).

#ifndef FOVEA_API_ORIGINAL_LOOKS_H_
#define FOVEA_API_ORIGINAL_LOOKS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/ingest.h"
#include "api/model_reuse.h"
#include "api/original_answers.h"
#include "api/run_task.h"
#include "api/stream_writer.h"
#include "codec/sample.h"

namespace fovea {

// Of one camera stream. Not thread-safe; must stay where it is (the writer
// points at it).
class OriginalLooks {
 public:
  using Failed =
      std::function<void(const ModelId&, uint64_t, const absl::Status&)>;

  // The models of `options`, all of which outlive this, with
  // options.originals set. Answers go into the commits of `writer` that bring
  // their frames. `failed` is called at most once per model, in Look(); it is
  // not asked again. Errors of CheckOriginalsOptions(); kUnimplemented: a
  // model whose answers are neither boxes nor classes.
  static absl::StatusOr<std::unique_ptr<OriginalLooks>> Open(
      const IngestOptions& options, const ColorInfo& color,
      StreamWriter* writer, Failed failed);

  // What the model said about the frame looked at next: it need not be run on
  // it once more.
  void Know(const ModelDescription& model, const Answer& answer);

  // What is given about the frame looked at next.
  void Give(const ModelDescription& model, const Answered& answered);

  // Asks those models whose coin chooses frame `index`. Nothing that is decided
  // elsewhere depends on it, so their coins are independent of all that is
  // given. Errors of the store.
  absl::Status Look(uint64_t index, const Frame& frame);

 private:
  struct OfModel {
    OfModel(const Asked& asked_model, StoreReader* store, StreamId stream)
        : asked(asked_model),
          answers(store, stream, &asked_model.description()) {}

    Asked asked;
    OriginalAnswers answers;
    std::optional<Answer> known;
    std::optional<Answered> given;
    bool failed = false;
  };

  OriginalLooks(const IngestOptions& options, const ColorInfo& color,
                StreamWriter* writer, Failed failed);

  OfModel* Find(const ModelDescription& model);
  absl::Status LookWith(OfModel* model, uint64_t index, const Frame& frame);
  absl::Status Put(CommitBatch* batch);

  const IngestOptions& options_;
  const ColorInfo color_;
  StreamWriter* const writer_;
  const Failed failed_;
  std::vector<std::unique_ptr<OfModel>> models_;
};

}  // namespace fovea

#endif  // FOVEA_API_ORIGINAL_LOOKS_H_
