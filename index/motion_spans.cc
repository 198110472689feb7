// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/motion_spans.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "index/frame_index.h"
#include "index/internal/packet_sizes.h"
#include "index/observation_reader.h"

namespace fovea {
namespace {

using internal::SizedPicture;

// So much around what is asked for tells what sizes usually are.
constexpr int64_t kGuessedAroundNs = 300'000'000'000;
constexpr int32_t kEighths = 8;

// --- observations -------------------------------------------------------

bool Lies(const ObservedBox& box, const MotionArea& area) {
  return box.left < area.right * kEighths && box.right > area.left * kEighths &&
         box.top < area.bottom * kEighths && box.bottom > area.top * kEighths;
}

void AddObservation(const Observation& o, const MovingSpanOptions& options,
                    std::vector<TimeSpan>* spans) {
  if (o.max_score < ToObservedScore(options.least_strength)) return;
  if (!options.area || o.boxes.empty()) {
    return spans->push_back({o.start_ns, SaturatedSum(o.end_ns, 1)});
  }
  for (size_t i = 0; i < o.boxes.size(); ++i) {
    if (!Lies(o.boxes[i], *options.area)) continue;
    const bool last = i + 1 == o.boxes.size();
    spans->push_back({o.boxes[i].time_ns, last ? SaturatedSum(o.end_ns, 1)
                                               : o.boxes[i + 1].time_ns});
  }
}

// --- frame tables -------------------------------------------------------

int64_t EndOf(const FrameEntry& frame) {
  return SaturatedSum(frame.time_ns, std::max<int64_t>(frame.duration_ns, 1));
}

// Calls `visit` for the pictures of all GOPs that touch `window`, in
// presentation order.
absl::Status ForEachPicture(
    StoreReader* store, StreamId stream, TimeSpan window,
    const std::function<void(const FrameEntry&)>& visit) {
  const FrameIndex index(store);
  const auto gops = index.Gops(stream, window.begin_ns, window.end_ns);
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
absl::Status AddGuesses(StoreReader* store, StreamId stream, TimeSpan window,
                        std::vector<TimeSpan>* spans) {
  std::vector<SizedPicture> unknown;
  std::vector<int64_t> ends;
  absl::Status status = ForEachPicture(
      store, stream, window.Widened(kGuessedAroundNs, kGuessedAroundNs),
      [&](const FrameEntry& frame) {
        if (frame.has_motion) return;
        unknown.push_back({frame.time_ns, frame.size, frame.type});
        ends.push_back(EndOf(frame));
      });
  if (!status.ok()) return status;
  const std::vector<bool> moving = internal::GuessMoving(unknown);
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (moving[i]) spans->push_back({unknown[i].time_ns, ends[i]});
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

// Pictures in `window` that may move; counts those in `asked`.
absl::Status AddTables(StoreReader* store, StreamId stream, TimeSpan window,
                       TimeSpan asked, bool guess, std::vector<TimeSpan>* spans,
                       MotionSources* sources) {
  bool all_known = true;
  absl::Status status =
      ForEachPicture(store, stream, window, [&](const FrameEntry& frame) {
        all_known &= frame.has_motion;
        if (frame.time_ns >= asked.begin_ns && frame.time_ns < asked.end_ns) {
          Count(frame, guess, sources);
        }
        const bool any = guess ? frame.camera_moves
                               : frame.camera_moves || !frame.has_motion;
        if (any) spans->push_back({frame.time_ns, EndOf(frame)});
      });
  if (!status.ok() || all_known || !guess) return status;
  return AddGuesses(store, stream, window, spans);
}

}  // namespace

absl::StatusOr<Timeline> MovingSpans(StoreReader* store, StreamId stream,
                                     TimeSpan window,
                                     const MovingSpanOptions& options,
                                     MotionSources* sources) {
  MotionSources uncounted;
  if (sources == nullptr) sources = &uncounted;
  const TimeSpan around = window.Widened(options.margin_ns, options.margin_ns);
  std::vector<TimeSpan> spans;
  absl::Status status =
      AddTables(store, stream, around, window, options.guess, &spans, sources);
  if (!status.ok()) return status;
  ObservationSelection motion;
  motion.stream = stream;
  motion.label = std::string(kMotionLabel);
  motion.from_ns = around.begin_ns;
  motion.to_ns = around.end_ns;
  status = VisitObservations(store, motion, [&](const Observation& o) {
    AddObservation(o, options, &spans);
    return true;
  });
  if (!status.ok()) return status;
  return Timeline(std::move(spans))
      .Widened(options.margin_ns, options.margin_ns)
      .Within(window);
}

}  // namespace fovea
