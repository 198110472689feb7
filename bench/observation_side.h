// SPDX-License-Identifier: GPL-2.0-or-later
//
// What keeps observations and answers questions about them, in two ways to be
// compared. Both get and give the same. Failures end the program.

#ifndef FOVEA_BENCH_OBSERVATION_SIDE_H_
#define FOVEA_BENCH_OBSERVATION_SIDE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "index/observation.h"

namespace fovea::bench {

// What an answer adds up to, boxes and all, to see that two are the same.
struct AnswerSum {
  int64_t observations = 0;
  uint64_t sum = 0;
  void Add(const Observation& o);
  friend bool operator==(const AnswerSum&, const AnswerSum&) = default;
};

struct SideBytes {
  uint64_t rows = 0;     // what queries read
  uint64_t journal = 0;  // what is kept beside it
};

class ObservationSide {
 public:
  virtual ~ObservationSide() = default;

  // Durable, by tens of thousands.
  virtual void Put(std::span<const Observation> observations) = 0;
  // All is in, once: puts it in its best shape.
  virtual void Settle() = 0;
  virtual SideBytes Bytes() = 0;

  // Those that hold at some time of [from_ns, to_ns), with their boxes.
  virtual AnswerSum InStream(StreamId stream, const std::string& label,
                             int64_t from_ns, int64_t to_ns) = 0;
  // In which streams, and in which minutes [first, end) of them; any order,
  // one minute any number of times.
  struct Minutes {
    StreamId stream = 0;
    int64_t first = 0;
    int64_t end = 0;
  };
  virtual std::vector<Minutes> InAllStreams(const std::string& label,
                                            int64_t from_ns, int64_t to_ns) = 0;
};

std::unique_ptr<ObservationSide> FoveaSide(const std::string& folder);
std::unique_ptr<ObservationSide> SqliteSide(const std::string& folder);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OBSERVATION_SIDE_H_
