// SPDX-License-Identifier: GPL-2.0-or-later
//
// One model over one camera stream, asked only where its answer is not known:
// filter, cache and auditor of filter/inference_reuse.h over a store. Of whole
// frames, or of regions of frames.

#ifndef FOVEA_API_MODEL_REUSE_H_
#define FOVEA_API_MODEL_REUSE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/reuse_account.h"
#include "api/reuse_ledger.h"
#include "api/reuse_options.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/audit_report.h"
#include "filter/auditor.h"
#include "filter/decision.h"
#include "filter/result_store.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"

namespace fovea {

// Frames come in the order of time, the regions of each by rising numbers. Each
// region has a history of its own, which answers are held from; the cache, and
// the auditor with its threshold and bound, are those of all. Not thread-safe.
class ModelReuse {
 public:
  // `store` and `model` outlive this. Reads what is cached of the model about
  // inputs of the kind, kFrame or kRegion, and goes on with the audit of these
  // very options where there is one.
  // Errors of CheckReuseOptions(); kUnimplemented: a model whose answers are
  // neither boxes nor classes; kDataLoss names an audit that cannot be read;
  // those of the store.
  static absl::StatusOr<std::unique_ptr<ModelReuse>> Open(
      ChunkStore* store, StreamId stream, const ModelDescription* model,
      const ReuseOptions& options, std::function<int64_t()> monotonic_ns,
      InputKind kind = InputKind::kFrame);
  ~ModelReuse();

  // What the model says about frame `index`, or would say.
  // `grid` is measured against the frame before; `frame` has the pixels, and
  // is run where they are missing and the gate looks at them. Calls `ask` where
  // the model is to be run; what it says that cannot be kept, such as a box
  // that is no number, is a failure. Errors of the store.
  absl::StatusOr<Answered> GetOrAsk(uint64_t index, int64_t time_ns,
                                    const Grid& grid, const Frame& frame,
                                    const AskModel& ask);
  // The same of an input of this kind, whose stream is this one. `input.grid`
  // says how it has changed since the last one of its region.
  absl::StatusOr<Answered> GetOrAsk(ReuseInput input, const AskModel& ask);

  // Instead of GetOrAsk(): the model has looked at these very pictures before,
  // as frame `there` of stream `from`. Notes so and no more: nothing is to be
  // learnt from an answer that cannot be wrong.
  absl::Status NoteCopied(uint64_t index, StreamId from, uint64_t there);

  // Nothing that comes follows on what was. The next Put() brings the audit's
  // state; others do now and then.
  void Reset();

  // Puts results and decisions since the last call into the commit that
  // brings what they are about.
  absl::Status Put(CommitBatch* batch);

  ReuseReport Report() const;

 private:
  ModelReuse(ChunkStore* store, StreamId stream, const ModelDescription* model,
             const ReuseOptions& options, std::function<int64_t()> monotonic_ns,
             InputKind kind);

  // What is known of a region, or of whole frames.
  struct Place {
    std::unique_ptr<InferenceReuse> reuse;
    std::string given;  // last, as it is stored; empty: none
  };
  absl::StatusOr<Place*> PlaceOf(uint32_t region);
  absl::StatusOr<Answered> Run(const ReuseInput& input, Place* place,
                               const AskModel& ask);
  void Tell(const ReuseInput& input, const AuditAlarm& alarm);
  absl::StatusOr<ModelAnswer> Encode(const Answer& answer) const;

  const StreamId stream_;
  const ModelDescription* const model_;
  const ReuseOptions options_;
  const std::function<int64_t()> monotonic_ns_;
  const InputKind kind_;
  ReuseLedger ledger_;
  ReuseAccount account_;
  std::unique_ptr<Auditor> auditor_;
  std::map<uint32_t, Place> places_;  // by region; 0: whole frames
};

}  // namespace fovea

#endif  // FOVEA_API_MODEL_REUSE_H_
