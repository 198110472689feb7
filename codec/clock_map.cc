// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/clock_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/internal/crc32.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

__extension__ using Wide = __int128;

int64_t Saturated(Wide value) {
  constexpr Wide kLow = std::numeric_limits<int64_t>::min();
  constexpr Wide kHigh = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp(value, kLow, kHigh));
}

// Rounded down; `divisor` > 0.
Wide Quotient(Wide value, Wide divisor) {
  const Wide quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

// A line through two points of one clock against another.
struct Leg {
  int64_t from = 0, to = 0;                // of the clock that is known
  int64_t target_from = 0, target_to = 0;  // of the other
  int64_t unsure_from = 0, unsure_to = 0;
};

MappedTime OnLeg(const Leg& leg, int64_t time) {
  const Wide length = Wide{leg.to} - leg.from;
  const Wide rise = Wide{leg.target_to} - leg.target_from;
  const Wide way = Wide{time} - leg.from;
  MappedTime mapped;
  mapped.time_ns = Saturated(leg.target_from + Quotient(way * rise, length));
  if (way >= 0 && way <= length) {
    const Wide more = Wide{leg.unsure_to} - leg.unsure_from;
    mapped.uncertainty_ns =
        Saturated(leg.unsure_from + Quotient(way * more, length));
    return mapped;
  }
  const Wide beyond = way < 0 ? -way : way - length;
  const double drift = kUnknownClockRate * static_cast<double>(beyond);
  mapped.uncertainty_ns =
      Saturated(Wide{way < 0 ? leg.unsure_from : leg.unsure_to} +
                static_cast<Wide>(std::ceil(drift)));
  return mapped;
}

// The leg that ends behind `time`, or the last. One point stands for two that
// are a nanosecond apart.
template <int64_t ClockPoint::*kFrom, int64_t ClockPoint::*kTo>
MappedTime Map(const std::vector<ClockPoint>& points, int64_t time) {
  if (points.size() == 1) {
    const ClockPoint& point = points[0];
    const Wide mapped = Wide{point.*kTo} + time - point.*kFrom;
    const Leg here = {point.*kFrom,         point.*kFrom + 1,
                      point.*kTo,           point.*kTo + 1,
                      point.uncertainty_ns, point.uncertainty_ns};
    return {Saturated(mapped), OnLeg(here, time).uncertainty_ns};
  }
  const auto behind = std::upper_bound(
      points.begin() + 1, points.end() - 1, time,
      [](int64_t t, const ClockPoint& point) { return t < point.*kFrom; });
  const ClockPoint& a = *(behind - 1);
  const ClockPoint& b = *behind;
  return OnLeg(
      {a.*kFrom, b.*kFrom, a.*kTo, b.*kTo, a.uncertainty_ns, b.uncertainty_ns},
      time);
}

bool InRange(int64_t time) {
  return time >= -kMaxClockTime && time <= kMaxClockTime;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("clock map: ", what));
}

absl::Status CheckPoints(const std::vector<ClockPoint>& points) {
  if (points.empty() || points.size() > kMaxClockPoints) {
    return absl::InvalidArgumentError(
        absl::StrCat("clock map: has ", points.size(), " points, 1 to ",
                     kMaxClockPoints, " expected"));
  }
  for (size_t i = 0; i < points.size(); ++i) {
    const ClockPoint& point = points[i];
    const auto refuse = [i](const char* why) {
      return absl::InvalidArgumentError(
          absl::StrCat("clock map: point ", i + 1, " ", why));
    };
    if (!InRange(point.device_ns) || !InRange(point.store_ns)) {
      return refuse("is beyond 2^62 ns");
    }
    if (point.uncertainty_ns < 0) return refuse("has an uncertainty below 0");
    if (i == 0) continue;
    if (point.device_ns <= points[i - 1].device_ns ||
        point.store_ns <= points[i - 1].store_ns) {
      return refuse("is not later than the one before on both clocks");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClockMap> ClockMap::Create(std::vector<ClockPoint> points) {
  if (absl::Status s = CheckPoints(points); !s.ok()) return s;
  return ClockMap(std::move(points));
}

std::vector<uint8_t> ClockMap::Encode() const {
  std::vector<uint8_t> out = {kVersion};
  PutVarint(points_.size(), &out);
  uint64_t device = 0, store = 0;
  for (const ClockPoint& point : points_) {
    const uint64_t step = static_cast<uint64_t>(point.device_ns) - device;
    const uint64_t gained =
        static_cast<uint64_t>(point.store_ns) - store - step;
    PutVarint(ZigZag(static_cast<int64_t>(step)), &out);
    PutVarint(ZigZag(static_cast<int64_t>(gained)), &out);
    PutVarint(static_cast<uint64_t>(point.uncertainty_ns), &out);
    device = static_cast<uint64_t>(point.device_ns);
    store = static_cast<uint64_t>(point.store_ns);
  }
  internal::PutCrc(0, &out);
  return out;
}

absl::StatusOr<ClockMap> ClockMap::Parse(std::span<const uint8_t> bytes) {
  if (bytes.size() < internal::kCrcBytes) return Damaged("cut");
  const auto body = bytes.first(bytes.size() - internal::kCrcBytes);
  ByteReader sum(bytes.last(internal::kCrcBytes));
  if (sum.U32() != internal::Crc32(body)) {
    return Damaged("its checksum is wrong");
  }
  ByteReader in(body);
  if (in.U8() != kVersion) return Damaged("unknown version");
  const uint64_t count = in.Varint();
  if (count > kMaxClockPoints || count > in.remaining() / 3) {
    return Damaged("too many points");
  }
  std::vector<ClockPoint> points;
  uint64_t device = 0, store = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const auto step = static_cast<uint64_t>(UnZigZag(in.Varint()));
    device += step;
    store += step + static_cast<uint64_t>(UnZigZag(in.Varint()));
    points.push_back({static_cast<int64_t>(device), static_cast<int64_t>(store),
                      static_cast<int64_t>(in.Varint())});
  }
  if (!in.ok() || in.remaining() > 0) return Damaged("not as long as it says");
  if (absl::Status s = CheckPoints(points); !s.ok()) {
    return absl::DataLossError(s.message());
  }
  return ClockMap(std::move(points));
}

MappedTime ClockMap::ToStore(int64_t device_ns) const {
  return Map<&ClockPoint::device_ns, &ClockPoint::store_ns>(points_, device_ns);
}

MappedTime ClockMap::ToDevice(int64_t store_ns) const {
  return Map<&ClockPoint::store_ns, &ClockPoint::device_ns>(points_, store_ns);
}

double ClockMap::Skew() const {
  if (points_.size() == 1) return 0;
  const ClockPoint& a = points_.front();
  const ClockPoint& b = points_.back();
  const auto length = static_cast<double>(Wide{b.device_ns} - a.device_ns);
  const Wide gained =
      (Wide{b.store_ns} - a.store_ns) - (Wide{b.device_ns} - a.device_ns);
  return static_cast<double>(gained) / length;
}

ClockMap ClockMap::Extended(const ClockMap& later) const {
  std::vector<ClockPoint> points = points_;
  for (const ClockPoint& point : later.points_) {
    if (points.size() < kMaxClockPoints &&
        point.device_ns > points.back().device_ns &&
        point.store_ns > points.back().store_ns) {
      points.push_back(point);
    }
  }
  return ClockMap(std::move(points));
}

}  // namespace fovea
