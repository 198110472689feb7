// SPDX-License-Identifier: GPL-2.0-or-later
//
// A function of somebody else's that may throw or never return, called so
// that neither does any harm.

#ifndef FOVEA_API_TIMED_CALL_H_
#define FOVEA_API_TIMED_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "sensitivity/decoder.h"

namespace fovea {

// Not thread-safe.
class TimedCalls {
 public:
  using Call = std::function<absl::StatusOr<Answer>()>;

  TimedCalls();
  ~TimedCalls();

  // What `call` returns. kInternal with what it threw. After `longest_ns`
  // (0 or less: waited for without end) kDeadlineExceeded: the call goes on in
  // a thread of its own, with what it captured, until it returns; while it
  // does, others fail with kUnavailable and are not begun. kResourceExhausted:
  // the system gives no thread to call it in.
  absl::StatusOr<Answer> Run(Call call, int64_t longest_ns);

 private:
  struct Late;
  std::shared_ptr<Late> late_;  // a call that did not return in time
};

}  // namespace fovea

#endif  // FOVEA_API_TIMED_CALL_H_
