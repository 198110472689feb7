// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tells the thread sanitizer about absl::Mutex. The packaged Abseil is built
// without it, so every correctly locked access would count as a race and no
// real one could be found. Linked into every program of a thread sanitizer
// build, and only there: these definitions go before Abseil's, which they
// find with dlsym and call. Covers the calls the rooms use.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace {

// Debian's name for absl::Mutex, mangled.
#define FOVEA_MUTEX "_ZN4absl7debian35Mutex"

// The function of this mangled name behind ours.
template <typename Function>
Function Behind(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Holds `mutex` for the sanitizer again when it goes, as Await does.
class LetGo {
 public:
  explicit LetGo(void* mutex) : mutex_(mutex) {
    __tsan_mutex_pre_unlock(mutex_, 0);
    __tsan_mutex_post_unlock(mutex_, 0);
    __tsan_mutex_pre_lock(mutex_, 0);
  }
  ~LetGo() { __tsan_mutex_post_lock(mutex_, 0, 0); }

 private:
  void* const mutex_;
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static const auto lock = Behind<void (*)(Mutex*)>(FOVEA_MUTEX "4LockEv");
  __tsan_mutex_pre_lock(this, 0);
  lock(this);
  __tsan_mutex_post_lock(this, 0, 0);
}

void Mutex::Unlock() {
  static const auto unlock = Behind<void (*)(Mutex*)>(FOVEA_MUTEX "6UnlockEv");
  __tsan_mutex_pre_unlock(this, 0);
  unlock(this);
  __tsan_mutex_post_unlock(this, 0);
}

void Mutex::Await(const Condition& condition) {
  static const auto await = Behind<void (*)(Mutex*, const Condition&)>(
      FOVEA_MUTEX "5AwaitERKNS0_9ConditionE");
  const LetGo let_go(this);
  await(this, condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static const auto await =
      Behind<bool (*)(Mutex*, const Condition&, Duration)>(
          FOVEA_MUTEX "16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const LetGo let_go(this);
  return await(this, condition, timeout);
}

ABSL_NAMESPACE_END
}  // namespace absl
