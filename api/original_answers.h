// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model said of pictures as they came in, kept of frames that a coin
// chose, so that what is given later about the coded pictures, by whatever
// way, can be held against it without asking the model again.

#ifndef FOVEA_API_ORIGINAL_ANSWERS_H_
#define FOVEA_API_ORIGINAL_ANSWERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/look_spans.h"
#include "filter/decision.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"
#include "store/commit_batch.h"
#include "store/original_rows.h"
#include "store/store_reader.h"

namespace fovea {

struct OriginalsOptions {
  // Of the frames: each costs a run of the model, where that was not run on it
  // anyway, and its answer in the store. More: tighter bounds.
  double share = 0.02;
  uint64_t seed = 1;  // of the coin; whoever makes the pictures must not know
};

// kInvalidArgument: a share that is not above 0 and up to 1.
absl::Status CheckOriginalsOptions(const OriginalsOptions& options);

// Whether the coin chooses a frame. Thrown for every frame by itself, from
// seed, stream, model and index: not from what the frame shows, and not from
// the coin that checks reused answers under the same seed.
bool IsOriginalKept(const OriginalsOptions& options, StreamId stream,
                    const ModelDigest& model, uint64_t index);

// What was given about a frame, after Decision.
struct GivenAnswer {
  const Answer* answer = nullptr;  // null: none
  Decision decision;
  bool ran = false;    // the model was run for it
  bool coded = false;  // on, or like, the picture as it is stored
};

// Of one model and stream. Not thread-safe.
class OriginalAnswers {
 public:
  // All outlive this; `store` sees every commit.
  OriginalAnswers(StoreReader* store, StreamId stream,
                  const ModelDescription* model)
      : store_(store), stream_(stream), model_(model) {}

  // The model said `answer` of frame `index` as it came in, which the coin has
  // chosen. Errors of EncodeAnswer().
  absl::Status Keep(const OriginalsOptions& options, uint64_t index,
                    const Answer& answer);

  // Holds what is given about a frame against what is kept of it, under every
  // loss, instead of what was given before. Does nothing about frames of which
  // nothing is kept; nor where that cannot be read, which the audit names.
  // Errors of the store.
  absl::Status Judge(uint64_t index, const GivenAnswer& given);

  // The same of frames in `span` whose index divides by `step`: they have what
  // was said of equal pictures elsewhere, which is not at hand.
  absl::Status NoteCopied(FrameSpan span, uint64_t step);

  // Nothing is given about these frames any more.
  absl::Status Forget(FrameSpan span);

  // Adds what was noted of frames before `end_index` to the commit that brings
  // them. What was removed meanwhile with its footage stays gone.
  absl::Status MoveTo(CommitBatch* batch, uint64_t end_index = UINT64_MAX);

 private:
  struct Note {
    bool is_new = false;  // not stored before
    bool retold = false;  // takes something back
    OriginalRow row;
  };
  absl::StatusOr<std::optional<OriginalRow>> Find(uint64_t index) const;
  void Set(uint64_t index, OriginalRow row,
           const std::optional<GivenLater>& given);
  absl::Status ForEachStored(
      FrameSpan span,
      const std::function<void(uint64_t, const OriginalRow&)>& visit) const;

  StoreReader* const store_;
  const StreamId stream_;
  const ModelDescription* const model_;
  std::map<uint64_t, Note> notes_;  // by index
};

}  // namespace fovea

#endif  // FOVEA_API_ORIGINAL_ANSWERS_H_
