// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/observation_maker.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numbers>
#include <random>
#include <utility>

namespace fovea::bench {
namespace {

constexpr double kDaySeconds = 86'400;
constexpr double kThingsPerBurst = 4;
constexpr double kSecondsBetween = 12;  // within a burst
constexpr double kMedianSeconds = 5;    // that a thing is seen
constexpr double kMostSeconds = 600;
constexpr int kMostRuns = 4;
constexpr int64_t kStart = 1'795'046'400'000'000'000;  // a midnight in UTC

// One model of all cameras.
ModelKey Model() {
  ModelKey model;
  for (size_t i = 0; i < model.size(); ++i) {
    model[i] = static_cast<uint8_t>(37 * i + 11);
  }
  return model;
}

}  // namespace

class StreamMaker::Camera {
 public:
  Camera(const MakerOptions& options, int number)
      : options_(options),
        engine_(options.seed << 32 | static_cast<uint32_t>(number)) {
    stream_ = static_cast<StreamId>(number) + 1;
    switch (Below(3)) {
      case 0:
        SetRate(40'000'000, 1, 25);
        break;
      case 1:
        SetRate(100'100'000, 3, 30 / 1.001);
        break;
      default:
        SetRate(200'000'000, 3, 15);
        break;
    }
    labels_.resize(kLabels.size());
    for (size_t i = 0; i < labels_.size(); ++i) labels_[i] = i;
    // Nearly the same everywhere, so that labels are frequent or rare.
    for (int swaps = 0; swaps < 3; ++swaps) {
      const size_t at = Below(labels_.size() - 1);
      std::swap(labels_[at], labels_[at + 1]);
    }
    labels_.resize(3 + Below(5));
    const double wanted =
        static_cast<double>(options_.observations) / options_.streams;
    while (static_cast<double>(starts_.size()) < wanted) AddBurst();
    std::ranges::sort(starts_);
  }

  bool at_end() const { return made_ == starts_.size(); }
  double start_s() const { return starts_[made_]; }
  Observation Next() {
    const size_t number = made_++;
    return Thing(starts_[number], number);
  }

 private:
  uint64_t Below(uint64_t end) { return engine_() % end; }
  double Unit() { return std::uniform_real_distribution<double>()(engine_); }
  int32_t Within(int32_t most) {
    const auto values = static_cast<uint64_t>(2 * most + 1);
    return static_cast<int32_t>(Below(values)) - most;
  }

  void SetRate(int64_t numerator, int64_t denominator, double rate) {
    numerator_ = numerator;
    denominator_ = denominator;
    frames_per_second_ = rate;
  }

  // Seconds since the start; ten times as many at noon as at midnight.
  void AddBurst() {
    double at = 0;
    double likely = 0;
    do {
      at = Unit() * kDaySeconds * options_.days;
      const double s =
          std::sin(std::numbers::pi * std::fmod(at, kDaySeconds) / kDaySeconds);
      likely = 0.1 + 0.9 * s * s;
    } while (Unit() > likely);
    do {
      starts_.push_back(at);
      at += -std::log(1 - Unit()) * kSecondsBetween;
    } while (Unit() > 1 / kThingsPerBurst);
  }

  int64_t TimeOf(uint64_t index) const {
    const int64_t i = static_cast<int64_t>(index);
    return kStart + (2 * i * numerator_ + denominator_) / (2 * denominator_);
  }

  // By Zipf: the first label twice as often as the second.
  const char* Label() {
    double all = 0;
    for (size_t i = 0; i < labels_.size(); ++i) {
      all += 1 / static_cast<double>(i + 1);
    }
    double at = Unit() * all;
    size_t i = 0;
    while (i + 1 < labels_.size()) {
      at -= 1 / static_cast<double>(i + 1);
      if (at < 0) break;
      ++i;
    }
    return kLabels[labels_[i]];
  }

  Observation Thing(double start, uint64_t track) {
    const double seconds = std::min(
        kMostSeconds,
        kMedianSeconds * std::exp(std::normal_distribution<>(0, 0.8)(engine_)));
    const auto frames = static_cast<uint64_t>(1 + seconds * frames_per_second_);
    Observation o;
    o.stream = stream_;
    o.label = Label();
    o.track = track;
    o.model = Model();
    o.first_index = static_cast<uint64_t>(start * frames_per_second_);
    o.last_index = o.first_index +
                   std::min<uint64_t>(frames, kObservationLimits.max_boxes) - 1;
    o.start_ns = TimeOf(o.first_index);
    o.end_ns = TimeOf(o.last_index);
    const double score = 0.4 + 0.6 * Unit();
    o.mean_score = o.max_score = ToObservedScore(score);
    AddBoxes(score, &o);
    return o;
  }

  void AddBoxes(double score, Observation* o) {
    const double width = 20 + Unit() * 200;
    const double height = width * (0.5 + Unit() * 2);
    const double left = Unit() * 1700;
    const double top = Unit() * 900;
    ObservedBox box = ToObservedBox(o->first_index, o->start_ns, left, top,
                                    left + width, top + height, score);
    const uint64_t frames = o->last_index - o->first_index;
    const uint64_t runs = 1 + Below(kMostRuns);
    o->boxes.reserve(frames + 1);
    o->boxes.push_back(box);
    for (uint64_t run = 0; run < runs; ++run) {
      const uint64_t end = o->first_index + frames * (run + 1) / runs;
      const int32_t right = Within(16), down = Within(6);
      const int32_t wider = Within(1), higher = Within(1);
      while (box.index < end) {
        const bool grows =
            box.right - box.left > 16 && box.bottom - box.top > 16;
        box.time_ns = TimeOf(++box.index);
        box.left += right;
        box.top += down;
        box.right += right + (grows ? wider : 0);
        box.bottom += down + (grows ? higher : 0);
        o->boxes.push_back(box);
      }
    }
  }

  const MakerOptions& options_;
  std::mt19937_64 engine_;
  StreamId stream_ = 0;
  int64_t numerator_ = 0;  // ns of so many frames
  int64_t denominator_ = 1;
  double frames_per_second_ = 0;
  std::vector<size_t> labels_;  // most frequent first
  std::vector<double> starts_;
  size_t made_ = 0;
};

StreamMaker::StreamMaker(const MakerOptions& options, int number)
    : camera_(std::make_unique<Camera>(options, number)) {}
StreamMaker::StreamMaker(StreamMaker&&) noexcept = default;
StreamMaker::~StreamMaker() = default;
bool StreamMaker::at_end() const { return camera_->at_end(); }
double StreamMaker::start_s() const { return camera_->start_s(); }
Observation StreamMaker::Next() { return camera_->Next(); }

std::vector<Observation> MakeStream(const MakerOptions& options, int number) {
  StreamMaker maker(options, number);
  std::vector<Observation> all;
  while (!maker.at_end()) all.push_back(maker.Next());
  return all;
}

ObservationFeed::ObservationFeed(const MakerOptions& options, FeedOrder order)
    : options_(options), order_(order) {
  if (order == FeedOrder::kByStream) return;
  for (int i = 0; i < options.streams; ++i) {
    makers_.emplace_back(options_, i);
    waiting_.emplace_back(makers_.back().start_s(), makers_.size() - 1);
  }
  std::ranges::make_heap(waiting_, std::greater());
}

std::vector<Observation> ObservationFeed::Take(size_t count) {
  std::vector<Observation> portion;
  if (order_ == FeedOrder::kByTime) {
    TakeByTime(count, &portion);
    return portion;
  }
  while (portion.size() < count && next_stream_ < options_.streams) {
    std::ranges::move(MakeStream(options_, next_stream_++),
                      std::back_inserter(portion));
  }
  return portion;
}

void ObservationFeed::TakeByTime(size_t count,
                                 std::vector<Observation>* portion) {
  while (portion->size() < count && !waiting_.empty()) {
    std::ranges::pop_heap(waiting_, std::greater());
    StreamMaker& maker = makers_[waiting_.back().second];
    portion->push_back(maker.Next());
    if (maker.at_end()) {
      waiting_.pop_back();
    } else {
      waiting_.back().first = maker.start_s();
      std::ranges::push_heap(waiting_, std::greater());
    }
  }
}

}  // namespace fovea::bench
