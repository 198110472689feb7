// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/store_facts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/block_reader.h"
#include "api/series_blocks.h"
#include "api/stream_registry.h"
#include "index/observation_reader.h"
#include "index/presence.h"
#include "index/presence_rebuild.h"

namespace fovea {
namespace {

int64_t Later(int64_t time_ns, int64_t by_ns) {
  return time_ns > INT64_MAX - by_ns ? INT64_MAX : time_ns + by_ns;
}

int64_t Earlier(int64_t time_ns, int64_t by_ns) {
  return time_ns < INT64_MIN + by_ns ? INT64_MIN : time_ns - by_ns;
}

constexpr int64_t kDayNs = 86'400'000'000'000;
constexpr size_t kFewStreams = 8;
// Of labels, kept at once: more than one search looks at.
constexpr size_t kMostDays = 256;

int64_t DayOf(int64_t time_ns) {
  return time_ns / kDayNs - (time_ns % kDayNs < 0 ? 1 : 0);
}

// Of units of `length_ns`, within int64.
int64_t StartOf(int64_t unit, int64_t length_ns) {
  if (unit > INT64_MAX / length_ns) return INT64_MAX;
  return unit < INT64_MIN / length_ns ? INT64_MIN : unit * length_ns;
}
int64_t StartOfDay(int64_t day) { return StartOf(day, kDayNs); }
int64_t StartOfMinute(int64_t minute) { return StartOf(minute, kNsPerMinute); }

bool IsSeries(const StreamDescription& description) {
  return description.kind == StreamKind::kImu ||
         description.kind == StreamKind::kSeries;
}

absl::StatusOr<bool> HasObservations(StoreReader* store, StreamId stream) {
  bool any = false;
  const absl::Status scanned =
      store->Scan(Family::kSem, StreamPrefix(stream), StreamPrefix(stream + 1),
                  [&any](std::string_view, std::string_view) {
                    any = true;
                    return false;
                  });
  if (!scanned.ok()) return scanned;
  return any;
}

// What the names of streams recorded beside `name` begin with: its own and a
// dot, or, where it has one, what stands up to its last dot.
std::vector<std::string> PrefixesBeside(const std::string& name) {
  std::vector<std::string> prefixes = {name + "."};
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) {
    prefixes.push_back(name.substr(0, dot + 1));
  }
  return prefixes;
}

// Closes gaps of less than a sample: borders of GOPs and blocks are rounded,
// and a block ends with its last sample, not where the next one begins.
void AddSpan(TimeSpan span, int64_t slack_ns, std::vector<TimeSpan>* spans) {
  if (!spans->empty() && span.begin_ns > spans->back().end_ns &&
      span.begin_ns - spans->back().end_ns < slack_ns) {
    span.begin_ns = spans->back().end_ns;
  }
  spans->push_back(span);
}

// Calls `visit` with each label, or, where there is none, with "" for all.
absl::Status ForEachLabel(
    std::span<const std::string> labels,
    const std::function<absl::Status(const std::string&)>& visit) {
  if (labels.empty()) return visit("");
  for (const std::string& label : labels) {
    if (absl::Status s = visit(label); !s.ok()) return s;
  }
  return absl::OkStatus();
}

TimeOrder OrderOf(const StreamKind kind, const StreamCounts& counts) {
  if (kind == StreamKind::kCamera) return OrderOfFrames(counts);
  return counts.times_backward == 0 ? TimeOrder::kRising : TimeOrder::kUnknown;
}

absl::Status AtStream(const std::string& name, const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat("stream '", name, "': ", std::string(status.message())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreFacts>> StoreFacts::Load(
    StoreReader* store) {
  std::unique_ptr<StoreFacts> facts(new StoreFacts(store));
  if (absl::Status s = facts->LoadStreams(); !s.ok()) return s;
  return absl::StatusOr<std::unique_ptr<StoreFacts>>(std::move(facts));
}

absl::Status StoreFacts::LoadStreams() {
  StreamRegistry registry(store_);
  const auto rows = registry.List();
  if (!rows.ok()) return rows.status();
  std::map<std::string, StreamId> series;
  for (const StreamRow& row : *rows) {
    auto description = DecodeStreamDescription(row.description);
    if (!description.ok()) return AtStream(row.name, description.status());
    const auto counts = registry.Counts(row.id);
    if (!counts.ok()) return AtStream(row.name, counts.status());
    const TimeOrder order = OrderOf(description->kind, *counts);
    StreamFacts facts{row.id, row.name, *std::move(description), order, {}};
    if (IsSeries(facts.description)) series[row.name] = row.id;
    const CameraInfo& camera = facts.description.camera;
    const bool is_camera = facts.description.kind == StreamKind::kCamera;
    const auto observed = is_camera ? false : HasObservations(store_, row.id);
    if (!observed.ok()) return AtStream(row.name, observed.status());
    streams_.push_back({row.id, row.name, is_camera,
                        is_camera ? camera.width : 0,
                        is_camera ? camera.height : 0, *observed});
    facts_.emplace(row.id, std::move(facts));
  }
  std::sort(
      streams_.begin(), streams_.end(),
      [](const QueryStream& a, const QueryStream& b) { return a.id < b.id; });
  for (auto& [id, facts] : facts_) {
    if (IsSeries(facts.description)) {
      facts.sensors = {id};
      continue;
    }
    for (const std::string& prefix : PrefixesBeside(facts.name)) {
      for (auto at = series.lower_bound(prefix);
           at != series.end() && at->first.starts_with(prefix); ++at) {
        facts.sensors.push_back(at->second);
      }
    }
  }
  return absl::OkStatus();
}

const StreamFacts* StoreFacts::Find(StreamId stream) const {
  const auto found = facts_.find(stream);
  return found == facts_.end() ? nullptr : &found->second;
}

absl::StatusOr<std::vector<TimeSpan>> StoreFacts::HeldGops(
    const StreamFacts& stream, TimeSpan window) {
  const auto gops = FrameIndex(store_).Gops(stream.id, window.begin_ns,
                                            window.end_ns, stream.order);
  if (!gops.ok()) return gops.status();
  work_.gop_rows += static_cast<int64_t>(gops->size());
  std::vector<TimeSpan> spans;
  int64_t frame_ns = 0;
  for (const GopRef& gop : *gops) {
    const int64_t length = std::max<int64_t>(gop.row.duration_ns, 1);
    AddSpan({gop.row.start_ns, Later(gop.row.start_ns, length)}, frame_ns,
            &spans);
    frame_ns = length / std::max<int64_t>(gop.row.frames, 1);
  }
  return spans;
}

absl::StatusOr<std::vector<TimeSpan>> StoreFacts::HeldBlocks(
    const StreamFacts& stream, TimeSpan window) {
  std::vector<TimeSpan> spans;
  int64_t sample_ns = 0;
  const absl::Status status = ForEachBlock(
      store_, stream.id, window.begin_ns, window.end_ns, stream.order,
      [&](const BlockRow& row) {
        ++work_.block_rows;
        // Clocks of sensors shake: twice what samples are apart.
        AddSpan({row.start_ns, Later(row.end_ns, 1)}, 2 * sample_ns, &spans);
        sample_ns =
            (row.end_ns - row.start_ns) / std::max<int64_t>(row.samples, 1);
        return absl::StatusOr<bool>(true);
      });
  if (!status.ok()) return status;
  return spans;
}

absl::StatusOr<TimeSpan> StoreFacts::Extent(StreamId stream) {
  const StreamFacts* facts = Find(stream);
  if (facts == nullptr) return TimeSpan{0, 0};
  if (facts->order == TimeOrder::kUnknown) {
    const auto held = Held(stream, TimeSpan::All());
    if (!held.ok()) return held.status();
    return held->Hull();
  }
  const auto extent = StreamRegistry(store_).Extent(
      {stream, static_cast<uint8_t>(facts->description.kind), "", ""});
  if (!extent.ok()) return AtStream(facts->name, extent.status());
  // A picture without a duration, and the last sample, are shown for one.
  return TimeSpan{extent->start_ns, Later(extent->end_ns, 1)};
}

absl::StatusOr<Timeline> StoreFacts::Held(StreamId stream, TimeSpan window) {
  const auto answer = held_.find(stream);
  if (answer != held_.end() &&
      answer->second.window.begin_ns <= window.begin_ns &&
      answer->second.window.end_ns >= window.end_ns) {
    return answer->second.held;
  }
  const StreamFacts* facts = Find(stream);
  if (facts == nullptr) return Timeline();
  // The GOP and block before and behind close the gaps at the borders.
  const TimeSpan wider = {Earlier(window.begin_ns, kSensorHoldNs),
                          Later(window.end_ns, kSensorHoldNs)};
  auto spans = facts->description.kind == StreamKind::kCamera
                   ? HeldGops(*facts, wider)
                   : HeldBlocks(*facts, wider);
  if (!spans.ok()) return AtStream(facts->name, spans.status());
  HeldAnswer& kept = held_[stream];
  kept = {window, Timeline(*std::move(spans))};
  return kept.held;
}

absl::Status StoreFacts::AddWhereSensor(const StreamFacts& sensor,
                                        const SensorTest& test, TimeSpan window,
                                        std::vector<TimeSpan>* spans) {
  bool held = false;  // the test, by the sample before
  int64_t since_ns = 0;
  const auto take = [&](int64_t time_ns, bool holds) {
    if (held) {
      const int64_t most = Later(since_ns, kSensorHoldNs);
      const int64_t end = std::max(std::min(time_ns, most), Later(since_ns, 1));
      spans->push_back({since_ns, end});
    }
    held = holds;
    since_ns = time_ns;
  };
  SeriesBlocks blocks(store_, sensor.id);
  const absl::Status status = ForEachBlock(
      store_, sensor.id, Earlier(window.begin_ns, kSensorHoldNs),
      Later(window.end_ns, kSensorHoldNs), sensor.order,
      [&](const BlockRow& row) -> absl::StatusOr<bool> {
        ++work_.block_rows;
        const auto decoded = blocks.Read(row);
        if (!decoded.ok()) return decoded.status();
        const SeriesBatch& batch = decoded->batch;
        work_.samples += static_cast<int64_t>(batch.time_ns.size());
        for (size_t i = 0; i < batch.time_ns.size(); ++i) {
          const std::span<const double> sample =
              std::span(batch.values)
                  .subspan(i * decoded->channels, decoded->channels);
          take(batch.time_ns[i], test.Holds(sample));
        }
        return true;
      });
  if (!status.ok()) return status;
  if (held) spans->push_back({since_ns, Later(since_ns, 1)});
  return absl::OkStatus();
}

absl::Status StoreFacts::VisitObservations(
    StreamId stream, std::span<const std::string> labels, TimeSpan window,
    const std::function<bool(const Observation&)>& visit) {
  bool going = true;
  const auto counted = [&](const Observation& observation) {
    ++work_.observations;
    return going = visit(observation);
  };
  return ForEachLabel(labels, [&](const std::string& label) -> absl::Status {
    if (!going) return absl::OkStatus();
    return fovea::VisitObservations(
        store_, {stream, label, window.begin_ns, window.end_ns}, counted);
  });
}

absl::StatusOr<Timeline> StoreFacts::MayHold(
    StreamId stream, std::span<const std::string> labels, TimeSpan window) {
  const auto all_streams = ReadsPresence(stream);
  if (!all_streams.ok()) return all_streams.status();
  std::vector<TimeSpan> spans;
  const absl::Status status =
      ForEachLabel(labels, [&](const std::string& label) {
        return *all_streams && !label.empty()
                   ? AddPresenceOf(stream, label, window, &spans)
                   : AddTimesOf(stream, label, window, &spans);
      });
  if (!status.ok()) return status;
  return Timeline(std::move(spans));
}

// Few streams are looked up one by one; where many are asked about, one look
// at the index over all of them costs less than one at each.
absl::StatusOr<bool> StoreFacts::ReadsPresence(StreamId stream) {
  searched_.insert(stream);
  if (searched_.size() <= kFewStreams) return false;
  if (!has_presence_.has_value()) {
    const auto due = IsPresenceDue(store_);
    if (!due.ok()) return due.status();
    has_presence_ = !*due;
  }
  return *has_presence_;
}

absl::Status StoreFacts::AddTimesOf(StreamId stream, const std::string& label,
                                    TimeSpan window,
                                    std::vector<TimeSpan>* spans) {
  return VisitPacked(
      store_, {stream, label, window.begin_ns, window.end_ns},
      [&](const ObservationPack& pack, size_t i) {
        ++work_.index_entries;
        spans->push_back({pack[i].start_ns, Later(pack[i].end_ns, 1)});
        return true;
      });
}

absl::Status StoreFacts::AddPresenceOf(StreamId stream,
                                       const std::string& label,
                                       TimeSpan window,
                                       std::vector<TimeSpan>* spans) {
  const int64_t last = DayOf(window.end_ns - 1);
  for (int64_t day = DayOf(window.begin_ns); day <= last; ++day) {
    const auto loaded = LoadDay(label, day);
    if (!loaded.ok()) return loaded.status();
    const auto found = (*loaded)->find(stream);
    if (found == (*loaded)->end()) continue;
    spans->insert(spans->end(), found->second.begin(), found->second.end());
  }
  return absl::OkStatus();
}

absl::StatusOr<const StoreFacts::DayOfLabel*> StoreFacts::LoadDay(
    const std::string& label, int64_t day) {
  const auto known = days_.find({label, day});
  if (known != days_.end()) return &known->second;
  if (days_.size() >= kMostDays) days_.clear();
  DayOfLabel of_day;
  const absl::Status status =
      VisitPresence(store_, label, StartOfDay(day), StartOfDay(day + 1),
                    [&](const Presence& presence) {
                      ++work_.index_entries;
                      for (const MinuteRun& run : presence.minutes) {
                        of_day[presence.stream].push_back(
                            {StartOfMinute(run.first), StartOfMinute(run.end)});
                      }
                      return true;
                    });
  if (!status.ok()) return status;
  return &days_.emplace(std::pair(label, day), std::move(of_day)).first->second;
}

absl::StatusOr<Timeline> StoreFacts::WhereSensor(
    StreamId stream, const SensorCondition& condition, TimeSpan window) {
  const StreamFacts* facts = Find(stream);
  if (facts == nullptr) return Timeline();
  std::vector<TimeSpan> spans;
  for (const StreamId id : facts->sensors) {
    const StreamFacts& sensor = facts_.at(id);
    const auto test =
        SensorTest::Bind(condition, sensor.description.series.channels);
    if (!test.ok()) return AtStream(sensor.name, test.status());
    if (test->is_empty()) continue;
    if (auto s = AddWhereSensor(sensor, *test, window, &spans); !s.ok()) {
      return AtStream(sensor.name, s);
    }
  }
  return Timeline(std::move(spans));
}

}  // namespace fovea
