// SPDX-License-Identifier: GPL-2.0-or-later
//
// Never infer twice, for applications that look at windows of an imu or
// another series with an inference of their own: a function is called only
// where what it would say is not known well enough from what it said before.
// The sibling of api/reuse.h for pictures.

#ifndef FOVEA_API_SENSOR_REUSE_H_
#define FOVEA_API_SENSOR_REUSE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/timed_call.h"
#include "api/window_reuse.h"
#include "sensitivity/class_answer.h"
#include "sensitivity/model_description.h"

namespace fovea {

// One function over the windows of one stream. Not thread-safe.
class SensorReuse {
 public:
  // Gets a window's values, channel by channel, and tells its class
  // (AnswerOfClass()), or probabilities of all.
  using Function =
      std::function<absl::StatusOr<Answer>(std::span<const double> values)>;

  struct Options {
    WindowReuseOptions window;
    // A call that takes longer has failed (api/timed_call.h), and goes on with
    // a copy of its window. 0: waited for without end, nothing is copied.
    int64_t longest_call_ns = 0;
    // Answers and decisions are committed after so long. Longer: fewer syncs,
    // more to compute again after a crash.
    int64_t commit_every_ns = 2'000'000'000;
  };

  struct Window {
    uint64_t index = 0;  // of its first sample in the stream
    int64_t end_ns = 0;  // time of its last one
    // In the stream's units, channel by channel: those of the model's card, or
    // where it names none all of the stream's.
    std::span<const double> values;
    MotionEvent event = MotionEvent::kNone;  // as the sensor itself says
  };

  // `stream` is an imu or series stream of the store; its samples need not be
  // stored, and answers are kept with it. Of `model` the digest is the key:
  // another version of the function has another one, and none of the old
  // answers are given for it. Of its card are read: decoder (kImuClassifier,
  // or another whose answers are classes), channels, window in samples (0: any
  // length) and rate_hz (0: the stream's). `store` outlives this. Errors of
  // WindowReuse::Open(); kNotFound: no such stream; kInvalidArgument: a model
  // without a digest, no rate.
  static absl::StatusOr<std::unique_ptr<SensorReuse>> Open(
      Store* store, const std::string& stream, ModelDescription model,
      const Options& options);
  ~SensorReuse();

  // What `function` says about `window`, or would say. `index` rises from call
  // to call, and so does end_ns, or nothing held is given. Where the function
  // fails, throws or takes too long there is no answer, `error` says why, and
  // the decision is kRunFailed. kInvalidArgument, and nothing has happened:
  // another number of values than channels and window make, fewer samples than
  // kLeastSensorSamples or more than kMostSensorSamples, a value that is no
  // number or beyond 10^30, an index that does not rise. Errors of the store.
  absl::StatusOr<Answered> GetOrCompute(const Window& window,
                                        const Function& function);

  // Commits what GetOrCompute() has not yet. Also done when this ends, where
  // errors are lost.
  absl::Status Commit();

  ReuseReport Report() const { return reuse_->Report(); }

 private:
  SensorReuse(Store* store, ModelDescription model, const Options& options);

  absl::Status Check(const Window& window) const;

  Store* const store_;
  const ModelDescription model_;
  const Options options_;
  StreamId stream_ = 0;
  double rate_hz_ = 0;
  uint64_t next_index_ = 0;
  std::unique_ptr<WindowReuse> reuse_;
  TimedCalls calls_;
  int64_t committed_ns_ = 0;  // monotonic
};

}  // namespace fovea

#endif  // FOVEA_API_SENSOR_REUSE_H_
