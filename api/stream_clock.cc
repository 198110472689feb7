// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stream_clock.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "store/coding_rows.h"

namespace fovea {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

// Rounding, there and back.
constexpr int64_t kBeside = 2;

class Mapped : public TimedSource {
 public:
  Mapped(ClockMap clock, TimeRange range, std::unique_ptr<TimedSource> source)
      : clock_(std::move(clock)), range_(range), source_(std::move(source)) {}

  absl::StatusOr<std::optional<TimedSample>> Next() override {
    while (true) {
      auto sample = source_->Next();
      if (!sample.ok() || !sample->has_value()) return sample;
      const int64_t time = clock_.ToStore((*sample)->time_ns).time_ns;
      if (time < range_.from_ns || time >= range_.to_ns) continue;
      (*sample)->time_ns = time;
      return sample;
    }
  }

 private:
  const ClockMap clock_;
  const TimeRange range_;
  const std::unique_ptr<TimedSource> source_;
};

// False where the line is none.
bool ReadPoint(absl::string_view line, ClockPoint* point) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
  if (fields.size() < 2 || fields.size() > 3) return false;
  return absl::SimpleAtoi(fields[0], &point->device_ns) &&
         absl::SimpleAtoi(fields[1], &point->store_ns) &&
         (fields.size() == 2 ||
          absl::SimpleAtoi(fields[2], &point->uncertainty_ns));
}

}  // namespace

absl::StatusOr<std::optional<ClockMap>> FindClock(StoreReader* store,
                                                  StreamId stream) {
  const auto row = store->Get(Family::kMeta, ClockMapKey(stream));
  if (absl::IsNotFound(row.status())) return std::nullopt;
  if (!row.ok()) return row.status();
  const auto bytes = DecodeCodingTable(*row);
  if (!bytes.ok()) return bytes.status();
  auto clock = ClockMap::Parse(*bytes);
  if (!clock.ok()) return clock.status();
  return *std::move(clock);
}

absl::StatusOr<std::optional<ClockMap>> StreamClock(Store* store,
                                                    const std::string& stream) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  auto clock = FindClock(store->chunks(), summary->id);
  if (clock.ok()) return clock;
  return absl::Status(
      clock.status().code(),
      absl::StrCat("stream '", stream, "': ", clock.status().message()));
}

absl::Status SetStreamClock(Store* store, const std::string& stream,
                            const std::optional<ClockMap>& clock) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  CommitBatch batch;
  const std::string key = ClockMapKey(summary->id);
  if (clock) {
    batch.PutRow(Family::kMeta, key, EncodeCodingTable(clock->Encode()));
  } else {
    batch.DeleteRow(Family::kMeta, key);
  }
  return store->chunks()->Commit(std::move(batch)).status();
}

absl::Status ExtendClock(StoreReader* store, StreamId stream,
                         const ClockMap& clock, CommitBatch* batch) {
  const auto known = FindClock(store, stream);
  if (!known.ok()) return known.status();
  const ClockMap map = *known ? (*known)->Extended(clock) : clock;
  batch->PutRow(Family::kMeta, ClockMapKey(stream),
                EncodeCodingTable(map.Encode()));
  return absl::OkStatus();
}

TimeRange OnDeviceClock(const ClockMap& clock, TimeRange range) {
  TimeRange device;
  if (range.from_ns != kEarliest) {
    device.from_ns = clock.ToDevice(range.from_ns).time_ns;
    device.from_ns -= std::min(kBeside, device.from_ns - kEarliest);
  }
  if (range.to_ns != kLatest) {
    device.to_ns = clock.ToDevice(range.to_ns).time_ns;
    device.to_ns += std::min(kBeside, kLatest - device.to_ns);
  }
  return device;
}

std::unique_ptr<TimedSource> OnStoreClock(ClockMap clock, TimeRange range,
                                          std::unique_ptr<TimedSource> source) {
  return std::make_unique<Mapped>(std::move(clock), range, std::move(source));
}

SeriesBatch OnStoreClock(const ClockMap& clock, TimeRange range,
                         const SeriesBatch& batch, size_t channels) {
  SeriesBatch mapped;
  for (size_t row = 0; row < batch.time_ns.size(); ++row) {
    const int64_t time = clock.ToStore(batch.time_ns[row]).time_ns;
    if (time < range.from_ns || time >= range.to_ns) continue;
    mapped.time_ns.push_back(time);
    const auto values =
        batch.values.begin() + static_cast<std::ptrdiff_t>(row * channels);
    mapped.values.insert(mapped.values.end(), values,
                         values + static_cast<std::ptrdiff_t>(channels));
  }
  return mapped;
}

absl::StatusOr<std::vector<ClockPoint>> ParseClockTable(std::string_view text) {
  std::vector<ClockPoint> points;
  size_t number = 0;
  for (absl::string_view line :
       absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    line = absl::StripSuffix(line, "\r");
    if (line.empty()) continue;
    if (number > kMaxClockLines) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", kMaxClockLines, " lines"));
    }
    ClockPoint point;
    if (ReadPoint(line, &point)) {
      points.push_back(point);
    } else if (number > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number,
                       ": expected the device's time and the store's in whole "
                       "nanoseconds, and perhaps an uncertainty"));
    }
  }
  if (points.empty()) return absl::InvalidArgumentError("no line with times");
  return points;
}

}  // namespace fovea
