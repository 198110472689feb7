// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading several streams at the times of one.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/align.h"
#include "api/store.h"
#include "api/stored_times.h"
#include "api/stream_clock.h"
#include "api/time_text.h"
#include "api/timed_source.h"

namespace fovea {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

int64_t Earlier(int64_t time_ns, int64_t by_ns) {
  return time_ns < kEarliest + by_ns ? kEarliest : time_ns - by_ns;
}

int64_t Later(int64_t time_ns, int64_t by_ns) {
  return time_ns > kLatest - by_ns ? kLatest : time_ns + by_ns;
}

// All that can be within `gap_ns` of a time in `range`.
TimeRange Widened(TimeRange range, int64_t gap_ns) {
  return {Earlier(range.from_ns, gap_ns), Later(range.to_ns, gap_ns)};
}

bool IsSeries(const StreamSummary& stream) {
  return stream.description.kind == StreamKind::kImu ||
         stream.description.kind == StreamKind::kSeries;
}

// A stream and its clock; none: the store's.
struct Clocked {
  StreamSummary stream;
  std::optional<ClockMap> clock;

  MappedTime OnStore(int64_t time_ns) const {
    return clock ? clock->ToStore(time_ns) : MappedTime{time_ns, 0};
  }
  // The range that its samples have of the store's clock.
  TimeRange Extent() const {
    return {OnStore(stream.start_ns).time_ns, OnStore(stream.end_ns).time_ns};
  }
};

absl::StatusOr<Clocked> ClockedStream(Store* store, const std::string& name,
                                      const AlignOptions& options) {
  auto stream = store->Describe(name);
  if (!stream.ok()) return stream.status();
  Clocked clocked = {*std::move(stream), std::nullopt};
  if (options.device_clocks) return clocked;
  auto clock = FindClock(store->chunks(), clocked.stream.id);
  if (!clock.ok()) return clock.status();
  clocked.clock = *std::move(clock);
  return clocked;
}

std::unique_ptr<TimedSource> OpenTimes(StoreReader* store,
                                       const StreamSummary& stream,
                                       TimeRange range) {
  const bool rising = stream.counts.times_backward == 0;
  const TimeOrder order = rising ? TimeOrder::kRising : TimeOrder::kUnknown;
  std::unique_ptr<TimedSource> source;
  if (IsSeries(stream)) {
    source = std::make_unique<StoredSamples>(
        store, stream.id, stream.description.series.channels.size(), range,
        order);
  } else {
    source = std::make_unique<StoredFrameTimes>(store, stream.id, range, order);
  }
  if (rising) return source;
  return std::make_unique<TimeSorted>(stream.name, std::move(source));
}

absl::Status WrongKind(const StreamSummary& stream, const char* wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("stream '", stream.name, "' is of kind ",
                   StreamKindName(stream.description.kind), ", not ", wanted,
                   "; name a stream of that kind"));
}

std::string ExtentText(const Clocked& clocked) {
  const TimeRange extent = clocked.Extent();
  return absl::StrCat("'", clocked.stream.name, "' goes from ",
                      FormatStreamTime(extent.from_ns), " to ",
                      FormatStreamTime(extent.to_ns),
                      clocked.clock ? " on the store's clock" : "");
}

absl::Status CheckOverlap(const Clocked& reference, const Clocked& other,
                          int64_t gap_ns) {
  const TimeRange of = other.Extent();
  const TimeRange wanted = Widened(reference.Extent(), gap_ns);
  if (of.from_ns <= wanted.to_ns && of.to_ns >= wanted.from_ns) {
    return absl::OkStatus();
  }
  return absl::OutOfRangeError(absl::StrCat(
      "stream ", ExtentText(other), ", ", ExtentText(reference),
      ": they have no time in common; choose streams recorded together, or say "
      "with 'fovea clock' how their clocks run"));
}

// How far the two clocks may be off where both have samples.
std::optional<int64_t> Uncertainty(const Clocked& reference,
                                   const Clocked& other) {
  if (!reference.clock && !other.clock) return std::nullopt;
  const TimeRange a = reference.Extent();
  const TimeRange b = other.Extent();
  int64_t most = 0;
  for (const int64_t time :
       {std::max(a.from_ns, b.from_ns), std::min(a.to_ns, b.to_ns)}) {
    int64_t both = 0;
    for (const Clocked* clocked : {&reference, &other}) {
      if (!clocked->clock) continue;
      both += clocked->clock->ToDevice(time).uncertainty_ns;
    }
    most = std::max(most, both);
  }
  return most;
}

// A range of the reference's own clock on the store's.
TimeRange OnStoreRange(const Clocked& reference, TimeRange range) {
  if (range.from_ns != kEarliest) {
    range.from_ns = reference.OnStore(range.from_ns).time_ns;
  }
  if (range.to_ns != kLatest) {
    range.to_ns = reference.OnStore(range.to_ns).time_ns;
  }
  return range;
}

// A stream on its way beside the reference.
struct Companion {
  std::unique_ptr<Aligner> aligner;
  ResidualSummary residuals;
  StreamAlignment told;

  StreamAlignment Report() const {
    StreamAlignment report = told;
    report.rows = residuals.count();
    report.median_ns = residuals.Quantile(0.5);
    report.p95_ns = residuals.Quantile(0.95);
    report.most_ns = residuals.most_ns();
    return report;
  }
};

absl::StatusOr<Companion> OpenCompanion(StoreReader* store,
                                        const Clocked& reference,
                                        const Clocked& clocked,
                                        const AlignOptions& options) {
  const StreamSummary& stream = clocked.stream;
  if (!IsSeries(stream)) return WrongKind(stream, "imu or series");
  const SeriesInfo& series = stream.description.series;
  const int64_t gap_ns =
      options.max_gap_ns.value_or(DefaultMaxGap(series.rate_hz));
  if (absl::Status s = CheckOverlap(reference, clocked, gap_ns); !s.ok()) {
    return s;
  }
  Companion companion;
  companion.told.stream = stream.name;
  companion.told.max_gap_ns = gap_ns;
  companion.told.clock_uncertainty_ns = Uncertainty(reference, clocked);
  const TimeRange range =
      Widened(OnStoreRange(reference, options.range), gap_ns);
  std::unique_ptr<TimedSource> times;
  if (clocked.clock) {
    times = OnStoreClock(
        *clocked.clock, range,
        OpenTimes(store, stream, OnDeviceClock(*clocked.clock, range)));
  } else {
    times = OpenTimes(store, stream, range);
  }
  companion.aligner = std::make_unique<Aligner>(
      std::move(times), series.channels, options.method, gap_ns);
  return companion;
}

// Visits the rows, and counts them.
absl::StatusOr<int64_t> Walk(
    const Clocked& reference, TimedSource* times,
    std::vector<Companion>* companions,
    const std::function<bool(const AlignedRow&)>& visit) {
  AlignedRow row;
  row.samples.resize(companions->size());
  for (int64_t rows = 1;; ++rows) {
    const auto frame = times->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value()) return rows - 1;
    row.index = (*frame)->index;
    row.time_ns = (*frame)->time_ns;
    const int64_t time_ns = reference.OnStore(row.time_ns).time_ns;
    for (size_t i = 0; i < companions->size(); ++i) {
      const auto sample = (*companions)[i].aligner->At(time_ns);
      if (!sample.ok()) return sample.status();
      row.samples[i] = *sample;
      if (*sample) (*companions)[i].residuals.Add((*sample)->residual_ns);
    }
    if (!visit(row)) return rows;
  }
}

}  // namespace

absl::StatusOr<AlignReport> Store::ReadAligned(
    const std::string& reference, const std::vector<std::string>& streams,
    const AlignOptions& options,
    const std::function<bool(const AlignedRow&)>& visit) {
  if (options.max_gap_ns.value_or(0) < 0) {
    return absl::InvalidArgumentError("the longest gap must not be negative");
  }
  const auto clock = ClockedStream(this, reference, options);
  if (!clock.ok()) return clock.status();
  const StreamSummary& rows_of = clock->stream;
  if (!IsSeries(rows_of) && rows_of.description.kind != StreamKind::kCamera) {
    return WrongKind(rows_of, "camera, imu or series");
  }
  std::vector<Companion> companions;
  for (const std::string& name : streams) {
    const auto stream = ClockedStream(this, name, options);
    if (!stream.ok()) return stream.status();
    auto companion = OpenCompanion(chunks_.get(), *clock, *stream, options);
    if (!companion.ok()) return companion.status();
    companions.push_back(*std::move(companion));
  }
  const auto times = OpenTimes(chunks_.get(), rows_of, options.range);
  const auto rows = Walk(*clock, times.get(), &companions, visit);
  if (!rows.ok()) return rows.status();
  AlignReport report;
  report.rows = *rows;
  for (const Companion& c : companions) report.streams.push_back(c.Report());
  return report;
}

}  // namespace fovea
