// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/planted_bug.h"

#ifdef FOVEA_PLANTED_BUGS

#include <cstdlib>

namespace fovea {

bool IsPlanted(PlantedBug bug) {
  static const int planted = [] {
    const char* const number = std::getenv("FOVEA_PLANTED_BUG");
    return number == nullptr ? 0 : std::atoi(number);
  }();
  return planted != 0 && planted == static_cast<int>(bug);
}

DroppableLock::DroppableLock(absl::Mutex* mutex) ABSL_NO_THREAD_SAFETY_ANALYSIS
    : mutex_(mutex) {
  if (!IsPlanted(PlantedBug::kDropLock)) mutex_->Lock();
}

DroppableLock::~DroppableLock() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (!IsPlanted(PlantedBug::kDropLock)) mutex_->Unlock();
}

}  // namespace fovea

#endif
