// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations as cameras on a street bring them, made up from a seed: more
// by day than by night, in bursts, few labels often and many seldom, another
// one first at each camera. Things move evenly for a while, then otherwise.

#ifndef FOVEA_BENCH_OBSERVATION_MAKER_H_
#define FOVEA_BENCH_OBSERVATION_MAKER_H_

#include <array>
#include <cstdint>
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

class ObservationMaker {
 public:
  explicit ObservationMaker(const MakerOptions& options) : options_(options) {}

  // All of stream `number` (from 0), by start; the same each time.
  std::vector<Observation> Stream(int number) const;

 private:
  const MakerOptions options_;
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OBSERVATION_MAKER_H_
