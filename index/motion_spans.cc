// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/motion_spans.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "index/frame_index.h"
#include "index/internal/packet_sizes.h"
#include "index/observation_reader.h"

namespace fovea {
namespace {

using internal::SizedPicture;

// So much around what is asked for tells what sizes usually are.
constexpr int64_t kGuessedAroundNs = 300'000'000'000;
constexpr int32_t kEighths = 8;

int64_t Sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}

// Gathers spans in any order.
class SpanGatherer {
 public:
  SpanGatherer(int64_t from_ns, int64_t to_ns, int64_t margin_ns)
      : from_ns_(from_ns), to_ns_(to_ns), margin_ns_(margin_ns) {}

  void Add(int64_t begin_ns, int64_t end_ns) {
    const int64_t begin = std::max(Sum(begin_ns, -margin_ns_), from_ns_);
    const int64_t end = std::min(Sum(end_ns, margin_ns_), to_ns_);
    if (begin < end) spans_.push_back({begin, end});
  }

  // Whether it is asked about.
  bool Holds(int64_t time_ns) const {
    return time_ns >= from_ns_ && time_ns < to_ns_;
  }

  std::vector<MovingSpan> Joined() && {
    std::sort(spans_.begin(), spans_.end(),
              [](const MovingSpan& a, const MovingSpan& b) {
                return a.begin_ns < b.begin_ns;
              });
    std::vector<MovingSpan> joined;
    for (const MovingSpan& span : spans_) {
      if (joined.empty() || span.begin_ns > joined.back().end_ns) {
        joined.push_back(span);
      } else {
        joined.back().end_ns = std::max(joined.back().end_ns, span.end_ns);
      }
    }
    return joined;
  }

 private:
  const int64_t from_ns_, to_ns_, margin_ns_;
  std::vector<MovingSpan> spans_;
};

// --- observations -------------------------------------------------------

bool Lies(const ObservedBox& box, const MotionArea& area) {
  return box.left < area.right * kEighths && box.right > area.left * kEighths &&
         box.top < area.bottom * kEighths && box.bottom > area.top * kEighths;
}

void AddObservation(const Observation& o, const MovingSpanOptions& options,
                    SpanGatherer* spans) {
  if (o.max_score < ToObservedScore(options.least_strength)) return;
  if (!options.area || o.boxes.empty()) {
    return spans->Add(o.start_ns, Sum(o.end_ns, 1));
  }
  for (size_t i = 0; i < o.boxes.size(); ++i) {
    if (!Lies(o.boxes[i], *options.area)) continue;
    const bool last = i + 1 == o.boxes.size();
    spans->Add(o.boxes[i].time_ns,
               last ? Sum(o.end_ns, 1) : o.boxes[i + 1].time_ns);
  }
}

// --- frame tables -------------------------------------------------------

int64_t EndOf(const FrameEntry& frame) {
  return Sum(frame.time_ns, std::max<int64_t>(frame.duration_ns, 1));
}

// Calls `visit` for the pictures of all GOPs that touch [from_ns, to_ns), in
// presentation order.
absl::Status ForEachPicture(
    StoreReader* store, StreamId stream, int64_t from_ns, int64_t to_ns,
    const std::function<void(const FrameEntry&)>& visit) {
  const FrameIndex index(store);
  const auto gops = index.Gops(stream, from_ns, to_ns);
  if (!gops.ok()) return gops.status();
  for (const GopRef& gop : *gops) {
    const auto table = index.Table(gop);
    if (!table.ok()) return table.status();
    for (const uint32_t i : PresentationOrder(*table)) {
      visit(table->frames[i]);
    }
  }
  return absl::OkStatus();
}

// Of pictures of which no motion is known.
absl::Status AddGuesses(StoreReader* store, StreamId stream, int64_t from_ns,
                        int64_t to_ns, SpanGatherer* spans) {
  std::vector<SizedPicture> unknown;
  std::vector<int64_t> ends;
  absl::Status status = ForEachPicture(
      store, stream, Sum(from_ns, -kGuessedAroundNs),
      Sum(to_ns, kGuessedAroundNs), [&](const FrameEntry& frame) {
        if (frame.has_motion) return;
        unknown.push_back({frame.time_ns, frame.size, frame.type});
        ends.push_back(EndOf(frame));
      });
  if (!status.ok()) return status;
  const std::vector<bool> moving = internal::GuessMoving(unknown);
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (moving[i]) spans->Add(unknown[i].time_ns, ends[i]);
  }
  return absl::OkStatus();
}

void Count(const FrameEntry& frame, bool guess, MotionSources* sources) {
  if (frame.camera_moves) {
    ++sources->camera_moves;
  } else if (frame.has_motion) {
    ++sources->noted;
  } else {
    ++(guess ? sources->sizes : sources->unknown);
  }
}

absl::Status AddTables(StoreReader* store, StreamId stream, int64_t from_ns,
                       int64_t to_ns, bool guess, SpanGatherer* spans,
                       MotionSources* sources) {
  bool all_known = true;
  absl::Status status = ForEachPicture(
      store, stream, from_ns, to_ns, [&](const FrameEntry& frame) {
        all_known &= frame.has_motion;
        if (spans->Holds(frame.time_ns)) Count(frame, guess, sources);
        const bool any = guess ? frame.camera_moves
                               : frame.camera_moves || !frame.has_motion;
        if (any) spans->Add(frame.time_ns, EndOf(frame));
      });
  if (!status.ok() || all_known || !guess) return status;
  return AddGuesses(store, stream, from_ns, to_ns, spans);
}

}  // namespace

absl::StatusOr<std::vector<MovingSpan>> MovingSpans(
    StoreReader* store, StreamId stream, int64_t from_ns, int64_t to_ns,
    const MovingSpanOptions& options, MotionSources* sources) {
  MotionSources uncounted;
  if (sources == nullptr) sources = &uncounted;
  SpanGatherer spans(from_ns, to_ns, options.margin_ns);
  const int64_t from = Sum(from_ns, -options.margin_ns);
  const int64_t to = Sum(to_ns, options.margin_ns);
  absl::Status status =
      AddTables(store, stream, from, to, options.guess, &spans, sources);
  if (!status.ok()) return status;
  ObservationSelection motion;
  motion.stream = stream;
  motion.label = std::string(kMotionLabel);
  motion.from_ns = from;
  motion.to_ns = to;
  status = VisitObservations(store, motion, [&](const Observation& o) {
    AddObservation(o, options, &spans);
    return true;
  });
  return std::move(spans).Joined();
}

}  // namespace fovea
