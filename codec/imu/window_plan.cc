// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/window_plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/core/profile.h"
#include "codec/imu/window_dct.h"

namespace fovea {
namespace imu {
namespace {

constexpr uint8_t kMagic[] = {'F', 'I', 'W', 'P'};
constexpr uint8_t kVersion = 1;
constexpr size_t kHeadBytes = 12;
constexpr size_t kChecksumBytes = 4;

// 2^(n / 8), with 16 fraction bits.
constexpr uint64_t kRoots[kEighths] = {65536, 71468,  77936,  84990,
                                       92682, 101070, 110218, 120194};

void Put32(uint32_t value, std::vector<uint8_t>* bytes) {
  for (int i = 0; i < 4; ++i) {
    bytes->push_back(static_cast<uint8_t>(value >> 8 * i));
  }
}

uint32_t Get32(const uint8_t* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    value |= static_cast<uint32_t>(bytes[i]) << 8 * i;
  }
  return value;
}

bool Fits(const WindowPlan& plan) {
  return plan.channels >= 1 && plan.channels <= kMaxChannels &&
         IsDctSize(plan.window) && plan.bands >= 1 &&
         plan.bands <= plan.window && std::isfinite(plan.loss) &&
         plan.loss >= 0;
}

}  // namespace

uint32_t StepOf(int eighths) {
  const int cut = std::clamp(eighths, 0, kMostEighths);
  const uint64_t scaled = kRoots[cut % kEighths] << (cut / kEighths);
  return static_cast<uint32_t>((scaled + 0x8000) >> 16);
}

int EighthsOf(double step) {
  int eighths = 0;
  while (eighths < kMostEighths && StepOf(eighths) < step) ++eighths;
  return eighths;
}

std::vector<uint8_t> WindowPlanBytes(const WindowPlan& plan) {
  std::vector<uint8_t> bytes(kMagic, kMagic + sizeof(kMagic));
  bytes.push_back(kVersion);
  bytes.push_back(static_cast<uint8_t>(plan.channels));
  bytes.push_back(static_cast<uint8_t>(plan.window));
  bytes.push_back(static_cast<uint8_t>(plan.bands));
  Put32(std::bit_cast<uint32_t>(plan.loss), &bytes);
  for (const auto* part : {&plan.step, &plan.usual, &plan.level, &plan.drift}) {
    bytes.insert(bytes.end(), part->begin(), part->end());
  }
  Put32(Crc32c(bytes.data(), bytes.size()), &bytes);
  return bytes;
}

std::optional<WindowPlan> ParseWindowPlan(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeadBytes + kChecksumBytes ||
      std::memcmp(bytes.data(), kMagic, sizeof(kMagic)) != 0 ||
      bytes[4] != kVersion) {
    return std::nullopt;
  }
  WindowPlan plan;
  plan.channels = bytes[5];
  plan.window = bytes[6];
  plan.bands = bytes[7];
  plan.loss = std::bit_cast<float>(Get32(&bytes[8]));
  const size_t cells = plan.channels * plan.bands;
  const size_t body = 2 * cells + 2 * plan.channels;
  if (!Fits(plan) || bytes.size() != kHeadBytes + body + kChecksumBytes) {
    return std::nullopt;
  }
  const size_t checked = kHeadBytes + body;
  plan.id = Crc32c(bytes.data(), checked);
  if (Get32(&bytes[checked]) != plan.id || plan.id == 0) return std::nullopt;
  auto from = bytes.begin() + kHeadBytes;
  const auto take = [&from](size_t count) {
    const auto begin = from;
    from += static_cast<std::ptrdiff_t>(count);
    return std::vector<uint8_t>(begin, from);
  };
  plan.step = take(cells);
  plan.usual = take(cells);
  plan.level = take(plan.channels);
  plan.drift = take(plan.channels);
  return plan;
}

}  // namespace imu

namespace {

using imu::WindowPlan;

absl::Status Check(const ImuWindowSteps& steps) {
  const bool fits = steps.channels >= 1 &&
                    steps.channels <= size_t{imu::kMaxChannels} &&
                    imu::IsDctSize(steps.window) && steps.bands >= 1 &&
                    steps.bands <= steps.window &&
                    steps.energy.size() == steps.channels * steps.bands;
  if (!fits) {
    return absl::InvalidArgumentError(absl::StrCat(
        "imu window plan: ", steps.channels, " channels, windows of ",
        steps.window, ", ", steps.bands, " bands and ", steps.energy.size(),
        " energies; expected 1 to ", imu::kMaxChannels,
        " channels, windows of 8, 16, 32, 64 or 128, no more bands and an "
        "energy for each band of each channel"));
  }
  for (const double energy : steps.energy) {
    if (energy >= 0 && std::isfinite(energy)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "imu window plan: an energy is ", energy, ", expected 0 or above"));
  }
  if (*std::ranges::max_element(steps.energy) > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "imu window plan: all energies are 0; the model answers without them");
}

// Sums over the windows of recordings.
class Usual {
 public:
  explicit Usual(const WindowPlan& plan)
      : plan_(plan),
        sums_(plan.channels * plan.bands),
        counts_(sums_.size()),
        levels_(plan.channels),
        drifts_(plan.channels) {}

  void Add(std::span<const int32_t> values) {
    const size_t size = plan_.window * plan_.channels;
    for (size_t at = 0; at + size <= values.size(); at += size) {
      for (size_t c = 0; c < plan_.channels; ++c) {
        AddWindow(values.subspan(at, size), c, at == 0);
      }
    }
  }

  void Store(WindowPlan* plan) const {
    if (windows_ == 0) return;
    for (size_t i = 0; i < sums_.size(); ++i) {
      plan->usual[i] = EighthsOfMean(sums_[i], counts_[i]);
    }
    for (size_t c = 0; c < plan_.channels; ++c) {
      plan->level[c] = EighthsOfMean(levels_[c].sum, levels_[c].count);
      plan->drift[c] = EighthsOfMean(drifts_[c].sum, drifts_[c].count);
    }
  }

 private:
  struct Mean {
    double sum = 0, count = 0, last = 0;
  };

  static uint8_t EighthsOfMean(double sum, double count) {
    return static_cast<uint8_t>(
        count > 0 ? imu::EighthsOf(std::round(sum / count)) : 0);
  }

  void AddWindow(std::span<const int32_t> rows, size_t c, bool first) {
    std::vector<int32_t> line(plan_.window);
    for (size_t t = 0; t < line.size(); ++t) {
      line[t] = rows[t * plan_.channels + c];
    }
    imu::ForwardIntegerDct(line);
    const double level = line[0];
    levels_[c].sum += std::abs(level);
    levels_[c].count += 1;
    if (!first) {
      drifts_[c].sum += std::abs(level - levels_[c].last);
      drifts_[c].count += 1;
    }
    levels_[c].last = level;
    for (size_t k = 1; k < line.size(); ++k) {
      const size_t cell = c * plan_.bands + plan_.BandOf(k);
      sums_[cell] += std::abs(static_cast<double>(line[k]));
      counts_[cell] += 1;
    }
    ++windows_;
  }

  const WindowPlan& plan_;
  std::vector<double> sums_, counts_;
  std::vector<Mean> levels_, drifts_;
  size_t windows_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> MakeImuWindowPlan(
    const ImuWindowSteps& steps,
    std::span<const std::vector<int32_t>> recordings) {
  absl::Status checked = Check(steps);
  if (!checked.ok()) return checked;
  const double most = *std::ranges::max_element(steps.energy);
  WindowPlan plan;
  plan.channels = steps.channels;
  plan.window = steps.window;
  plan.bands = steps.bands;
  plan.loss = static_cast<float>(std::sqrt(most));
  for (const double energy : steps.energy) {
    const double step =
        energy > 0 ? std::sqrt(most / energy) : std::ldexp(1.0, 30);
    plan.step.push_back(static_cast<uint8_t>(imu::EighthsOf(step)));
  }
  plan.usual.resize(plan.step.size());
  plan.level.resize(plan.channels);
  plan.drift.resize(plan.channels);
  Usual usual(plan);
  for (const std::vector<int32_t>& recording : recordings) {
    if (recording.size() % plan.channels != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("imu window plan: a recording of ", recording.size(),
                       " values, expected rows of ", plan.channels));
    }
    usual.Add(recording);
  }
  usual.Store(&plan);
  return imu::WindowPlanBytes(plan);
}

}  // namespace fovea
