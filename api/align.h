// SPDX-License-Identifier: GPL-2.0-or-later
//
// What sensors read at the times of frames. Each answer says how far from
// its frame it was measured, and where nothing was measured near enough
// there is no answer: nothing is extrapolated or held for ever.
//
// The two samples around a frame are the last one at or before its time and
// the first one after it, in order of time and, of equal times, of index.

#ifndef FOVEA_API_ALIGN_H_
#define FOVEA_API_ALIGN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/interpolation.h"
#include "api/time_range.h"
#include "api/timed_source.h"
#include "codec/sample.h"

namespace fovea {

enum class AlignMethod : uint8_t {
  kNearest,   // the nearer of the two; the earlier of equally near ones
  kPrevious,  // the one at or before: what was known then
  kLinear,    // between the two, or the one at that very time as it is
};

// Store::ReadAligned() fails with kInvalidArgument where a stream is of
// another kind or a gap is negative; with kOutOfRange, and both extents,
// where a stream has no time in common with the reference; with
// kFailedPrecondition where times run backward too far (TimeSorted).
struct AlignOptions {
  AlignMethod method = AlignMethod::kNearest;

  // How far from the frame a sample may be that is used, both of the two
  // where it is interpolated. By default three periods of the stream at the
  // rate measured when it was ingested, or 1 s where that is unknown.
  std::optional<int64_t> max_gap_ns;

  TimeRange range;  // of the reference, on its own clock

  // Streams whose clocks are mapped (api/stream_clock.h) meet on the store's
  // clock; true: they are taken as if they ran together.
  bool device_clocks = false;
};

// One stream at one time.
struct AlignedSample {
  // From the frame to the sample, less than 0 where the sample is earlier;
  // of an interpolated one, to the nearer of the two it lies between.
  int64_t residual_ns = 0;
  std::span<const double> values;  // one per channel; while visited
};

struct AlignedRow {
  uint64_t index = 0;  // of the frame or sample of the reference
  int64_t time_ns = 0;
  // One per stream asked for; none where no sample is near enough.
  std::vector<std::optional<AlignedSample>> samples;
};

struct StreamAlignment {
  std::string stream;
  int64_t max_gap_ns = 0;  // as applied
  int64_t rows = 0;        // that have a sample
  // Of the residuals' lengths, median and 95th percentile within 0.4 %.
  int64_t median_ns = 0;
  int64_t p95_ns = 0;
  int64_t most_ns = 0;
  // The most that the two clocks may be off where they were mapped; none
  // where neither is.
  std::optional<int64_t> clock_uncertainty_ns;
};

struct AlignReport {
  int64_t rows = 0;
  std::vector<StreamAlignment> streams;  // as asked for
};

// The gap for `rate_hz` where none is given.
int64_t DefaultMaxGap(double rate_hz);

// One stream's samples, walked along with rising times.
class Aligner {
 public:
  // `samples` in order of time with one value per channel.
  // Requires max_gap_ns >= 0.
  Aligner(std::unique_ptr<TimedSource> samples,
          std::span<const Channel> channels, AlignMethod method,
          int64_t max_gap_ns);

  // At `time_ns`, not before that of the call before. Values stay until the
  // next call. Fails as the source does.
  absl::StatusOr<std::optional<AlignedSample>> At(int64_t time_ns);

 private:
  absl::Status Advance(int64_t time_ns);
  std::optional<AlignedSample> Nearest(int64_t time_ns) const;
  std::optional<AlignedSample> Interpolated(int64_t time_ns);

  const std::unique_ptr<TimedSource> samples_;
  const SampleInterpolation interpolation_;
  const AlignMethod method_;
  const uint64_t max_gap_ns_;
  // The two around the time asked for last.
  std::optional<int64_t> before_ns_;
  std::vector<double> before_;
  std::optional<TimedSample> after_;
  bool ended_ = false;
  std::vector<double> mixed_;
};

// Lengths of residuals in bounded memory.
class ResidualSummary {
 public:
  ResidualSummary();

  void Add(int64_t residual_ns);  // above INT64_MIN

  int64_t count() const { return count_; }
  int64_t most_ns() const { return most_ns_; }
  // The smallest length that `share` (above 0, to 1) of them do not exceed,
  // within 0.4 %; 0 where there are none.
  int64_t Quantile(double share) const;

 private:
  std::vector<int64_t> counts_;  // by length: exact, then 128 per doubling
  int64_t count_ = 0;
  int64_t most_ns_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_ALIGN_H_
