// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a query is evaluated over: streams, when they were recorded, what was
// observed in them, what their sensors read. A store implements it (api),
// and so does a test.

#ifndef FOVEA_INDEX_QUERY_FACTS_H_
#define FOVEA_INDEX_QUERY_FACTS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation.h"
#include "index/query.h"
#include "index/timeline.h"
#include "store/rows.h"

namespace fovea {

struct QueryStream {
  StreamId id = 0;
  std::string name;
  bool camera = false;
  // Of a camera's true picture, in pixels; 0 for others and where unknown.
  int width = 0, height = 0;
  // Something was, at some time: of other streams than cameras.
  bool observed = false;
};

// Thread-safe where the implementation says so. Errors end the query. Facts
// that change while a query runs make its answer that of no one moment.
class QueryFacts {
 public:
  virtual ~QueryFacts() = default;

  // All streams, by rising id. The same for the whole life of this object.
  virtual std::span<const QueryStream> streams() const = 0;

  // Nothing of the stream was recorded outside of this; more is allowed.
  virtual absl::StatusOr<TimeSpan> Extent(StreamId stream) = 0;

  // When the stream was recorded: exactly that inside `window`; what it says
  // of other times may be anything.
  virtual absl::StatusOr<Timeline> Held(StreamId stream, TimeSpan window) = 0;

  // Calls `visit` for each observation of the stream that has one of these
  // labels (none: any) and holds at an instant of `window`, once, in any
  // order, until it returns false; others of the stream are allowed too.
  virtual absl::Status VisitObservations(
      StreamId stream, std::span<const std::string> labels, TimeSpan window,
      const std::function<bool(const Observation&)>& visit) = 0;

  // When the sensor condition holds: exactly that inside `window`; what it
  // says of other times may be anything.
  virtual absl::StatusOr<Timeline> WhereSensor(StreamId stream,
                                               const SensorCondition& condition,
                                               TimeSpan window) = 0;

  // A set that has every instant of `window` at which observations of these
  // labels (none: of any) hold; more is allowed. For skipping what cannot
  // match: the cheaper and the closer the better. Windows may be days long.
  virtual absl::StatusOr<Timeline> MayHold(StreamId stream,
                                           std::span<const std::string> labels,
                                           TimeSpan window) = 0;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_QUERY_FACTS_H_
