// SPDX-License-Identifier: GPL-2.0-or-later
//
// Never infer twice, for applications that bring their own inference: a
// function is called only where what it would say is not known well enough
// from what it said before, of this stream, of others, or of another day.

#ifndef FOVEA_API_REUSE_H_
#define FOVEA_API_REUSE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/model_reuse.h"
#include "api/store.h"
#include "api/timed_call.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/region.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

// One function over the frames of one camera, or over parts of them. Not
// thread-safe.
class Reuse {
 public:
  using Function = std::function<absl::StatusOr<Answer>(const Frame&)>;

  struct Options {
    ReuseOptions reuse;
    // A call that takes longer has failed (api/timed_call.h), and goes on with
    // its frame: one that does not keep its pixels alive is copied. 0: waited
    // for without end, nothing is copied.
    int64_t longest_call_ns = 0;
    // Answers and decisions are committed after so long. Longer: fewer syncs,
    // more to compute again after a crash.
    int64_t commit_every_ns = 2'000'000'000;
  };

  // `stream` is a camera of the store; its frames need not be stored, and
  // answers are kept with it. Of `model` the digest is the key: another
  // version of the function has another one, and none of the old answers are
  // given for it. Its decoder says whether answers are boxes (kProgram) or
  // classes, its threshold from which score on boxes count. `store` outlives
  // this. Errors of ModelReuse::Open(); kNotFound: no such stream;
  // kInvalidArgument: no camera, or a model without a digest.
  static absl::StatusOr<std::unique_ptr<Reuse>> Open(Store* store,
                                                     const std::string& stream,
                                                     ModelDescription model,
                                                     const Options& options);
  ~Reuse();

  // What `function` says about `frame`, or would say. `index` is the frame's
  // in the stream; it rises, and so does frame.time_ns, or nothing held is
  // given. Frames that were decided about in an earlier process are computed
  // anew: the coin that checks them has been seen. Where the function fails,
  // throws or takes too long there is no answer, `error` says why, and the
  // decision is kRunFailed. Errors of the store, and of frames that are not the
  // camera's size.
  absl::StatusOr<Answered> GetOrCompute(uint64_t index, const Frame& frame,
                                        const Function& function);

  // The same about part of the frame: a tile, a gate, the box of a tracked
  // object. `function` is handed the macroblocks that region.box reaches into
  // (PartCovering()) as a picture of its own, and its boxes are relative to
  // that picture's upper left corner, and so are those given instead: what was
  // said of a region holds wherever in the frame it lies.
  //
  // Regions of a frame are asked about by rising numbers, all of them with the
  // same `index` and `frame`, which whole frames may share. A number stands for
  // one thing: answers are held from what was last said of that number; from
  // others, of this stream and of others, they come through the cache. A region
  // may lie elsewhere in each frame; what was said of another size in
  // macroblocks is not given. Costs some 3 us beside the frame's grid, and the
  // memory of eight runs' features a number.
  //
  // One audit is kept of all regions of a stream, apart from that of its whole
  // frames: its bound speaks of the answers about all of them together, and
  // some may be worse. kInvalidArgument, and nothing is done: a number outside
  // 1 to kMostRegions or one that does not rise, a box outside the frame.
  absl::StatusOr<Answered> GetOrCompute(uint64_t index, const Frame& frame,
                                        const Region& region,
                                        const Function& function);

  // Commits what GetOrCompute() has not yet. Also done when this ends, where
  // errors are lost.
  absl::Status Commit();

  ReuseReport Report() const { return reuse_->Report(); }
  // Of regions; empty before there are any.
  ReuseReport RegionReport() const;

 private:
  Reuse(Store* store, ModelDescription model, const Options& options);

  struct Measured {
    uint64_t index = 0;
    int width = 0, height = 0;
    friend bool operator==(const Measured&, const Measured&) = default;
  };
  absl::StatusOr<const Grid*> Measure(uint64_t index, const Frame& frame);
  absl::Status CheckOrder(uint64_t index, const Region& region) const;
  absl::Status OpenRegions();
  absl::StatusOr<Answer> Call(const Frame& picture, const Function& function);
  absl::StatusOr<Answered> AndCommit(absl::StatusOr<Answered> answered);

  Store* const store_;
  const ModelDescription model_;
  const Options options_;
  StreamId stream_ = 0;
  std::unique_ptr<GridMeter> meter_;
  const Grid* grid_ = nullptr;  // of the frame measured last
  Measured measured_;
  RegionGrids grids_;
  std::optional<std::pair<uint64_t, uint32_t>> last_region_;  // frame, number
  std::unique_ptr<ModelReuse> reuse_;
  std::unique_ptr<ModelReuse> regions_;  // null before there are any
  TimedCalls calls_;
  int64_t committed_ns_ = 0;  // monotonic
};

}  // namespace fovea

#endif  // FOVEA_API_REUSE_H_
