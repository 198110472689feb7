// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations as cameras on a street bring them, made up from a seed: more
// by day than by night, in bursts, few labels often and many seldom, another
// one first at each camera. Things move evenly for a while, then otherwise.

#ifndef FOVEA_BENCH_OBSERVATION_MAKER_H_
#define FOVEA_BENCH_OBSERVATION_MAKER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "index/observation.h"

namespace fovea::bench {

struct MakerOptions {
  int64_t observations = 1'000'000;  // in all, about
  int streams = 1000;
  int days = 30;
  uint64_t seed = 1;
};

inline constexpr std::array kLabels = {"person", "car", "bicycle", "truck",
                                       "van",    "bus", "dog",     "tram",
                                       "pram",   "cat", "trolley"};

// One stream's observations, by start; the same each time.
class StreamMaker {
 public:
  // `options` outlive it; streams are numbered from 0.
  StreamMaker(const MakerOptions& options, int number);
  StreamMaker(StreamMaker&&) noexcept;
  ~StreamMaker();

  bool at_end() const;
  // Of the next one, where there is one.
  double start_s() const;
  Observation Next();

 private:
  class Camera;
  std::unique_ptr<Camera> camera_;
};

std::vector<Observation> MakeStream(const MakerOptions& options, int number);

enum class FeedOrder {
  kByTime,    // as live cameras bring them, all at once
  kByStream,  // as a model says over recordings, one after the other
};

// The observations of all streams, a portion at a time.
class ObservationFeed {
 public:
  ObservationFeed(const MakerOptions& options, FeedOrder order);

  // The next `count`, fewer at the end, or of whole streams as many as there
  // are.
  std::vector<Observation> Take(size_t count);

 private:
  void TakeByTime(size_t count, std::vector<Observation>* portion);

  const MakerOptions options_;
  const FeedOrder order_;
  int next_stream_ = 0;
  std::vector<StreamMaker> makers_;                 // by time: of all streams
  std::vector<std::pair<double, size_t>> waiting_;  // a heap: start, maker
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OBSERVATION_MAKER_H_
