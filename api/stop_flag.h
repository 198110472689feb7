// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a caller ends a long call early: it lends a flag, looked at between
// steps, and sets it from any thread or signal handler.

#ifndef FOVEA_API_STOP_FLAG_H_
#define FOVEA_API_STOP_FLAG_H_

#include <atomic>

namespace fovea {

inline bool Stopped(const std::atomic<bool>* stop) {
  return stop != nullptr && stop->load();
}

}  // namespace fovea

#endif  // FOVEA_API_STOP_FLAG_H_
