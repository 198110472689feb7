// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models that look along at every frame of an ingest, and are run on those
// alone whose answer is not known.

#ifndef FOVEA_API_REUSED_LOOKS_H_
#define FOVEA_API_REUSED_LOOKS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/answer_promise.h"
#include "api/ingest.h"
#include "api/model_reuse.h"
#include "api/stream_writer.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

// Of one camera stream. Not thread-safe; must stay where it is (the writer
// points at it).
class ReusedLooks {
 public:
  // The models of `options`, all of which outlive this. Results and decisions
  // go into the commits of `writer`. `failed` is called at most once per model,
  // in Look(); nothing is observed by it from there on. Errors of
  // ModelReuse::Open().
  static absl::StatusOr<std::unique_ptr<ReusedLooks>> Open(
      const IngestOptions& options, const ColorInfo& color,
      StreamWriter* writer,
      std::function<void(const ModelId&, uint64_t, const absl::Status&)>
          failed);

  // A model has answered about the frame looked at next for another reason:
  // it need not be run on it once more.
  void Know(const ModelDescription& model, const Answer& answer);

  // It has failed for another reason, of which `failed` is not told.
  void Fail(const ModelDescription& model, const absl::Status& error);

  // `given` is told of each answer in Look().
  void OnGiven(
      std::function<void(const ModelDescription&, const Answered&)> given) {
    given_ = std::move(given);
  }

  // Appends what each model says about frame `index` of the stream. Errors of
  // the store.
  absl::Status Look(uint64_t index, const Frame& frame, const Grid& grid,
                    std::vector<FrameLook>* looks);

  // Before a gap.
  void Reset();

  std::vector<ReuseReport> Reports() const;

 private:
  struct OfModel {
    const ModelDescription* model = nullptr;
    std::function<absl::StatusOr<Answer>(const Frame&)> ask;
    std::unique_ptr<ModelReuse> reuse;
    std::optional<Answer> known;
    absl::Status failure;
    bool promised = false;  // how wrong its answers may be
  };

  ReusedLooks() = default;

  absl::Status Add(const IngestOptions& options, StreamWriter* writer,
                   OfModel model);
  absl::Status LookWith(OfModel* model, uint64_t index, const Frame& frame,
                        const Grid& grid, std::vector<FrameLook>* looks);
  absl::Status Put(CommitBatch* batch);
  absl::Status Promise(OfModel* model, CommitBatch* batch) const;

  ChunkStore* store_ = nullptr;
  StreamId stream_ = 0;
  AnswerPromise promise_;
  std::vector<OfModel> models_;
  std::function<void(const ModelId&, uint64_t, const absl::Status&)> failed_;
  std::function<void(const ModelDescription&, const Answered&)> given_;
};

}  // namespace fovea

#endif  // FOVEA_API_REUSED_LOOKS_H_
