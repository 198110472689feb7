// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/clock_fit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"

namespace fovea {
namespace {

using Readings = std::vector<ClockReading>;

// Fewer readings tell an offset, but no rate.
constexpr size_t kLeastReadings = 8;

// Of a stretch, for the median slope.
constexpr size_t kMostCompared = 256;

// Median distances that an error is taken to keep: of normal ones 19 in 20 do.
constexpr double kMedians = 3;

// Points within this part of the uncertainty of a line are left out.
constexpr double kStraight = 0.5;
constexpr double kLeastTolerance = 1000;  // ns

// A reading relative to the first one: device time, and by how much the
// store's clock gained on it.
struct Gain {
  double x = 0;
  double y = 0;
};

struct Line {
  double slope = 0;
  double start = 0;
  double At(double x) const { return start + slope * x; }
};

struct Knot {
  double x = 0;
  double y = 0;
  double unsure = 0;
};

double At(const std::vector<Knot>& knots, double x) {
  if (knots.size() == 1) return knots[0].y;
  const auto behind =
      std::upper_bound(knots.begin() + 1, knots.end() - 1, x,
                       [](double t, const Knot& knot) { return t < knot.x; });
  const Knot& a = *(behind - 1);
  const Knot& b = *behind;
  return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
}

double Quantile(std::vector<double> values, double share) {
  const auto last = static_cast<double>(values.size() - 1);
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(std::ceil(share * last));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

// The lower convex hull's edge above the mean x: of all lines with no point
// below them the one with the least sum of distances.
Line LowerLine(std::span<const Gain> gains) {
  std::vector<Gain> hull;
  double mean = 0;
  for (const Gain& gain : gains) {
    mean += gain.x / static_cast<double>(gains.size());
    if (!hull.empty() && hull.back().x == gain.x) {
      if (gain.y >= hull.back().y) continue;
      hull.pop_back();
    }
    while (hull.size() > 1) {
      const Gain& a = hull[hull.size() - 2];
      const Gain& b = hull.back();
      const bool below =
          (b.y - a.y) * (gain.x - a.x) < (gain.y - a.y) * (b.x - a.x);
      if (below) break;
      hull.pop_back();
    }
    hull.push_back(gain);
  }
  if (hull.size() < 2) return {0, hull[0].y};
  size_t edge = 1;
  while (edge + 1 < hull.size() && hull[edge].x < mean) ++edge;
  const Gain& a = hull[edge - 1];
  const Gain& b = hull[edge];
  const double slope = (b.y - a.y) / (b.x - a.x);
  return {slope, a.y - slope * a.x};
}

Line MedianLine(std::span<const Gain> gains) {
  const size_t step = (gains.size() + kMostCompared - 1) / kMostCompared;
  std::vector<double> slopes;
  for (size_t i = 0; i < gains.size(); i += step) {
    for (size_t j = i + step; j < gains.size(); j += step) {
      if (gains[j].x == gains[i].x) continue;
      slopes.push_back((gains[j].y - gains[i].y) / (gains[j].x - gains[i].x));
    }
  }
  Line line;
  if (!slopes.empty()) line.slope = Quantile(std::move(slopes), 0.5);
  std::vector<double> starts;
  for (const Gain& gain : gains) starts.push_back(gain.y - line.slope * gain.x);
  line.start = Quantile(std::move(starts), 0.5);
  return line;
}

// Stretches of at least `piece_ns` and kLeastReadings; a short rest belongs
// to the last.
std::vector<std::span<const Gain>> Pieces(std::span<const Gain> gains,
                                          double piece_ns) {
  std::vector<std::span<const Gain>> pieces;
  size_t begin = 0;
  for (size_t i = 1; i < gains.size(); ++i) {
    const bool long_enough =
        gains[i].x - gains[begin].x >= piece_ns && i - begin >= kLeastReadings;
    const bool rest_too = gains.back().x - gains[i].x >= piece_ns / 2 &&
                          gains.size() - i >= kLeastReadings;
    if (!long_enough || !rest_too) continue;
    pieces.push_back(gains.subspan(begin, i - begin));
    begin = i;
  }
  pieces.push_back(gains.subspan(begin));
  return pieces;
}

std::vector<Knot> KnotsOf(std::span<const std::span<const Gain>> pieces,
                          const std::vector<Line>& lines) {
  const auto add = [](double x, const Line& a, const Line& b,
                      std::vector<Knot>* knots) {
    const double before = a.At(x), after = b.At(x);
    knots->push_back({x, (before + after) / 2, std::abs(before - after) / 2});
  };
  std::vector<Knot> knots;
  add(pieces.front().front().x, lines.front(), lines.front(), &knots);
  for (size_t i = 1; i < pieces.size(); ++i) {
    const double border = (pieces[i - 1].back().x + pieces[i].front().x) / 2;
    add(border, lines[i - 1], lines[i], &knots);
  }
  add(pieces.back().back().x, lines.back(), lines.back(), &knots);
  return knots;
}

double Spread(std::vector<double> distances) {
  return kMedians * Quantile(std::move(distances), 0.5);
}

// Of each stretch, how far its readings are from the map.
std::vector<double> Distances(std::span<const std::span<const Gain>> pieces,
                              const std::vector<Knot>& knots) {
  std::vector<double> distances;
  for (const auto& piece : pieces) {
    std::vector<double> away;
    for (const Gain& gain : piece) {
      away.push_back(std::abs(gain.y - At(knots, gain.x)));
    }
    distances.push_back(Spread(std::move(away)));
  }
  return distances;
}

// A knot is as unsure as the stretches beside it.
void AddUncertainty(std::span<const std::span<const Gain>> pieces,
                    std::vector<Knot>* knots) {
  const std::vector<double> distances = Distances(pieces, *knots);
  for (size_t i = 0; i < knots->size(); ++i) {
    const double before = distances[i == 0 ? 0 : i - 1];
    const double after = distances[std::min(i, distances.size() - 1)];
    Knot& knot = (*knots)[i];
    knot.unsure = std::max({knot.unsure, before, after});
  }
}

// Leaves out what lies on the line of those kept (Douglas and Peucker).
void Straighten(std::span<const Knot> knots, std::vector<Knot>* kept) {
  size_t worst = 0;
  double most = 1;
  const std::vector<Knot> ends = {knots.front(), knots.back()};
  for (size_t i = 1; i + 1 < knots.size(); ++i) {
    const double tolerance =
        std::max(kLeastTolerance, kStraight * knots[i].unsure);
    const double away = std::abs(knots[i].y - At(ends, knots[i].x)) / tolerance;
    if (away <= most) continue;
    most = away;
    worst = i;
  }
  if (worst == 0) {
    kept->push_back(knots.back());
    return;
  }
  Straighten(knots.first(worst + 1), kept);
  Straighten(knots.subspan(worst), kept);
}

// The uncertainty of those left counts what the others were off.
std::vector<Knot> Straightened(const std::vector<Knot>& knots) {
  if (knots.size() < 3) return knots;
  std::vector<Knot> kept = {knots.front()};
  Straighten(knots, &kept);
  size_t leg = 1;
  for (const Knot& knot : knots) {
    while (leg + 1 < kept.size() && knot.x > kept[leg].x) ++leg;
    const double unsure = knot.unsure + std::abs(knot.y - At(kept, knot.x));
    for (Knot* end : {&kept[leg - 1], &kept[leg]}) {
      end->unsure = std::max(end->unsure, unsure);
    }
  }
  return kept;
}

// One point for all, at the device's own rate.
std::vector<Knot> Offset(std::span<const Gain> gains, ClockError error) {
  std::vector<double> ys;
  for (const Gain& gain : gains) ys.push_back(gain.y);
  const double y = Quantile(ys, error == ClockError::kLate ? 0 : 0.5);
  for (double& other : ys) other = std::abs(other - y);
  return {{gains.front().x, y, Quantile(std::move(ys), 1)}};
}

std::vector<Knot> Fit(std::span<const Gain> gains,
                      const ClockFitOptions& options) {
  if (gains.size() < kLeastReadings) return Offset(gains, options.error);
  // A map has a point more than pieces.
  const double shortest = (gains.back().x + 1) / (kMaxClockPoints - 1);
  const auto pieces =
      Pieces(gains, std::max(static_cast<double>(options.piece_ns), shortest));
  std::vector<Line> lines;
  for (const auto& piece : pieces) {
    lines.push_back(options.error == ClockError::kLate ? LowerLine(piece)
                                                       : MedianLine(piece));
  }
  std::vector<Knot> knots = KnotsOf(pieces, lines);
  AddUncertainty(pieces, &knots);
  return Straightened(knots);
}

absl::Status Check(std::span<const ClockReading> readings,
                   const ClockFitOptions& options) {
  if (options.piece_ns < 1) {
    return absl::InvalidArgumentError("clock map: a piece must be longer");
  }
  if (readings.empty()) {
    return absl::InvalidArgumentError("clock map: no readings");
  }
  for (const ClockReading& reading : readings) {
    const auto [least, most] = std::minmax(reading.device_ns, reading.store_ns);
    if (least < -kMaxClockTime || most > kMaxClockTime) {
      return absl::InvalidArgumentError(
          "clock map: a reading is beyond 2^62 ns");
    }
  }
  const bool stands = std::all_of(
      readings.begin(), readings.end(), [&](const ClockReading& reading) {
        return reading.device_ns == readings.front().device_ns;
      });
  if (readings.size() == 1 || !stands) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "clock map: the device's clock stands still");
}

// `readings` in order of device time.
std::vector<Gain> GainsOf(const Readings& readings) {
  __extension__ using Wide = __int128;
  const ClockReading& first = readings.front();
  std::vector<Gain> gains;
  for (const ClockReading& reading : readings) {
    const Wide x = Wide{reading.device_ns} - first.device_ns;
    const Wide y = Wide{reading.store_ns} - first.store_ns - x;
    gains.push_back({static_cast<double>(x), static_cast<double>(y)});
  }
  return gains;
}

}  // namespace

void LateReadings::Add(ClockReading reading) {
  const auto gain = [](const ClockReading& r) {
    return static_cast<int64_t>(static_cast<uint64_t>(r.store_ns) -
                                static_cast<uint64_t>(r.device_ns));
  };
  const int64_t bucket = reading.device_ns / bucket_ns_;
  const auto [place, added] = earliest_.try_emplace(bucket, reading);
  if (!added && gain(reading) < gain(place->second)) place->second = reading;
  if (earliest_.size() > kMost) Widen();
}

void LateReadings::Widen() {
  bucket_ns_ *= 2;
  for (const ClockReading& reading : Take()) Add(reading);
}

Readings LateReadings::Take() {
  Readings readings;
  for (const auto& [bucket, reading] : earliest_) readings.push_back(reading);
  earliest_.clear();
  return readings;
}

absl::StatusOr<ClockMap> FitClockMap(std::span<const ClockReading> readings,
                                     const ClockFitOptions& options) {
  if (absl::Status s = Check(readings, options); !s.ok()) return s;
  Readings sorted(readings.begin(), readings.end());
  if (options.error == ClockError::kLate) {
    LateReadings late;
    for (const ClockReading& reading : readings) late.Add(reading);
    sorted = late.Take();
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const ClockReading& a, const ClockReading& b) {
                     return a.device_ns < b.device_ns;
                   });
  const ClockReading first = sorted.front();
  std::vector<ClockPoint> points;
  for (const Knot& knot : Fit(GainsOf(sorted), options)) {
    const auto x = static_cast<int64_t>(std::nearbyint(knot.x));
    const auto y = static_cast<int64_t>(std::nearbyint(knot.y));
    points.push_back({first.device_ns + x, first.store_ns + x + y,
                      static_cast<int64_t>(std::ceil(knot.unsure))});
  }
  auto map = ClockMap::Create(std::move(points));
  if (map.ok()) return map;
  return absl::FailedPreconditionError(
      "clock map: the store's clock does not run forward with the device's");
}

}  // namespace fovea
