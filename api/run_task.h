// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one model is to do in a run over stored footage, and what has come of
// it so far.

#ifndef FOVEA_API_RUN_TASK_H_
#define FOVEA_API_RUN_TASK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/copied_looks.h"
#include "api/external_model.h"
#include "api/look_book.h"
#include "api/look_spans.h"
#include "api/model_reuse.h"
#include "api/observation_book.h"
#include "api/original_answers.h"
#include "api/run_model.h"
#include "api/shown_frames.h"
#include "api/twin_gops.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "index/frame_index.h"
#include "sensitivity/model.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"

namespace fovea {

// A network, a program, or what is known of one that is not there.
struct Asked {
  Model* network = nullptr;
  ExternalModel* program = nullptr;
  const ModelDescription* absent = nullptr;

  const ModelDescription& description() const;
  absl::StatusOr<Answer> Ask(const Frame& frame, const ColorInfo& color,
                             int64_t longest_ns) const;
};

// One frame that is to be looked at.
struct LookedFrame {
  const Frame* frame = nullptr;
  const ColorInfo* color = nullptr;
  const Grid* grid = nullptr;  // against the look before; null without reuse
  FrameTime shown;
};

// Not thread-safe.
class RunTask {
 public:
  RunTask(const Asked& asked, StreamId stream);

  const ModelDescription& description() const { return asked_.description(); }
  const ModelKey& key() const { return description().id.digest; }
  const std::vector<FrameSpan>& todo() const { return todo_; }
  int64_t to_do_looks() const { return to_do_looks_; }
  bool failed() const { return !run_.error.ok(); }
  ModelRun& run() { return run_; }

  // Starts a program anew; opens filter and cache where answers are reused.
  absl::Status Start(ChunkStore* store, const RunOptions& options,
                     std::function<int64_t()> monotonic_ns);

  // What was said before of the frames it is to look at is given no more.
  absl::Status ForgetGiven();

  // How wrong what it is to answer may be (api/answer_promise.h). `looks`:
  // those that stay.
  absl::Status Promise(StoreReader* store, const RunOptions& options,
                       const LookBook& looks, CommitBatch* batch) const;

  // Adds what of `wanted` the model has not looked at every `step` frames.
  void Plan(const std::vector<FrameSpan>& wanted,
            const std::vector<LookSpan>& looked, uint64_t step);

  // From here on what is known of other GOPs may be copied.
  void AllowCopies(StoreReader* store, TwinGops* twins,
                   const RunOptions& options);

  // CopiedLooks::Find() of its frames in `gops`; none without copies.
  absl::StatusOr<std::optional<KnownLooks>> FindKnown(
      std::span<const GopRef> gops, uint64_t step, const LookBook& own);

  // Copies them, and notes them as looked at; unless they are gone.
  absl::Status Copy(const KnownLooks& known, std::span<const GopRef> gops,
                    uint64_t step, LookBook* looks);

  // Does not look at them, and counts them as copied.
  void PassOver(const KnownLooks& known, uint64_t step);

  bool IsToLookAt(uint64_t index) const;

  // Frames come by rising index. A model that fails is not asked again.
  // Errors of the store.
  absl::Status Look(const LookedFrame& look, int64_t longest_ns,
                    const LookBook& looks);

  // All of its frames in `span` are done, unless it failed in them.
  void Done(FrameSpan span, uint64_t step, LookBook* looks) const;

  // There are no more frames.
  void End();

  // What was seen since the last call, into a commit.
  absl::Status Put(ChunkStore* store, CommitBatch* batch);

 private:
  // The first span that does not end before it.
  size_t SpanAt(uint64_t index) const;
  absl::StatusOr<Answered> Answer(const LookedFrame& look, int64_t longest_ns);
  absl::Status NoteCopied(const KnownLooks& known, uint64_t step);

  const Asked asked_;
  const StreamId stream_;
  ModelRun run_;
  ObservationBook book_;
  std::unique_ptr<ModelReuse> reuse_;         // null: every look asks the model
  std::optional<OriginalAnswers> originals_;  // from Start() on
  std::optional<CopiedLooks> copies_;
  std::vector<FrameSpan> todo_;
  // First index of the one in todo_ that holds the last look.
  std::optional<uint64_t> at_;
  int64_t to_do_looks_ = 0;
  std::set<uint64_t> tracks_;
  std::set<std::pair<uint64_t, int64_t>> starts_;
};

}  // namespace fovea

#endif  // FOVEA_API_RUN_TASK_H_
