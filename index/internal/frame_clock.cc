// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/frame_clock.h"

#include <algorithm>
#include <vector>

#include "store/time_line.h"

namespace fovea {
namespace {

__extension__ typedef __int128 Wide;

// Whole and rest of a division downward.
struct Parts {
  uint64_t whole = 0;  // in two's complement
  int64_t rest = 0;
};

template <typename Integer>
Parts Divide(Integer product, int64_t denominator) {
  Integer whole = product / denominator;
  Integer rest = product % denominator;
  if (rest < 0) {
    rest += denominator;
    --whole;
  }
  return {static_cast<uint64_t>(whole), static_cast<int64_t>(rest)};
}

struct Points {
  std::vector<int64_t> indexes;
  std::vector<int64_t> times;

  void Add(uint64_t index, int64_t time_ns) {
    indexes.push_back(static_cast<int64_t>(index));
    times.push_back(time_ns);
  }
  TimeLine Fit() const { return FitTimeLine(indexes, times); }
};

uint64_t Frames(const Observation* o) {
  return o->boxes.empty() ? o->last_index - o->first_index
                          : o->boxes.back().index - o->boxes.front().index;
}

// Between two observations the recording may have stood still while time went
// on; within one it has not.
Points EndsOf(const Observation& o) {
  Points points;
  if (o.boxes.empty()) {
    points.Add(o.first_index, o.start_ns);
    points.Add(o.last_index, o.end_ns);
  } else {
    points.Add(o.boxes.front().index, o.boxes.front().time_ns);
    points.Add(o.boxes.back().index, o.boxes.back().time_ns);
  }
  return points;
}

int64_t NsOn(const TimeLine& line, uint64_t frames) {
  return line.At(static_cast<int64_t>(frames));
}

// The line through the longest observation, or the one through all starts,
// which is more exact, where it is the same.
TimeLine FitRate(std::span<const Observation* const> pack,
                 const Observation& longest) {
  const TimeLine near = EndsOf(longest).Fit();
  Points starts;
  for (const Observation* o : pack) starts.Add(o->first_index, o->start_ns);
  const TimeLine far = starts.Fit();
  if (near.numerator == 0 || far.numerator == 0) {
    return near.numerator == 0 ? far : near;
  }
  const uint64_t frames = Frames(&longest);
  const int64_t apart = WrappingMinus(NsOn(far, frames), NsOn(near, frames));
  return -1 <= apart && apart <= 1 ? far : near;
}

// Where in its nanosecond the first frame began: narrowed by one frame after
// another, but for those that are off the clock anyway.
class PhaseFit {
 public:
  explicit PhaseFit(const FrameClock& clock)
      : clock_(clock), end_(clock.denominator) {}

  void Add(uint64_t index, int64_t time_ns) {
    const auto frames = static_cast<int64_t>(index - clock_.first_index);
    const int64_t ns = WrappingMinus(time_ns, clock_.start_ns);
    const Wide least = static_cast<Wide>(ns) * clock_.denominator -
                       static_cast<Wide>(frames) * clock_.numerator;
    const Wide begin = std::max<Wide>(begin_, least);
    const Wide end = std::min<Wide>(end_, least + clock_.denominator);
    if (begin >= end) return;
    begin_ = static_cast<int64_t>(begin);
    end_ = static_cast<int64_t>(end);
  }

  int64_t phase() const { return begin_; }

 private:
  const FrameClock& clock_;
  int64_t begin_ = 0;
  int64_t end_;
};

}  // namespace

int64_t FrameClock::At(uint64_t index) const {
  return ClockHand(*this, index).At(index);
}

FrameClock FitFrameClock(std::span<const Observation* const> pack) {
  const Observation& longest = **std::ranges::max_element(pack, {}, Frames);
  const TimeLine rate = FitRate(pack, longest);
  FrameClock clock = {pack[0]->first_index, pack[0]->start_ns, rate.numerator,
                      rate.denominator};
  if (clock.denominator == 1) return clock;
  PhaseFit fit(clock);
  for (const Observation* o : pack) fit.Add(o->first_index, o->start_ns);
  for (const ObservedBox& box : longest.boxes) fit.Add(box.index, box.time_ns);
  clock.phase = fit.phase();
  return clock;
}

ClockHand::ClockHand(const FrameClock& clock, uint64_t index)
    : clock_(clock),
      whole_per_frame_(clock.numerator / clock.denominator),
      rest_per_frame_(clock.numerator % clock.denominator) {
  Set(index);
}

void ClockHand::Set(uint64_t index) {
  const auto frames = static_cast<int64_t>(index - clock_.first_index);
  int64_t product = 0;
  // Dividing 128 bits takes many times as long.
  const bool wide =
      __builtin_mul_overflow(frames, clock_.numerator, &product) ||
      __builtin_add_overflow(product, clock_.phase, &product);
  const Parts parts =
      wide ? Divide(static_cast<Wide>(frames) * clock_.numerator + clock_.phase,
                    clock_.denominator)
           : Divide(product, clock_.denominator);
  index_ = index;
  ns_ = parts.whole;
  rest_ = parts.rest;
}

int64_t ClockHand::At(uint64_t index) {
  if (index == index_ + 1) {
    index_ = index;
    ns_ += static_cast<uint64_t>(whole_per_frame_);
    rest_ += rest_per_frame_ - clock_.denominator;
    if (rest_ >= 0) {
      ++ns_;
    } else {
      rest_ += clock_.denominator;
    }
  } else if (index != index_) {
    Set(index);
  }
  return static_cast<int64_t>(static_cast<uint64_t>(clock_.start_ns) + ns_);
}

}  // namespace fovea
