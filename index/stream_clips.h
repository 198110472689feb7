// SPDX-License-Identifier: GPL-2.0-or-later
//
// The clips of one stream, one after the other, found as they are asked for:
// window by window where something can match, nowhere else.

#ifndef FOVEA_INDEX_STREAM_CLIPS_H_
#define FOVEA_INDEX_STREAM_CLIPS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "index/clip.h"
#include "index/evaluate.h"
#include "index/query.h"
#include "index/query_reader.h"

namespace fovea {

enum class WalkDirection : uint8_t { kForward, kBackward };

struct StreamWalk {
  WalkDirection direction = WalkDirection::kForward;
  // Clips that begin in these times are wanted, others are left out.
  TimeSpan begins = TimeSpan::All();
  // What is evaluated at once. One that has too much in it is halved.
  int64_t window_ns = 3'600'000'000'000;
};

// Keeps what one window gave. Not thread-safe.
class StreamClips {
 public:
  // All must outlive it.
  StreamClips(const Query& query, const QueryStream& stream,
              const StreamWalk& walk, QueryReader* reader);

  // No clip to come begins before this (walking backward: after it). Comes
  // closer with every Advance(). None: no clip is to come.
  std::optional<int64_t> bound() const;

  // Whether the next clip is known: it begins at bound().
  bool ready() const { return !ready_.empty(); }

  // The next clip. Requires ready().
  Clip Take();

  // Looks a little further: reads what was recorded, or where something can
  // match, or one window. Requires a bound(). As QueryReader fails, naming
  // stream and window where one has too much in it.
  absl::Status Advance();

 private:
  bool forward() const { return walk_.direction == WalkDirection::kForward; }
  absl::Status ReadExtent();
  absl::Status ReadCandidates();
  TimeSpan NextWindow() const;
  absl::Status EvaluateNextWindow();
  absl::Status AddRuns(std::vector<Clip> runs);
  absl::Status AddRun(const Clip& run);
  absl::Status ExtendBehindWalk();
  void SetDone(const TimeSpan& span);
  void Close();

  const Query& query_;
  const QueryStream& stream_;
  const StreamWalk walk_;
  QueryReader* reader_;

  TimeSpan left_;                    // not yet looked at
  int64_t behind_walk_ = INT64_MAX;  // where walking backward begins
  bool has_extent_ = false;          // left_ is of what was recorded
  Timeline candidates_;              // in the part of left_ next walked
  TimeSpan searched_;                // that part
  int64_t search_windows_ = 1;       // to search for candidates next time
  int64_t window_ns_;                // halved where too much matches
  std::optional<Clip> open_;         // may go on in left_
  std::deque<Clip> ready_;
};

// For each of `runs` the greatest score of the spans that touch it; 0 of
// none. n log n.
std::vector<uint16_t> GreatestScores(std::span<const TimeSpan> runs,
                                     std::vector<ScoredSpan> scored);

}  // namespace fovea

#endif  // FOVEA_INDEX_STREAM_CLIPS_H_
