// SPDX-License-Identifier: GPL-2.0-or-later
//
// One model over one camera stream, asked only where its answer is not known:
// filter, cache and auditor of filter/inference_reuse.h over a store.

#ifndef FOVEA_API_MODEL_REUSE_H_
#define FOVEA_API_MODEL_REUSE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/decision_book.h"
#include "api/stored_results.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/audit_report.h"
#include "filter/decision.h"
#include "filter/result_cache.h"
#include "filter/reuse_predictor.h"
#include "sensitivity/answer_loss.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"
#include "store/audit_rows.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"

namespace fovea {

class InferenceReuse;
struct ModelAnswer;

struct ReuseOptions {
  // The target: of the answers that are held or reused at most this share may
  // differ from what the model would have said. 0: the model is always run.
  double max_error = 0.05;
  double confidence = 0.95;  // that this is so
  // Under kBoxes, boxes that are held move along with the picture.
  AnswerLoss loss = AnswerLoss::kCounts;
  // Longest stretch without a run: how late what is new is seen at most.
  int64_t blind_ns = 2'000'000'000;
  bool use_cache = true;  // answers about other frames, streams and days
  bool offline = false;   // the model is not there: stored answers only
  uint64_t seed = 1;      // of the coin that chooses what is checked
  ReusePredictor predictor;
};

// kInvalidArgument: shares that are none, a confidence or a blind time out of
// range.
absl::Status CheckReuseOptions(const ReuseOptions& options);

// Of one stream and model.
struct ReuseReport {
  ModelId model;
  AuditReport audit;
  int64_t inputs = 0;
  int64_t runs = 0;  // checks among them
  int64_t held = 0;
  int64_t reused = 0;
  int64_t failed = 0;     // runs that gave no answer
  int64_t gaps = 0;       // offline, and nothing known
  int64_t run_ns = 0;     // spent in the model
  int64_t decide_ns = 0;  // and on deciding
  bool too_dear = false;  // deciding cost more than it saved, and is off
  std::vector<std::string> alarms;
};

// Frames come in the order of time. Not thread-safe.
class ModelReuse {
 public:
  using Ask = std::function<absl::StatusOr<Answer>()>;

  // `store` and `model` outlive this. Reads what is cached of the model, and
  // goes on with the audit of these very options where there is one.
  // Errors of CheckReuseOptions(); kUnimplemented: a model whose answers are
  // neither boxes nor classes; kDataLoss names an audit that cannot be read;
  // those of the store.
  static absl::StatusOr<std::unique_ptr<ModelReuse>> Open(
      ChunkStore* store, StreamId stream, const ModelDescription* model,
      const ReuseOptions& options, std::function<int64_t()> monotonic_ns);
  ~ModelReuse();

  // What the model says about frame `index`, or would say. No answer: it
  // failed, of which `error` tells, or is absent.
  struct Answered {
    std::optional<Answer> answer;
    Decision decision;
    bool run = false;       // the model was
    bool repeated = false;  // it is the answer given before, unchanged
    absl::Status error;
  };
  // `grid` is measured against the frame before. Calls `ask` where the model is
  // to be run; what it says that cannot be kept, such as a box that is no
  // number, is a failure. Errors of the store.
  absl::StatusOr<Answered> GetOrAsk(uint64_t index, int64_t time_ns,
                                    const Grid& grid, const Ask& ask);

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
             const ReuseOptions& options,
             std::function<int64_t()> monotonic_ns);

  absl::StatusOr<Answered> Run(uint64_t index, const Ask& ask);
  absl::StatusOr<ModelAnswer> Encode(const Answer& answer,
                                     int64_t cost_ns) const;
  absl::Status Note(uint64_t index, const Decision& decision);
  AuditRow AuditAskedFor() const;  // without a state
  absl::StatusOr<std::vector<uint8_t>> StoredAudit(StoreReader* store) const;
  absl::Status AboutAudit(const absl::Status& error) const;

  const StreamId stream_;
  const ModelDescription* const model_;
  const ReuseOptions options_;
  const std::function<int64_t()> monotonic_ns_;
  StoredResults results_;
  ResultCache cache_;
  DecisionBook decisions_;
  const std::string audit_key_;
  int64_t save_audit_ns_ = INT64_MIN;  // by monotonic_ns_
  std::unique_ptr<InferenceReuse> reuse_;
  std::string given_;  // last, as it is stored; empty: none
  ReuseReport report_;
};

}  // namespace fovea

#endif  // FOVEA_API_MODEL_REUSE_H_
