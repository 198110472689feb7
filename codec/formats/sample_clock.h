// SPDX-License-Identifier: GPL-2.0-or-later
//
// Times of evenly taken samples that come in timed packets: the
// least-squares line of packet time over samples before the packet, with
// running sums, so that a day's file needs no more than a minute's.

#ifndef FOVEA_CODEC_FORMATS_SAMPLE_CLOCK_H_
#define FOVEA_CODEC_FORMATS_SAMPLE_CLOCK_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace fovea {

class SampleClock {
 public:
  // `told` is the file's own count including this packet (TSMP), if any.
  void Add(int64_t samples, std::optional<int64_t> told, int64_t start_ns,
           int64_t duration_ns) {
    const auto before = static_cast<double>(Before(samples, told));
    const auto time = static_cast<double>(start_ns);
    points_ += 1;
    const double d = before - mean_count_;
    mean_count_ += d / points_;
    mean_time_ += (time - mean_time_) / points_;
    spread_ += d * (before - mean_count_);
    moment_ += d * (time - mean_time_);
    duration_ += static_cast<double>(duration_ns);
    total_ += samples;
  }

  // Index of the packet's first sample; moves past the packet.
  int64_t Before(int64_t samples, std::optional<int64_t> told) {
    const int64_t before = told && *told >= samples ? *told - samples : next_;
    next_ = before + samples;
    return before;
  }
  void Rewind() { next_ = 0; }

  int64_t total() const { return total_; }

  double PeriodNs() const {
    const double slope = spread_ > 0 ? moment_ / spread_ : 0;
    if (slope > 0 && std::isfinite(slope)) return slope;
    return total_ > 0 ? duration_ / static_cast<double>(total_) : 0;
  }

  int64_t TimeOf(int64_t index) const {
    const double time =
        mean_time_ + (static_cast<double>(index) - mean_count_) * PeriodNs();
    constexpr double kFarthest = 9.2e18;
    return static_cast<int64_t>(
        std::nearbyint(std::clamp(time, -kFarthest, kFarthest)));
  }

 private:
  double points_ = 0;
  double mean_count_ = 0;
  double mean_time_ = 0;
  double spread_ = 0;
  double moment_ = 0;
  double duration_ = 0;
  int64_t total_ = 0;
  int64_t next_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_SAMPLE_CLOCK_H_
