// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Store::Verify() is asked to do.

#ifndef FOVEA_API_VERIFY_OPTIONS_H_
#define FOVEA_API_VERIFY_OPTIONS_H_

#include <atomic>
#include <cstdint>
#include <functional>

namespace fovea {

struct VerifyOptions {
  bool deep = false;    // reads all payloads
  bool repair = false;  // as ScrubOptions::repair; needs a store to write to
  uint64_t bytes_per_second = 0;
  std::function<void(uint64_t done, uint64_t total)> progress = {};  // bytes
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace fovea

#endif  // FOVEA_API_VERIFY_OPTIONS_H_
