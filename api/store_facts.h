// SPDX-License-Identifier: GPL-2.0-or-later
//
// What queries are evaluated over, read from a store: when streams were
// recorded, what was observed in them, what sensors beside them read.

#ifndef FOVEA_API_STORE_FACTS_H_
#define FOVEA_API_STORE_FACTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/sensor_channels.h"
#include "api/store_work.h"
#include "api/stream_description.h"
#include "index/frame_index.h"
#include "index/query_facts.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// A stream as queries see it.
struct StreamFacts {
  StreamId id = 0;
  std::string name;
  StreamDescription description;
  TimeOrder order = TimeOrder::kUnknown;
  // imu and series streams recorded beside it: those called NAME.x, and,
  // where it is itself called so, its siblings. Of an imu or series stream:
  // itself.
  std::vector<StreamId> sensors;
};

// A sensor's value counts for at most so long after its sample.
inline constexpr int64_t kSensorHoldNs = 1'000'000'000;

// Not thread-safe; make one per query.
class StoreFacts final : public QueryFacts {
 public:
  // `store` outlives the result and should be a snapshot: what is committed
  // meanwhile may or may not be seen.
  static absl::StatusOr<std::unique_ptr<StoreFacts>> Load(StoreReader* store);

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

  // Null where there is no such stream.
  const StreamFacts* Find(StreamId stream) const;

  // Done so far.
  const StoreWork& work() const { return work_; }

 private:
  explicit StoreFacts(StoreReader* store) : store_(store) {}

  absl::Status LoadStreams();
  // Adds times of one stream (label "": of all labels).
  absl::Status AddTimesOf(StreamId stream, const std::string& label,
                          TimeSpan window, std::vector<TimeSpan>* spans);
  // The same, to the minute, from the index over all streams.
  absl::Status AddPresenceOf(StreamId stream, const std::string& label,
                             TimeSpan window, std::vector<TimeSpan>* spans);
  using DayOfLabel = std::map<StreamId, std::vector<TimeSpan>>;
  absl::StatusOr<const DayOfLabel*> LoadDay(const std::string& label,
                                            int64_t day);
  absl::StatusOr<bool> ReadsPresence(StreamId stream);
  absl::StatusOr<std::vector<TimeSpan>> HeldGops(const StreamFacts& stream,
                                                 TimeSpan window);
  absl::StatusOr<std::vector<TimeSpan>> HeldBlocks(const StreamFacts& stream,
                                                   TimeSpan window);
  absl::Status AddWhereSensor(const StreamFacts& sensor, const SensorTest& test,
                              TimeSpan window, std::vector<TimeSpan>* spans);

  StoreReader* const store_;
  std::vector<QueryStream> streams_;
  std::map<StreamId, StreamFacts> facts_;
  // The last answer per stream: a window is asked for more than once.
  struct HeldAnswer {
    TimeSpan window;
    Timeline held;
  };
  std::map<StreamId, HeldAnswer> held_;
  std::set<StreamId> searched_;  // that MayHold() was asked about
  std::optional<bool> has_presence_;
  std::map<std::pair<std::string, int64_t>, DayOfLabel> days_;
  StoreWork work_;
};

}  // namespace fovea

#endif  // FOVEA_API_STORE_FACTS_H_
