// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/timed_call.h"

#include <exception>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace fovea {
namespace {

absl::StatusOr<Answer> Guarded(const TimedCalls::Call& call) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return absl::InternalError(absl::StrCat("it threw: ", thrown.what()));
  } catch (...) {
    return absl::InternalError("it threw something that is no exception");
  }
}

}  // namespace

struct TimedCalls::Late {
  absl::Mutex mutex;
  std::optional<absl::StatusOr<Answer>> said ABSL_GUARDED_BY(mutex);
};

TimedCalls::TimedCalls() = default;
TimedCalls::~TimedCalls() = default;

absl::StatusOr<Answer> TimedCalls::Run(Call call, int64_t longest_ns) {
  if (longest_ns <= 0) return Guarded(call);
  if (late_ != nullptr) {
    const absl::MutexLock lock(&late_->mutex);
    if (!late_->said) {
      return absl::UnavailableError("an earlier call has not returned yet");
    }
  }
  const auto waited = std::make_shared<Late>();
  try {
    std::thread([late = waited, call = std::move(call)] {
      auto said = Guarded(call);
      const absl::MutexLock lock(&late->mutex);
      late->said = std::move(said);
    }).detach();
  } catch (const std::system_error& full) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no thread to call it in: ", full.what()));
  }
  late_ = waited;
  const absl::MutexLock lock(&waited->mutex);
  const auto has_said = [&waited]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return waited->said.has_value();
  };
  if (!waited->mutex.AwaitWithTimeout(absl::Condition(&has_said),
                                      absl::Nanoseconds(longest_ns))) {
    return absl::DeadlineExceededError(absl::StrCat(
        "no answer within ", longest_ns / 1'000'000, " ms; it goes on alone"));
  }
  late_.reset();
  return *std::move(waited->said);
}

}  // namespace fovea
