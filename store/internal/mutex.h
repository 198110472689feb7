// SPDX-License-Identifier: GPL-2.0-or-later
//
// std::mutex with clang's lock annotations. Not absl::Mutex: the packaged
// Abseil is built without thread sanitizer support, which then takes every
// correctly locked access for a race and can find no real one.

#ifndef FOVEA_STORE_INTERNAL_MUTEX_H_
#define FOVEA_STORE_INTERNAL_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace fovea {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_MUTEX_H_
