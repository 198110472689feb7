// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8       version, 1
//   u8       channels
//   u64 x channels  bits of the units
//   bytes    of a window plan (codec/imu/window_plan.h)
//   u32      CRC-32C of all bytes before but the window plan's own checksum,
//            its last four: what blocks name it by. (A checksum over what ends
//            in its own would not depend on it.)

#include "codec/series_window_plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/window_block.h"
#include "codec/series_window_numbers.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kChecksumBytes = 4;
constexpr size_t kLeastWindow = 8, kMostWindow = 128, kMostBands = 16;
// Clocks differ by parts in a thousand.
constexpr double kRateSlack = 1.01;

absl::Status Damaged(const char* what) {
  return absl::DataLossError(
      absl::StrCat("window plan of a series: ", what, "; make it again"));
}

absl::Status Unfit(const std::string& what) {
  return absl::InvalidArgumentError("window plan of a series: " + what);
}

// Of the model's channel with that name and unit.
absl::StatusOr<size_t> FindChannel(const SeriesSensitivity& sensitivity,
                                   const Channel& channel) {
  const auto& channels = sensitivity.channels;
  const auto found = std::find(channels.begin(), channels.end(), channel);
  if (found != channels.end()) {
    return static_cast<size_t>(found - channels.begin());
  }
  return Unfit(absl::StrCat(
      "channel ", channel.name,
      channel.unit.empty() ? "" : absl::StrCat(" in ", channel.unit),
      " is none of those that the model's sensitivity is of, nothing would be "
      "left of it"));
}

// The model's energy at a frequency, as that of a coefficient of the series:
// noise of one size per sample is weaker at one frequency where there are more
// samples.
double EnergyAt(const SeriesSensitivity& sensitivity, size_t channel, double hz,
                double rate_hz) {
  const double fold = std::fmod(hz, sensitivity.rate_hz);
  const double model_hz = std::min(fold, sensitivity.rate_hz - fold);
  const auto& edges = sensitivity.edges_hz;
  const auto after = std::upper_bound(edges.begin(), edges.end(), model_hz);
  const auto band = std::clamp<std::ptrdiff_t>(after - edges.begin() - 1, 0,
                                               std::ssize(edges) - 2);
  return sensitivity.energy[channel * sensitivity.bands() +
                            static_cast<size_t>(band)] *
         std::min(1.0, sensitivity.rate_hz / rate_hz);
}

// Rows of a window of the series; 0: too short.
size_t WindowOf(const SeriesSensitivity& sensitivity, double rate_hz) {
  const double rows = sensitivity.window / sensitivity.rate_hz * rate_hz;
  size_t window = kMostWindow;
  while (window >= kLeastWindow &&
         static_cast<double>(window) > rows * kRateSlack) {
    window /= 2;
  }
  return window >= kLeastWindow ? window : 0;
}

// Energies by values, band by band; they are made those by numbers.
std::vector<double> UnitsOf(ImuWindowSteps* steps) {
  std::vector<double> units(steps->channels, 1.0);
  for (size_t c = 0; c < steps->channels; ++c) {
    const auto begin =
        steps->energy.begin() + static_cast<std::ptrdiff_t>(c * steps->bands);
    const auto end = begin + static_cast<std::ptrdiff_t>(steps->bands);
    const double most = *std::max_element(begin, end);
    if (most > 0) units[c] = kFinestMarginChange / std::sqrt(most);
    std::for_each(begin, end,
                  [&](double& energy) { energy *= units[c] * units[c]; });
  }
  return units;
}

}  // namespace

absl::StatusOr<SeriesWindowPlan> SeriesWindowPlan::Parse(
    std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 * kChecksumBytes ||
      bytes.size() > kMaxSeriesWindowPlanBytes) {
    return Damaged("it is cut or too long");
  }
  const size_t size = bytes.size() - kChecksumBytes;
  SeriesWindowPlan plan;
  for (size_t i = kChecksumBytes; i-- > 0;) {
    plan.id_ = plan.id_ << 8 | bytes[size + i];
  }
  if (plan.id_ != imu::Crc32c(bytes.data(), size - kChecksumBytes)) {
    return Damaged("its checksum does not fit");
  }
  ByteReader in(bytes.first(size));
  const uint8_t version = in.U8();
  const uint8_t channels = in.U8();
  if (version != kVersion) return Damaged("it is of another version");
  for (int c = 0; c < channels; ++c) {
    plan.units_.push_back(std::bit_cast<double>(in.U64()));
    const double unit = plan.units_.back();
    if (!(unit > 0) || !std::isfinite(unit)) return Damaged("a unit is none");
  }
  plan.steps_.assign(in.rest().begin(), in.rest().end());
  const auto steps = imu::ParseWindowPlan(plan.steps_);
  if (!in.ok() || !steps || steps->channels != channels) {
    return Damaged("it holds no steps for its channels");
  }
  plan.window_ = steps->window;
  return plan;
}

absl::StatusOr<std::vector<uint8_t>> MakeSeriesWindowPlan(
    const SeriesSensitivity& sensitivity, const SeriesInfo& series,
    std::span<const double> recording) {
  if (!(series.rate_hz > 0) || !std::isfinite(series.rate_hz)) {
    return Unfit("the series' rate is not known");
  }
  ImuWindowSteps steps;
  steps.channels = series.channels.size();
  steps.window = WindowOf(sensitivity, series.rate_hz);
  if (steps.window == 0) {
    return Unfit(absl::StrCat("the model's window of ", sensitivity.window,
                              " samples at ", sensitivity.rate_hz,
                              " Hz has fewer than ", kLeastWindow,
                              " rows of a series of ", series.rate_hz, " Hz"));
  }
  steps.bands = std::min(kMostBands, steps.window);
  const double band_hz = series.rate_hz / 2 / static_cast<double>(steps.bands);
  for (const Channel& channel : series.channels) {
    const auto found = FindChannel(sensitivity, channel);
    if (!found.ok()) return found.status();
    for (size_t b = 0; b < steps.bands; ++b) {
      steps.energy.push_back(EnergyAt(sensitivity, *found,
                                      (static_cast<double>(b) + 0.5) * band_hz,
                                      series.rate_hz));
    }
  }
  const std::vector<double> units = UnitsOf(&steps);
  std::vector<std::vector<int32_t>> learned;
  auto numbers = NumbersOf(recording, units);
  if (numbers) learned.push_back(*std::move(numbers));
  const auto made = MakeImuWindowPlan(steps, learned);
  if (!made.ok()) return made.status();
  std::vector<uint8_t> bytes = {kVersion, static_cast<uint8_t>(steps.channels)};
  for (const double unit : units) {
    PutU64(std::bit_cast<uint64_t>(unit), &bytes);
  }
  bytes.insert(bytes.end(), made->begin(), made->end());
  const uint32_t id = imu::Crc32c(bytes.data(), bytes.size() - kChecksumBytes);
  for (int i = 0; i < 32; i += 8) {
    bytes.push_back(static_cast<uint8_t>(id >> i));
  }
  return bytes;
}

}  // namespace fovea
