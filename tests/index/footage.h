// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was recorded and seen in some streams, as plain data, and as the facts
// of queries.

#ifndef FOVEA_TESTS_INDEX_FOOTAGE_H_
#define FOVEA_TESTS_INDEX_FOOTAGE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "index/observation.h"
#include "index/query.h"
#include "index/query_facts.h"

namespace fovea::testing {

struct FootageSample {
  int64_t time_ns = 0;
  double value = 0;
};

struct FootageStream {
  QueryStream stream;
  std::vector<TimeSpan> held;  // rising, apart or touching
  std::vector<Observation> observations;
  std::map<std::string, std::vector<FootageSample>> channels;  // by time
};

struct Footage {
  std::vector<FootageStream> streams;  // by id
};

// All of random footage lies in these times.
inline constexpr TimeSpan kFootageTimes = {-20, 140};

// Few streams, in which few things are seen for a short time, so that
// everything begins, ends and meets everywhere.
Footage RandomFootage(std::mt19937_64* dice);

// An observation of a stream at `start_ns`, with one frame every `frame_ns`
// and a box of 16 by 16 eighths around each of `centres` (in eighths).
Observation Moving(const std::string& label, uint64_t track, int64_t start_ns,
                   int64_t frame_ns,
                   const std::vector<std::pair<int32_t, int32_t>>& centres);

// Answers with as much more than it is asked for as it may. Fails with
// `failure` once that is set. Counts what it gives.
class FootageFacts : public QueryFacts {
 public:
  explicit FootageFacts(const Footage& footage);

  std::span<const QueryStream> streams() const override { return streams_; }
  absl::StatusOr<TimeSpan> Extent(StreamId stream) override;
  absl::StatusOr<Timeline> Held(StreamId stream, TimeSpan window) override;
  absl::Status VisitObservations(
      StreamId stream, std::span<const std::string> labels, TimeSpan window,
      const std::function<bool(const Observation&)>& visit) override;
  absl::StatusOr<Timeline> WhereSensor(StreamId stream,
                                       const SensorCondition& condition,
                                       TimeSpan window) override;
  absl::StatusOr<Timeline> MayHold(StreamId stream,
                                   std::span<const std::string> labels,
                                   TimeSpan window) override;

  absl::Status failure;
  std::function<void()> before_each_visit = [] {};
  int visits = 0;  // of VisitObservations()

 private:
  const FootageStream& Of(StreamId stream) const;

  const Footage& footage_;
  std::vector<QueryStream> streams_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_INDEX_FOOTAGE_H_
