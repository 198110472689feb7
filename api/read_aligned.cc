// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading several streams at the times of one.

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/align.h"
#include "api/store.h"
#include "api/stored_times.h"
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

std::string Extent(const StreamSummary& stream) {
  return absl::StrCat("'", stream.name, "' goes from ",
                      FormatStreamTime(stream.start_ns), " to ",
                      FormatStreamTime(stream.end_ns));
}

absl::Status CheckOverlap(const StreamSummary& reference,
                          const StreamSummary& stream, int64_t gap_ns) {
  const bool overlap = stream.start_ns <= Later(reference.end_ns, gap_ns) &&
                       stream.end_ns >= Earlier(reference.start_ns, gap_ns);
  if (overlap) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat(
      "stream ", Extent(stream), ", ", Extent(reference),
      ": they have no time in common; choose streams recorded together, on "
      "one clock"));
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
                                        const StreamSummary& reference,
                                        const StreamSummary& stream,
                                        const AlignOptions& options) {
  if (!IsSeries(stream)) return WrongKind(stream, "imu or series");
  const SeriesInfo& series = stream.description.series;
  const int64_t gap_ns =
      options.max_gap_ns.value_or(DefaultMaxGap(series.rate_hz));
  if (absl::Status s = CheckOverlap(reference, stream, gap_ns); !s.ok()) {
    return s;
  }
  Companion companion;
  companion.told.stream = stream.name;
  companion.told.max_gap_ns = gap_ns;
  companion.aligner = std::make_unique<Aligner>(
      OpenTimes(store, stream, Widened(options.range, gap_ns)), series.channels,
      options.method, gap_ns);
  return companion;
}

// Visits the rows, and counts them.
absl::StatusOr<int64_t> Walk(
    TimedSource* times, std::vector<Companion>* companions,
    const std::function<bool(const AlignedRow&)>& visit) {
  AlignedRow row;
  row.samples.resize(companions->size());
  for (int64_t rows = 1;; ++rows) {
    const auto frame = times->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value()) return rows - 1;
    row.index = (*frame)->index;
    row.time_ns = (*frame)->time_ns;
    for (size_t i = 0; i < companions->size(); ++i) {
      const auto sample = (*companions)[i].aligner->At(row.time_ns);
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
  const auto clock = Describe(reference);
  if (!clock.ok()) return clock.status();
  if (!IsSeries(*clock) && clock->description.kind != StreamKind::kCamera) {
    return WrongKind(*clock, "camera, imu or series");
  }
  std::vector<Companion> companions;
  for (const std::string& name : streams) {
    const auto stream = Describe(name);
    if (!stream.ok()) return stream.status();
    auto companion = OpenCompanion(chunks_.get(), *clock, *stream, options);
    if (!companion.ok()) return companion.status();
    companions.push_back(*std::move(companion));
  }
  const auto times = OpenTimes(chunks_.get(), *clock, options.range);
  const auto rows = Walk(times.get(), &companions, visit);
  if (!rows.ok()) return rows.status();
  AlignReport report;
  report.rows = *rows;
  for (const Companion& c : companions) report.streams.push_back(c.Report());
  return report;
}

}  // namespace fovea
