// SPDX-License-Identifier: GPL-2.0-or-later
//
// One model over the windows of one imu or series stream, asked only where
// its answer is not known: filter/window_inference.h over a store. The sibling
// of api/model_reuse.h for pictures.

#ifndef FOVEA_API_WINDOW_REUSE_H_
#define FOVEA_API_WINDOW_REUSE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/reuse_account.h"
#include "api/reuse_ledger.h"
#include "api/reuse_options.h"
#include "api/stream_summary.h"
#include "filter/decision.h"
#include "filter/sensor_features.h"
#include "filter/sensor_tree.h"
#include "sensitivity/model_description.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"

namespace fovea {

class WindowInference;

struct WindowReuseOptions {
  WindowReuseOptions() {
    reuse.loss = AnswerLoss::kLabels;
    reuse.blind_ns = 30'000'000'000;
  }

  // Of these the predictor has no meaning; the loss is that labels differ,
  // and no other.
  ReuseOptions reuse;
  // What was learnt of this model (api/learn_windows.h); may be null. With
  // another one the audit begins anew.
  std::shared_ptr<const SensorTree> tree;
};

// Channel by channel, in the stream's units.
struct ReusedWindow {
  uint64_t index = 0;  // of its first sample in the stream
  int64_t end_ns = 0;  // time of its last one
  SensorWindow window;
};

// Windows come in the order of time. Not thread-safe.
class WindowReuse {
 public:
  // `store` and `model` outlive this. Channels are those of the model's card,
  // or where it names none all of the stream's. Errors of CheckReuseOptions();
  // kInvalidArgument: no imu or series stream, channels it has not, units that
  // SensorLayoutOf() does not know, a model whose answers are no classes, a
  // loss other than kLabels; kDataLoss names an audit that cannot be read;
  // those of the store.
  static absl::StatusOr<std::unique_ptr<WindowReuse>> Open(
      ChunkStore* store, const StreamSummary& stream,
      const ModelDescription* model, const WindowReuseOptions& options,
      std::function<int64_t()> monotonic_ns);
  ~WindowReuse();

  // What the model says about a window, or would say. Calls `ask` where the
  // model is to be run. Errors of SensorFeaturesOf(), and of the store.
  absl::StatusOr<Answered> GetOrAsk(const ReusedWindow& window,
                                    const AskModel& ask);

  // Nothing that comes follows on what was. The next Put() brings the audit's
  // state; others do now and then.
  void Reset();

  // Puts results and decisions since the last call into the commit that
  // brings what they are about.
  absl::Status Put(CommitBatch* batch);

  ReuseReport Report() const;

  const SensorLayout& layout() const { return layout_; }

 private:
  WindowReuse(ChunkStore* store, const StreamSummary& stream,
              const ModelDescription* model, const SensorLayout& layout,
              const WindowReuseOptions& options,
              std::function<int64_t()> monotonic_ns);

  absl::StatusOr<Answered> Run(uint64_t index, const AskModel& ask);
  absl::StatusOr<ModelAnswer> Encode(const Answer& answer) const;

  const StreamId stream_;
  const ModelDescription* const model_;
  const SensorLayout layout_;
  const WindowReuseOptions options_;
  const std::function<int64_t()> monotonic_ns_;
  ReuseLedger ledger_;
  ReuseAccount account_;
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<WindowInference> inference_;
  std::string given_;  // last, as it is stored; empty: none
};

// As WindowReuse::Open() finds them.
absl::StatusOr<SensorLayout> WindowLayoutOf(const ModelCard& card,
                                            const StreamSummary& stream);

}  // namespace fovea

#endif  // FOVEA_API_WINDOW_REUSE_H_
