// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_features.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr size_t kMostChannels = 64;
constexpr double kMostValue = 1e30;
constexpr double kStandardGravity = 9.80665;
constexpr double kLeastMotion = 1.0 / 1024;   // m/s2
constexpr double kLeastTurning = 1.0 / 4096;  // rad/s
constexpr double kLeastGeneric = 1e-3;
constexpr double kCrossingBand = 0.25;  // of the deviation
constexpr size_t kMostLags = 64;        // points the autocorrelation is of
constexpr double kLeastGravity = 2;     // m/s2

using Vector = std::array<double, 3>;
using Samples = std::span<const double>;

int8_t Cell(double value) {
  return static_cast<int8_t>(std::lround(std::clamp(value, -127.0, 127.0)));
}

int8_t OctaveCell(double value, double least) {
  return value <= least ? int8_t{0} : Cell(8 * std::log2(value / least));
}

int8_t GenericCell(double value) {
  const double octaves = 4 * std::log2(1 + std::abs(value) / kLeastGeneric);
  return Cell(value < 0 ? -octaves : octaves);
}

// --- layout --------------------------------------------------------------

// The name with its axis letter taken off either end; empty without one.
std::string WithoutAxis(std::string_view name, char axis) {
  std::string lower = absl::AsciiStrToLower(std::string(name));
  if (lower.size() < 2) return "";
  const auto is_gap = [](char c) {
    return absl::ascii_ispunct(static_cast<unsigned char>(c)) || c == ' ';
  };
  if (lower.back() == axis) return lower.substr(0, lower.size() - 1);
  if (lower.front() == axis && is_gap(lower[1])) return lower.substr(1);
  return "";
}

// The first of three neighbours of that quantity, or -1.
int FindTriple(std::span<const Channel> channels, std::string_view quantity) {
  for (size_t i = 0; i + 3 <= channels.size(); ++i) {
    const std::string stem = WithoutAxis(channels[i].name, 'x');
    if (stem.find(quantity) != std::string::npos &&
        stem == WithoutAxis(channels[i + 1].name, 'y') &&
        stem == WithoutAxis(channels[i + 2].name, 'z')) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

// What one `unit` is in that of `si`.
absl::StatusOr<double> ScaleOf(const Channel& channel, std::string_view si,
                               std::string_view other, double scale) {
  if (channel.unit.empty() || channel.unit == si) return 1;
  if (channel.unit == other) return scale;
  return absl::InvalidArgumentError(absl::StrCat(
      "channel '", channel.name, "': expected unit ", std::string(si), " or ",
      std::string(other), ", found '", channel.unit, "'"));
}

// --- what is measured ----------------------------------------------------

double MeanOf(Samples samples) {
  double sum = 0;
  for (const double value : samples) sum += value;
  return sum / static_cast<double>(samples.size());
}

double DeviationOf(Samples samples, double mean) {
  double sum = 0;
  for (const double value : samples) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

Samples LastQuarter(Samples samples) {
  return samples.last((samples.size() + 3) / 4);
}

// Noise around the mean passes it all the time: a side counts only once it
// was left by a part of the deviation.
double CrossingsOf(Samples samples, double mean, double deviation) {
  const double band = kCrossingBand * deviation;
  if (band <= 0) return 0;
  int side = 0;
  int crossings = 0;
  for (const double value : samples) {
    const double off = value - mean;
    if (std::abs(off) <= band) continue;
    const int now = off > 0 ? 1 : -1;
    crossings += side == -now;
    side = now;
  }
  return crossings;
}

std::vector<double> Lengths(Samples x, Samples y, Samples z) {
  std::vector<double> lengths(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    lengths[i] = std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
  }
  return lengths;
}

// Energy per sample of the octaves of the Haar transform, gathered into four
// bands by their middle.
std::array<double, 4> BandsOf(std::vector<double> signal, double rate_hz) {
  std::array<double, 4> bands = {};
  const auto samples = static_cast<double>(signal.size());
  double middle_hz = rate_hz / 2 * std::numbers::sqrt2 / 2;
  for (size_t n = signal.size() / 2; n > 0; n /= 2, middle_hz /= 2) {
    double energy = 0;
    for (size_t i = 0; i < n; ++i) {
      const double a = signal[2 * i], b = signal[2 * i + 1];
      energy += (a - b) * (a - b) / 2;
      signal[i] = (a + b) / std::numbers::sqrt2;
    }
    const size_t band = middle_hz < 3    ? 0
                        : middle_hz < 6  ? 1
                        : middle_hz < 12 ? 2
                                         : 3;
    bands[band] += energy / samples;
  }
  return bands;
}

struct Periodicity {
  double lag_s = 0;
  double strength = 0;
};

// Means of `step` neighbours, less the mean of all.
std::vector<double> Reduced(Samples samples, size_t step, double mean) {
  std::vector<double> points(samples.size() / step);
  for (size_t i = 0; i < points.size(); ++i) {
    points[i] = MeanOf(samples.subspan(i * step, step)) - mean;
  }
  return points;
}

// The highest peak of the autocorrelation once it has been below zero: what
// is left of the signal's own width at lag 0 is no period.
Periodicity PeriodicityOf(Samples samples, double mean, double rate_hz) {
  const size_t step = (samples.size() + kMostLags - 1) / kMostLags;
  const std::vector<double> points = Reduced(samples, step, mean);
  double energy = 0;
  for (const double point : points) energy += point * point;
  if (energy <= 0) return {};
  Periodicity best;
  bool was_below = false;
  for (size_t lag = 1; lag <= points.size() / 2; ++lag) {
    double sum = 0;
    for (size_t i = lag; i < points.size(); ++i) {
      sum += points[i] * points[i - lag];
    }
    const double correlation = sum / energy *
                               static_cast<double>(points.size()) /
                               static_cast<double>(points.size() - lag);
    was_below |= correlation < 0;
    if (!was_below || correlation <= best.strength) continue;
    best = {static_cast<double>(lag * step) / rate_hz, correlation};
  }
  return best;
}

// --- cells ---------------------------------------------------------------

struct Triple {
  std::array<std::vector<double>, 3> axes;  // SI units
  Vector mean = {}, deviation = {};
};

Triple TakeTriple(Samples values, size_t samples, int first, double scale) {
  Triple triple;
  for (size_t axis = 0; axis < 3; ++axis) {
    const Samples from =
        values.subspan((static_cast<size_t>(first) + axis) * samples, samples);
    triple.axes[axis].assign(from.begin(), from.end());
    for (double& value : triple.axes[axis]) value *= scale;
    triple.mean[axis] = MeanOf(triple.axes[axis]);
    triple.deviation[axis] = DeviationOf(triple.axes[axis], triple.mean[axis]);
  }
  return triple;
}

// Degrees between two vectors, 0 where one of them is nothing.
double AngleBetween(const Vector& a, const Vector& b) {
  const auto dot = [](const Vector& p, const Vector& q) {
    return p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
  };
  const double lengths = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
  if (lengths <= 0) return 0;
  return std::acos(std::clamp(dot(a, b) / lengths, -1.0, 1.0)) * 180 /
         std::numbers::pi;
}

void AddAcceleration(const Triple& a, double rate_hz, int8_t* cells) {
  const double seconds = static_cast<double>(a.axes[0].size()) / rate_hz;
  Vector tail = {};
  for (size_t axis = 0; axis < 3; ++axis) {
    const double mean = a.mean[axis], deviation = a.deviation[axis];
    cells[kCellMean + axis] = Cell(8 * mean);
    cells[kCellDeviation + axis] = OctaveCell(deviation, kLeastMotion);
    cells[kCellCrossings + axis] =
        Cell(4 * CrossingsOf(a.axes[axis], mean, deviation) / seconds);
    tail[axis] = MeanOf(LastQuarter(a.axes[axis]));
  }
  cells[kCellTailTilt] = Cell(AngleBetween(tail, a.mean));
  const std::vector<double> lengths = Lengths(a.axes[0], a.axes[1], a.axes[2]);
  const auto bands = BandsOf(lengths, rate_hz);
  for (size_t band = 0; band < bands.size(); ++band) {
    cells[kCellBands + band] = OctaveCell(std::sqrt(bands[band]), kLeastMotion);
  }
  const Periodicity periodicity =
      PeriodicityOf(lengths, MeanOf(lengths), rate_hz);
  if (periodicity.strength > 0) {
    cells[kCellPeriod] =
        Cell(std::max(0.0, 16 * std::log2(32 * periodicity.lag_s)));
    cells[kCellPeriodic] = Cell(127 * periodicity.strength);
  }
  const Samples last = LastQuarter(lengths);
  cells[kCellTailMotion] =
      OctaveCell(DeviationOf(last, MeanOf(last)), kLeastMotion);
}

void AddTurning(const Triple& w, int8_t* cells) {
  for (size_t axis = 0; axis < 3; ++axis) {
    cells[kCellTurn + axis] = Cell(16 * w.mean[axis]);
    cells[kCellTurning + axis] = OctaveCell(w.deviation[axis], kLeastTurning);
  }
  const std::vector<double> lengths = Lengths(
      LastQuarter(w.axes[0]), LastQuarter(w.axes[1]), LastQuarter(w.axes[2]));
  cells[kCellTailTurn] = OctaveCell(DeviationOf(lengths, 0), kLeastTurning);
}

bool IsOf(int first, size_t channel) {
  return first >= 0 && channel >= static_cast<size_t>(first) &&
         channel < static_cast<size_t>(first) + 3;
}

// --- checks --------------------------------------------------------------

absl::Status CheckLayout(const SensorLayout& layout) {
  const auto fits = [&](int first) {
    return first >= -1 &&
           (first < 0 || static_cast<size_t>(first) + 3 <= layout.channels);
  };
  const auto is_scale = [](double scale) {
    return std::isfinite(scale) && scale > 0 && scale <= 1e6;
  };
  if (layout.channels < 1 || layout.channels > kMostChannels ||
      !fits(layout.accelerometer) || !fits(layout.gyroscope) ||
      !is_scale(layout.to_m_s2) || !is_scale(layout.to_rad_s)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sensor layout: expected three channels from ", layout.accelerometer,
        " and from ", layout.gyroscope, " within 1 to ", kMostChannels,
        " and scales above 0, found ", layout.channels, " channels, scales ",
        layout.to_m_s2, " and ", layout.to_rad_s));
  }
  return absl::OkStatus();
}

absl::Status CheckWindow(const SensorLayout& layout,
                         const SensorWindow& window) {
  if (absl::Status s = CheckLayout(layout); !s.ok()) return s;
  const size_t samples = window.values.size() / layout.channels;
  if (samples * layout.channels != window.values.size() ||
      samples < kLeastSensorSamples || samples > kMostSensorSamples) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sensor window: expected ", kLeastSensorSamples, " to ",
        kMostSensorSamples, " samples of each of ", layout.channels,
        " channels, found ", window.values.size(), " values"));
  }
  if (!(window.rate_hz >= 0.001 && window.rate_hz <= 1e6)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sensor window: expected a rate of 0.001 Hz to 1 MHz, found ",
        window.rate_hz));
  }
  for (size_t i = 0; i < window.values.size(); ++i) {
    if (std::abs(window.values[i]) <= kMostValue) continue;  // NaN is not
    return absl::InvalidArgumentError(absl::StrCat(
        "sensor window: channel ", i / samples, ", sample ", i % samples,
        ": expected a value within 1e30, found ", window.values[i]));
  }
  return absl::OkStatus();
}

// --- distance ------------------------------------------------------------

// Twice the weights, so that they are whole.
constexpr std::array<int, kSensorCells> kTwiceWeights = {
    4, 4, 4,     // mean
    4, 4, 4,     // deviation
    1, 1, 1,     // crossings
    2, 2, 2, 2,  // bands
    1, 1,        // period
    2, 2, 2,     // turn
    4, 4, 4,     // turning
    2, 2, 2,     // tail
    4,           // event
};
constexpr int kTwiceGenericWeight = 2;

Vector GravityOf(const Features& features) {
  Vector gravity;
  for (size_t axis = 0; axis < 3; ++axis) {
    gravity[axis] = features.cells[kCellMean + axis] / 8.0;
  }
  return gravity;
}

}  // namespace

absl::StatusOr<SensorLayout> SensorLayoutOf(std::span<const Channel> channels) {
  if (channels.empty() || channels.size() > kMostChannels) {
    return absl::InvalidArgumentError(
        absl::StrCat("sensor layout: expected 1 to ", kMostChannels,
                     " channels, found ", channels.size()));
  }
  SensorLayout layout;
  layout.channels = channels.size();
  layout.accelerometer = FindTriple(channels, "acc");
  layout.gyroscope = FindTriple(channels, "gyr");
  if (layout.accelerometer >= 0) {
    auto scale = ScaleOf(channels[static_cast<size_t>(layout.accelerometer)],
                         "m/s2", "g", kStandardGravity);
    if (!scale.ok()) return scale.status();
    layout.to_m_s2 = *scale;
  }
  if (layout.gyroscope >= 0) {
    auto scale = ScaleOf(channels[static_cast<size_t>(layout.gyroscope)],
                         "rad/s", "deg/s", std::numbers::pi / 180);
    if (!scale.ok()) return scale.status();
    layout.to_rad_s = *scale;
  }
  return layout;
}

absl::StatusOr<Features> SensorFeaturesOf(const SensorLayout& layout,
                                          const SensorWindow& window) {
  if (absl::Status s = CheckWindow(layout, window); !s.ok()) return s;
  const size_t samples = window.values.size() / layout.channels;
  Features features;
  features.rows = 1;
  features.cells.assign(kSensorCells, 0);
  features.cells[kCellEvent] =
      static_cast<int8_t>(64 * static_cast<int>(window.event));
  if (layout.accelerometer >= 0) {
    AddAcceleration(TakeTriple(window.values, samples, layout.accelerometer,
                               layout.to_m_s2),
                    window.rate_hz, features.cells.data());
  }
  if (layout.gyroscope >= 0) {
    AddTurning(
        TakeTriple(window.values, samples, layout.gyroscope, layout.to_rad_s),
        features.cells.data());
  }
  for (size_t i = 0; i < layout.channels; ++i) {
    if (IsOf(layout.accelerometer, i) || IsOf(layout.gyroscope, i)) continue;
    const Samples channel = window.values.subspan(i * samples, samples);
    const double mean = MeanOf(channel);
    features.cells.push_back(GenericCell(mean));
    features.cells.push_back(GenericCell(DeviationOf(channel, mean)));
  }
  features.columns = static_cast<uint16_t>(features.cells.size());
  return features;
}

bool AreSensorFeatures(const Features& features) {
  return features.rows == 1 && features.columns >= kSensorCells &&
         features.cells.size() == features.columns;
}

float SensorDistance(const Features& a, const Features& b) {
  if (!AreSensorFeatures(a) || !AreSensorFeatures(b) ||
      a.columns != b.columns) {
    return std::numeric_limits<float>::infinity();
  }
  int sum = 0;
  int weights = 0;
  for (size_t i = 0; i < a.cells.size(); ++i) {
    const int weight =
        i < kSensorCells ? kTwiceWeights[i] : kTwiceGenericWeight;
    sum += weight * std::abs(a.cells[i] - b.cells[i]);
    weights += weight;
  }
  return static_cast<float>(sum) / static_cast<float>(weights);
}

double GravityAngle(const Features& a, const Features& b) {
  constexpr double kUnknown = 180;
  if (!AreSensorFeatures(a) || !AreSensorFeatures(b)) return kUnknown;
  const Vector p = GravityOf(a), q = GravityOf(b);
  const auto is_short = [](const Vector& v) {
    return v[0] * v[0] + v[1] * v[1] + v[2] * v[2] <
           kLeastGravity * kLeastGravity;
  };
  return is_short(p) || is_short(q) ? kUnknown : AngleBetween(p, q);
}

}  // namespace fovea
