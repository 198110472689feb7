// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a policy saves and what it misses, over sequences of windows.

#ifndef FOVEA_BENCH_REUSE_REUSE_TALLY_H_
#define FOVEA_BENCH_REUSE_REUSE_TALLY_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "bench/reuse/reuse_policy.h"

namespace fovea::bench {

using WindowSequence = std::vector<TracedWindow>;

// Windows after a change within which it must be noticed.
inline constexpr size_t kMostLateWindows = 2;

// Of one sequence, or summed over several.
struct ReuseTally {
  int64_t windows = 0, runs = 0, agree = 0;
  int64_t reused = 0, wrong = 0;  // answered without a run; of them otherwise
                                  // than by the model
  // Transitions of the true activity that the model follows: it answers the
  // new one within kMostLateWindows, and did not just before. Followed: the
  // policy answers it at most that late after the model, or one window.
  int64_t shown = 0, followed = 0, followed_soon = 0;
  // All true transitions; looked at: the model ran on a window most of which
  // is the new activity, at most so late.
  int64_t transitions = 0, looked_at = 0;
  // Changes of the model's own answer that last three windows or more.
  int64_t changes = 0, changes_followed = 0;
  // Of shown transitions: windows until followed, within the activity; the
  // last entry counts those later than all or never.
  std::array<int64_t, 64> delays = {};

  void Add(const ReuseTally& other);
  double avoided() const;
  double agreement() const;
  double followed_share() const;
  double followed_soon_share() const;
  double looked_at_share() const;
  double changes_share() const;
  double false_hold_rate() const;
  // Windows; the last of `delays` where later or never.
  size_t DelayQuantile(double share) const;
};

// Replays `policy` from fresh over the recorded answers.
ReuseTally Replay(const WindowSequence& sequence, ReusePolicy* policy);

// Tallies of the sequences of one recording (subject and device).
using RecordingTallies = std::vector<ReuseTally>;

ReuseTally Sum(std::span<const RecordingTallies> recordings);

struct TallyInterval {
  double low = 0, high = 0;
};

// 95 % of 1000 draws: recordings are drawn again, and sequences within each.
TallyInterval Bootstrap(std::span<const RecordingTallies> recordings,
                        const std::function<double(const ReuseTally&)>& value);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_REUSE_REUSE_TALLY_H_
