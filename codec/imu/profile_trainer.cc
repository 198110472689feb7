// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/profile_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/imu/core/profile.h"
#include "codec/imu/core/walk.h"

namespace fovea {
namespace {

using imu::kMaxProfileChannels;
using imu::kOlderTaps;
using imu::kOwnLags;
using imu::kRegimes;
using imu::kRowLags;

constexpr size_t kLeastRows = 64;
constexpr int kMaxInputs = imu::TapsOf(kMaxProfileChannels);
constexpr double kPooledRows = 400;  // that a regime borrows from all rows
constexpr double kRidge = 1e-4;      // of an input's own energy
constexpr int kRefinements = 2;

using Recordings = std::span<const std::vector<int32_t>>;

// Weighted normal equations of one channel in one regime.
struct Equations {
  int inputs = 0;
  double rows = 0;
  std::vector<double> products;  // inputs x inputs, upper half
  std::vector<double> targets;   // inputs

  explicit Equations(int n = 0)
      : inputs(n),
        products(static_cast<size_t>(n) * static_cast<size_t>(n)),
        targets(static_cast<size_t>(n)) {}

  double& Product(int i, int j) {
    return products[static_cast<size_t>(i * inputs + j)];
  }

  void Add(const double* input, double target, double weight) {
    rows += 1;
    for (int i = 0; i < inputs; ++i) {
      const double scaled = weight * input[i];
      for (int j = i; j < inputs; ++j) Product(i, j) += scaled * input[j];
      targets[static_cast<size_t>(i)] += scaled * target;
    }
  }

  void AddShare(const Equations& other, double share) {
    for (size_t i = 0; i < products.size(); ++i) {
      products[i] += share * other.products[i];
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      targets[i] += share * other.targets[i];
    }
  }
};

// Solves by Cholesky's factors after adding a ridge.
std::vector<double> Solve(Equations equations) {
  const int n = equations.inputs;
  for (int i = 0; i < n; ++i) {
    equations.Product(i, i) += kRidge * equations.Product(i, i) + 1e-9;
  }
  // products = U^T U, in place.
  for (int i = 0; i < n; ++i) {
    for (int j = i; j < n; ++j) {
      double sum = equations.Product(i, j);
      for (int k = 0; k < i; ++k) {
        sum -= equations.Product(k, i) * equations.Product(k, j);
      }
      equations.Product(i, j) = i == j ? std::sqrt(std::max(sum, 1e-12))
                                       : sum / equations.Product(i, i);
    }
  }
  std::vector<double> x = equations.targets;
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k < i; ++k) {
      x[static_cast<size_t>(i)] -=
          equations.Product(k, i) * x[static_cast<size_t>(k)];
    }
    x[static_cast<size_t>(i)] /= equations.Product(i, i);
  }
  for (int i = n - 1; i >= 0; --i) {
    for (int k = i + 1; k < n; ++k) {
      x[static_cast<size_t>(i)] -=
          equations.Product(i, k) * x[static_cast<size_t>(k)];
    }
    x[static_cast<size_t>(i)] /= equations.Product(i, i);
  }
  return x;
}

// Scale class before each sample, and the mean |residual| it stands for.
struct Loudness {
  std::vector<uint8_t> classes;
};

double MeanOf(int scale_class) {
  return std::ldexp(1 + (scale_class % 4 + 0.5) / 4,
                    scale_class / 4 + imu::kLowestOctave);
}

class Trainer {
 public:
  Trainer(Recordings recordings, size_t channels, bool regimes)
      : recordings_(recordings),
        channels_(static_cast<int>(channels)),
        lanes_(imu::LanesOf(channels_)),
        stride_(imu::TapsOf(lanes_)),
        taps_(static_cast<size_t>(kRegimes * channels_ * stride_)),
        own_(channels * imu::kWindow),
        rows_(static_cast<size_t>(imu::kWindow * lanes_)),
        states_(channels) {
    profile_.channels = channels_;
    profile_.regimes = 1;
    FindTypicalValues();
    FindFineBits();
    Listen(/*by_profile=*/false);
    Fit();
    if (!regimes) return;
    for (int i = 0; i < kRefinements; ++i) {
      Listen(/*by_profile=*/true);
      FindBorders();
      profile_.regimes = kRegimes;
      Fit();
    }
  }

  std::vector<uint8_t> Bytes() {
    Listen(/*by_profile=*/true);
    for (int c = 0; c < channels_; ++c) {
      profile_.channel[c].typical_class =
          static_cast<uint8_t>(Quantile(c, 0.5));
    }
    std::vector<uint8_t> bytes(imu::kMaxProfileBytes);
    bytes.resize(
        imu::WriteProfile(profile_, taps_.data(), bytes.data(), bytes.size()));
    return bytes;
  }

 private:
  size_t RowsOf(size_t recording) const {
    return recordings_[recording].size() / static_cast<size_t>(channels_);
  }
  uint32_t Value(size_t recording, size_t row, int c) const {
    return static_cast<uint32_t>(
        recordings_[recording][row * static_cast<size_t>(channels_) +
                               static_cast<size_t>(c)]);
  }

  void FindTypicalValues() {
    for (int c = 0; c < channels_; ++c) {
      std::vector<int32_t> values;
      for (size_t r = 0; r < recordings_.size(); ++r) {
        for (size_t t = 0; t < RowsOf(r); ++t) {
          values.push_back(static_cast<int32_t>(Value(r, t, c)));
        }
      }
      const auto middle = values.begin() + static_cast<long>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      profile_.channel[c].typical = *middle;
    }
  }

  // So that nearly all differences fit 16 bits.
  void FindFineBits() {
    for (int c = 0; c < channels_; ++c) {
      std::vector<int64_t> steps;
      for (size_t r = 0; r < recordings_.size(); ++r) {
        for (size_t t = 1; t < RowsOf(r); ++t) {
          const auto step =
              static_cast<int32_t>(Value(r, t, c) - Value(r, t - 1, c));
          steps.push_back(std::abs(static_cast<int64_t>(step)));
        }
      }
      const auto high = steps.begin() + static_cast<long>(steps.size() - 1 -
                                                          steps.size() / 1000);
      std::nth_element(steps.begin(), high, steps.end());
      int fine = 0;
      while (fine < 16 && (*high >> fine) > 16383) ++fine;
      profile_.channel[c].fine_bits = static_cast<uint8_t>(fine);
    }
  }

  // Walks through all recordings as the coder does, by the profile as far as
  // it is learned or by lines, and keeps the scale classes.
  void Listen(bool by_profile) {
    classes_.assign(recordings_.size(), {});
    for (size_t r = 0; r < recordings_.size(); ++r) {
      if (lanes_ == 8) {
        ListenTo<8>(r, by_profile);
      } else {
        ListenTo<16>(r, by_profile);
      }
    }
  }

  template <int kLanes>
  void ListenTo(size_t r, bool by_profile) {
    for (imu::ChannelState& state : states_) {
      state.kind = by_profile ? imu::kProfile : imu::kLine1;
      state.start_class = static_cast<uint8_t>(4 * (3 - imu::kLowestOctave));
    }
    imu::Walk<kLanes> walk(states_.data(), channels_, &profile_, taps_.data(),
                           own_.data(), rows_.data());
    walk.Start();
    std::vector<uint8_t>& classes = classes_[r];
    classes.assign(recordings_[r].size(), 0);
    for (size_t t = 1; t < RowsOf(r); ++t) {
      walk.BeginRow();
      for (int c = 0; c < channels_; ++c) {
        imu::Scale& scale = states_[static_cast<size_t>(c)].scale;
        const int scale_class = walk.ClassOf(c);
        classes[t * static_cast<size_t>(channels_) + static_cast<size_t>(c)] =
            static_cast<uint8_t>(scale_class);
        const uint32_t value = Value(r, t, c) - Value(r, 0, c);
        const imu::Guess guess = walk.GuessOf(c);
        const auto off = static_cast<int32_t>(
            value - guess.base -
            static_cast<uint32_t>((guess.eighths + 4) >> 3));
        scale.Add(2 *
                  static_cast<uint64_t>(std::abs(static_cast<int64_t>(off))));
        walk.Take(c, value);
      }
      walk.EndRow();
    }
  }

  int ClassAt(size_t r, size_t t, int c) const {
    return classes_[r][t * static_cast<size_t>(channels_) +
                       static_cast<size_t>(c)];
  }

  int Quantile(int c, double part) const {
    std::array<size_t, imu::kScaleClasses> counts = {};
    size_t all = 0;
    for (size_t r = 0; r < recordings_.size(); ++r) {
      for (size_t t = kOwnLags; t < RowsOf(r); ++t) {
        ++counts[static_cast<size_t>(ClassAt(r, t, c))];
        ++all;
      }
    }
    size_t below = 0;
    int found = 0;
    while (found + 1 < imu::kScaleClasses &&
           static_cast<double>(below + counts[static_cast<size_t>(found)]) <
               part * static_cast<double>(all)) {
      below += counts[static_cast<size_t>(found++)];
    }
    return found;
  }

  void FindBorders() {
    for (int c = 0; c < channels_; ++c) {
      for (int i = 0; i < kRegimes - 1; ++i) {
        profile_.channel[c].borders[i] =
            static_cast<uint8_t>(Quantile(c, (i + 1) / 4.0) + 1);
      }
    }
  }

  void Fit() {
    for (int c = 0; c < channels_; ++c) FitChannel(c);
  }

  void FitChannel(int c) {
    const int inputs = kOlderTaps + kRowLags * channels_ + c;
    std::vector<Equations> equations(static_cast<size_t>(profile_.regimes),
                                     Equations(inputs));
    for (size_t r = 0; r < recordings_.size(); ++r) Gather(r, c, &equations);
    Equations all(inputs);
    for (const Equations& one : equations) {
      all.AddShare(one, 1);
      all.rows += one.rows;
    }
    for (int regime = 0; regime < profile_.regimes; ++regime) {
      Equations& one = equations[static_cast<size_t>(regime)];
      if (profile_.regimes > 1) {
        one.AddShare(all, kPooledRows / std::max(all.rows, kPooledRows));
      }
      Quantise(c, regime, Solve(one));
    }
  }

  double Step(size_t r, size_t t, int c) const {
    const auto step = static_cast<int32_t>(Value(r, t, c) - Value(r, t - 1, c));
    return imu::Cut16(step, profile_.channel[c].fine_bits);
  }

  void Gather(size_t r, int c, std::vector<Equations>* equations) const {
    double input[kMaxInputs];
    for (size_t t = kOwnLags + 1; t < RowsOf(r); ++t) {
      int n = 0;
      for (size_t lag = kRowLags + 1; lag <= kOwnLags; ++lag) {
        input[n++] = Step(r, t - lag, c);
      }
      for (size_t lag = 1; lag <= kRowLags; ++lag) {
        for (int other = 0; other < channels_; ++other) {
          input[n++] = Step(r, t - lag, other);
        }
      }
      for (int other = 0; other < c; ++other) input[n++] = Step(r, t, other);
      const int scale_class = ClassAt(r, t, c);
      const double mean = MeanOf(scale_class);
      const int regime =
          imu::RegimeOf(profile_.channel[c], profile_.regimes, scale_class);
      (*equations)[static_cast<size_t>(regime)].Add(
          input, Step(r, t, c), 1 / (1 + 5 * std::pow(mean, 1.5)));
    }
  }

  // Weights to taps with as many fraction bits as their sums leave room for.
  // Weights are between differences that have lost their fine bits.
  void Quantise(int c, int regime, const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) sum += std::abs(weight);
    int shift = 15;
    while (shift > 3 && std::ldexp(sum, shift) > 65535 - kMaxInputs) --shift;
    while (shift > 3 && LargestOf(weights, shift) > 32767) --shift;
    profile_.channel[c].shift[regime] = static_cast<uint8_t>(shift);
    int16_t* taps = taps_.data() + (regime * channels_ + c) * stride_;
    std::fill(taps, taps + stride_, int16_t{0});
    size_t n = 0;
    const auto next = [&] { return ToTap(weights[n++], shift); };
    for (int i = 0; i < kOlderTaps; ++i) taps[i] = next();
    for (int row = 0; row < kRowLags; ++row) {
      for (int other = 0; other < channels_; ++other) {
        taps[kOlderTaps + row * lanes_ + other] = next();
      }
    }
    for (int other = 0; other < c; ++other) {
      taps[kOlderTaps + kRowLags * lanes_ + other] = next();
    }
  }

  static double LargestOf(const std::vector<double>& weights, int shift) {
    double largest = 0;
    for (const double weight : weights) {
      largest = std::max(largest, std::abs(std::ldexp(weight, shift)));
    }
    return largest;
  }

  static int16_t ToTap(double weight, int shift) {
    const double scaled = std::nearbyint(std::ldexp(weight, shift));
    return static_cast<int16_t>(std::clamp(scaled, -4096.0 * 7, 4096.0 * 7));
  }

  Recordings recordings_;
  int channels_;
  int lanes_;
  int stride_;
  imu::Profile profile_;
  std::vector<int16_t> taps_;
  std::vector<int16_t> own_;
  std::vector<int16_t> rows_;
  std::vector<imu::ChannelState> states_;
  std::vector<std::vector<uint8_t>> classes_;  // per recording: rows x channels
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> TrainImuProfile(
    Recordings recordings, size_t channels, const ImuTrainingOptions& options) {
  if (channels < 1 || channels > kMaxProfileChannels) {
    return absl::InvalidArgumentError(absl::StrCat("imu profile: ", channels,
                                                   " channels, expected 1 to ",
                                                   kMaxProfileChannels));
  }
  size_t rows = 0;
  size_t longest = 0;
  for (const std::vector<int32_t>& recording : recordings) {
    if (recording.size() % channels != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("imu profile: a recording of ", recording.size(),
                       " values, expected rows of ", channels));
    }
    rows += recording.size() / channels;
    longest = std::max(longest, recording.size() / channels);
  }
  if (longest <= kLeastRows) {
    return absl::InvalidArgumentError(
        absl::StrCat("imu profile: recordings of at most ", longest,
                     " rows, expected one of more than ", kLeastRows));
  }
  return Trainer(recordings, channels, rows >= options.rows_for_regimes)
      .Bytes();
}

}  // namespace fovea
