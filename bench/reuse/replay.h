// SPDX-License-Identifier: GPL-2.0-or-later
//
// Policies replayed against a trace. The replay alone knows all answers; a
// policy gets those of frames it has run, and no other.

#ifndef FOVEA_BENCH_REUSE_REPLAY_H_
#define FOVEA_BENCH_REUSE_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "bench/reuse/policy.h"
#include "bench/reuse/trace.h"

namespace fovea::bench::reuse {

// One trace under one loss. The trace outlives it. Not thread-safe.
class Truth {
 public:
  Truth(const Trace& trace, Loss loss);

  const Trace& trace() const { return trace_; }
  const Task& task() const { return task_; }
  size_t size() const { return trace_.size(); }
  const Answer& answer(size_t frame) const {
    return trace_.frames[frame].answer;
  }

  // Whether `given` does for `frame`; null is the empty answer.
  bool Accepts(size_t frame, const Answer& given);
  // Whether the answer of frame `from` does for `frame`.
  bool Accepts(size_t frame, size_t from);

 private:
  const Trace& trace_;
  const Task task_;
  std::unordered_map<const Boxes*, size_t> origin_;
  std::vector<int8_t> known_;  // size x size; -1 not compared yet
};

// What became of frames begin, begin + 1 ...: 0 or 1 each. A frame that was
// run agrees.
struct Outcome {
  std::vector<uint8_t> avoided, agreed;
  size_t size() const { return avoided.size(); }
  double avoided_share() const;  // 0..1; 0 of nothing
  double agreed_share() const;   // 0..1; 1 of nothing
};

// Hands `policy` the answers of all frames before `begin`, as if they had all
// been run, then lets it decide of those from `begin` up to `end`.
Outcome Replay(Truth* truth, size_t begin, size_t end, Policy* policy);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_REPLAY_H_
