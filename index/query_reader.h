// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the evaluation of one query reads facts: counted, bounded in memory,
// and stopped when it is told to.

#ifndef FOVEA_INDEX_QUERY_READER_H_
#define FOVEA_INDEX_QUERY_READER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/query_facts.h"
#include "index/query_work.h"

namespace fovea {

struct EvaluationLimits {
  // Boxes, or observations without, that one evaluation keeps at once; about
  // 60 bytes each.
  size_t max_boxes = 4'000'000;
};

// Not thread-safe; `stop` may be set by any thread.
class QueryReader {
 public:
  // `facts`, and `stop` where it is not null, must outlive it.
  QueryReader(QueryFacts* facts, const EvaluationLimits& limits,
              const std::atomic<bool>* stop)
      : facts_(facts), limits_(limits), stop_(stop) {}

  std::span<const QueryStream> streams() const { return facts_->streams(); }
  absl::StatusOr<TimeSpan> Extent(StreamId stream);
  absl::StatusOr<Timeline> Held(StreamId stream, TimeSpan window);
  absl::StatusOr<Timeline> WhereSensor(StreamId stream,
                                       const SensorCondition& condition,
                                       TimeSpan window);
  absl::StatusOr<Timeline> MayHold(StreamId stream,
                                   std::span<const std::string> labels,
                                   TimeSpan window);
  // Calls `visit`, which returns how many boxes are kept of the observation,
  // for those of these labels (none: any) that hold in `window`.
  absl::Status VisitObservations(
      StreamId stream, std::span<const std::string> labels, TimeSpan window,
      absl::FunctionRef<size_t(const Observation&)> visit);

  // Nothing is kept any more of what was visited.
  void ForgetKept() { kept_ = 0; }

  // kCancelled once `stop` is set.
  absl::Status CheckStop() const;

  QueryWork& work() { return work_; }
  const QueryWork& work() const { return work_; }

 private:
  QueryFacts* facts_;
  EvaluationLimits limits_;
  const std::atomic<bool>* stop_;
  size_t kept_ = 0;
  QueryWork work_;
};

// When an observation holds.
TimeSpan LifeOf(const Observation& observation);

}  // namespace fovea

#endif  // FOVEA_INDEX_QUERY_READER_H_
