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
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/model_reuse.h"
#include "api/store.h"
#include "api/timed_call.h"
#include "codec/grid.h"
#include "codec/sample.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

// One function over the frames of one camera. Not thread-safe.
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
  absl::StatusOr<ModelReuse::Answered> GetOrCompute(uint64_t index,
                                                    const Frame& frame,
                                                    const Function& function);

  // Commits what GetOrCompute() has not yet. Also done when this ends, where
  // errors are lost.
  absl::Status Commit();

  ReuseReport Report() const { return reuse_->Report(); }

 private:
  Reuse(Store* store, ModelDescription model, const Options& options);

  Store* const store_;
  const ModelDescription model_;
  const Options options_;
  StreamId stream_ = 0;
  std::unique_ptr<GridMeter> meter_;
  std::unique_ptr<ModelReuse> reuse_;
  TimedCalls calls_;
  int64_t committed_ns_ = 0;  // monotonic
};

}  // namespace fovea

#endif  // FOVEA_API_REUSE_H_
