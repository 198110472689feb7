// SPDX-License-Identifier: GPL-2.0-or-later
//
// What models have looked at of one stream: read once, added to, and put
// into the commits that bring what they saw there. Also numbers tracks, so
// that no two models' ever meet.

#ifndef FOVEA_API_LOOK_BOOK_H_
#define FOVEA_API_LOOK_BOOK_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/look_spans.h"
#include "codec/model_id.h"
#include "index/observation_cut.h"
#include "store/commit_batch.h"
#include "store/look_rows.h"
#include "store/store_reader.h"

namespace fovea {

// Not thread-safe.
class LookBook {
 public:
  // kDataLoss names a row that cannot be read.
  static absl::StatusOr<LookBook> Read(StoreReader* store, StreamId stream);

  // By digest; of models in the book alone.
  const std::map<ModelKey, ModelLooks>& models() const { return models_; }

  // Empty where the model is not in the book.
  std::vector<LookSpan> SpansOf(const ModelKey& model) const;

  // Enters a model that is not there yet. kResourceExhausted: kMostModels
  // are.
  absl::Status Enter(const ModelId& model);

  // Of a model in the book. The frames' looks come in the same commit as
  // what was seen in them.
  void Add(const ModelKey& model, const LookSpan& span);
  void Cut(const ModelKey& model, FrameSpan span);
  // The same for all models: the frames are gone.
  void CutAll(FrameSpan span);

  // The least number of the tracks that a model in the book begins at frame
  // `index`; kTracksPerLook may.
  int64_t FirstTrack(const ModelKey& model, uint64_t index) const;

  // The same for tracks of what moves from frame `index` on: below those of
  // all models.
  static uint64_t FirstMotionTrack(uint64_t index);

  // Rows that changed since the last call. Rows of models that have looked
  // at nothing that is left go.
  void Put(CommitBatch* batch);

  // Below 2^53 with the rest of a track's number, so that every reader of
  // JSON gets it whole.
  static constexpr uint64_t kMostModels = 511;
  static constexpr uint64_t kTracksPerLook = 1024;

 private:
  explicit LookBook(StreamId stream) : stream_(stream) {}

  struct Change {
    bool stored = false;  // there is a row
    bool changed = false;
  };

  StreamId stream_;
  std::map<ModelKey, ModelLooks> models_;
  std::map<ModelKey, Change> changes_;
};

// In the commit that removes these frames: what models have looked at of
// them. Reads the stream's looks.
absl::Status ForgetLooks(StoreReader* store, StreamId stream,
                         std::span<const IndexSpan> removed,
                         CommitBatch* batch);

}  // namespace fovea

#endif  // FOVEA_API_LOOK_BOOK_H_
