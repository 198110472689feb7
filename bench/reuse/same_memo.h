// SPDX-License-Identifier: GPL-2.0-or-later
//
// Remembers which answers a method has found to be the same: many settings
// compare the same ones.

#ifndef FOVEA_BENCH_REUSE_SAME_MEMO_H_
#define FOVEA_BENCH_REUSE_SAME_MEMO_H_

#include <map>
#include <utility>

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

// Answers that were handed over, never null, which outlive it. Not
// thread-safe.
class SameMemo {
 public:
  explicit SameMemo(const Task& task) : task_(task) {}

  bool Same(const Answer& truth, const Answer& given) {
    if (truth == given) return true;
    const auto [entry, is_new] =
        known_.try_emplace({truth.get(), given.get()}, false);
    if (is_new) entry->second = task_.Same(*truth, *given);
    return entry->second;
  }

 private:
  const Task task_;
  std::map<std::pair<const Boxes*, const Boxes*>, bool> known_;
};

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_SAME_MEMO_H_
