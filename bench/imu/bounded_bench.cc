// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples within bounds in series blocks of one second, against what rounding
// to the same steps and FLAC -8 take; without a profile, and by one that was
// learned from samples within the same bounds. Every decoded sample is compared
// with its bound; one beyond it ends the run. With --blocks also that many
// blocks of random shapes, values and bounds.
//
//   bounded_bench [--data FOLDER] [--blocks N] [--seed S]

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/imu/recordings.h"
#include "bench/imu/rivals.h"
#include "codec/sample_clock.h"
#include "codec/series_block.h"

namespace fovea::bench {
namespace {

struct Settings {
  std::string data;
  uint64_t blocks = 0;
  uint64_t seed = 1;
};

// Bytes of a block without its times; every sample within its bound.
absl::StatusOr<size_t> CodeWithin(const SeriesBatch& batch,
                                  const std::vector<double>& bounds,
                                  const SeriesProfile* profile) {
  SeriesCoding coding;
  coding.bounds = bounds;
  coding.profile = profile;
  const auto block = EncodeSeriesBlock(batch, bounds.size(), coding);
  if (!block.ok()) return block.status();
  const auto back = DecodeSeriesBlock(*block, profile);
  if (!back.ok()) return back.status();
  for (size_t i = 0; i < batch.values.size(); ++i) {
    const double bound = bounds[i % bounds.size()];
    const double given = batch.values[i];
    const double got = back->batch.values[i];
    const bool same =
        std::bit_cast<uint64_t>(got) == std::bit_cast<uint64_t>(given);
    if (!same && !(std::abs(got - given) <= bound)) {
      return absl::DataLossError(
          absl::StrCat("sample ", i, " of a block: ", given, " came back as ",
                       got, ", beyond ", bound));
    }
  }
  std::vector<uint8_t> times;
  EncodeSampleTimes(batch.time_ns, &times);
  return block->size() - times.size();
}

SeriesBatch Batch(std::vector<double> values, size_t channels) {
  SeriesBatch batch;
  batch.values = std::move(values);
  for (size_t i = 0; i < batch.values.size() / channels; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 5'000'000);
  }
  return batch;
}

// Bytes of ours without a profile, with one, and of FLAC.
struct Sizes {
  double ours = 0;
  double learned = 0;
  double flac = 0;
};

// Learned from what the bounds leave of other recordings of the device; no
// bytes where there are none.
absl::StatusOr<std::vector<uint8_t>> Learn(const ImuTrial& trial, int step) {
  std::vector<std::vector<double>> recordings;
  for (const Counts& part : trial.learned_from) {
    std::vector<double>& values = recordings.emplace_back();
    for (const int32_t count : part) {
      const double k = std::nearbyint(count / static_cast<double>(step));
      values.push_back(k * step + 0.0);  // no -0
    }
  }
  if (recordings.empty()) return std::vector<uint8_t>{};
  return LearnSeriesProfile(recordings, trial.judged.channels);
}

absl::StatusOr<Sizes> Compare(const ImuRecording& recording, int step,
                              const SeriesProfile* profile) {
  const size_t channels = recording.channels;
  const auto rows =
      static_cast<size_t>(std::max(1.0, std::round(recording.rate_hz)));
  const std::vector<double> bounds(channels, step / 2.0);
  Sizes sizes;
  for (const Counts& part : recording.parts) {
    for (size_t at = 0; at < part.size(); at += rows * channels) {
      const size_t end = std::min(part.size(), at + rows * channels);
      std::vector<double> values;
      Counts rounded;
      for (size_t i = at; i < end; ++i) {
        values.push_back(part[i]);
        rounded.push_back(static_cast<int32_t>(
            std::lrint(part[i] / static_cast<double>(step))));
      }
      const SeriesBatch batch = Batch(std::move(values), channels);
      const auto bytes = CodeWithin(batch, bounds, nullptr);
      if (!bytes.ok()) return bytes.status();
      const auto learned = CodeWithin(batch, bounds, profile);
      if (!learned.ok()) return learned.status();
      sizes.ours += static_cast<double>(*bytes);
      sizes.learned += static_cast<double>(*learned);
      const long flac = FlacBytes(rounded, channels);
      sizes.flac += flac < 0 ? NAN : static_cast<double>(flac);
    }
  }
  return sizes;
}

// Geometric mean over devices, the trials of one of which count as one.
class Means {
 public:
  void Add(const std::string& device, double part) {
    auto& [sum, count] = devices_[device];
    sum += std::log(part);
    ++count;
  }
  double Mean() const {
    double sum = 0;
    for (const auto& [device, mean] : devices_) sum += mean.first / mean.second;
    return std::exp(sum / static_cast<double>(devices_.size()));
  }

 private:
  std::map<std::string, std::pair<double, int>> devices_;
};

absl::Status RunRecordings(const std::string& data) {
  std::vector<std::string> absent;
  const auto trials = LoadImuTrials(data, &absent);
  if (!trials.ok()) return trials.status();
  for (const std::string& name : absent) {
    std::printf("absent, left out: %s\n", name.c_str());
  }
  for (const int step : {8, 32}) {
    std::printf("\n== within %d steps of the sensor, blocks of 1 s ==\n",
                step / 2);
    Means ours;
    Means learned;
    for (const ImuTrial& trial : *trials) {
      const auto bytes = Learn(trial, step);
      if (!bytes.ok()) return bytes.status();
      absl::StatusOr<SeriesProfile> profile = SeriesProfile();
      if (!bytes->empty()) profile = SeriesProfile::Parse(*bytes);
      if (!profile.ok()) return profile.status();
      const auto sizes =
          Compare(trial.judged, step, bytes->empty() ? nullptr : &*profile);
      if (!sizes.ok()) return sizes.status();
      double values = 0;
      for (const Counts& part : trial.judged.parts) {
        values += static_cast<double>(part.size());
      }
      std::printf(
          "  %-14s rounded and flac -8 %6.3f bits/value, ours %6.3f (%.3f), by "
          "profile %6.3f (%.3f)\n",
          trial.judged.name.c_str(), sizes->flac * 8 / values,
          sizes->ours * 8 / values, sizes->ours / sizes->flac,
          sizes->learned * 8 / values, sizes->learned / sizes->flac);
      ours.Add(trial.device, sizes->ours / sizes->flac);
      if (!bytes->empty()) {
        learned.Add(trial.device, sizes->learned / sizes->flac);
      }
    }
    std::printf("  geometric means over devices: %.3f, by profile %.3f\n",
                ours.Mean(), learned.Mean());
  }
  return absl::OkStatus();
}

// Blocks of up to 64 rows: walks on and off grids of all sizes, with odd
// values among them.
class RandomBlocks {
 public:
  explicit RandomBlocks(uint64_t seed) : random_(seed) {}

  SeriesBatch Next(std::vector<double>* bounds) {
    const size_t channels = 1 + Below(4);
    bounds->clear();
    std::vector<double> steps;
    std::vector<double> at;
    for (size_t c = 0; c < channels; ++c) {
      bounds->push_back(Below(5) == 0 ? 0 : Size(-30, 20));
      steps.push_back(Below(3) == 0 ? bounds->back() / 7 : Size(-30, 10));
      at.push_back(std::ldexp(Unit() - 0.5, static_cast<int>(Below(30))));
    }
    const bool whole = Below(2) == 0;
    std::vector<double> values;
    const size_t rows = 1 + Below(64);
    for (size_t i = 0; i < rows * channels; ++i) {
      const size_t c = i % channels;
      at[c] += (Unit() - 0.5) * 100;
      const double k = whole ? std::floor(at[c]) : at[c];
      values.push_back(Odd(k * steps[c]));
    }
    return Batch(std::move(values), channels);
  }

 private:
  uint64_t Below(uint64_t end) { return random_() % end; }
  double Unit() {
    return std::ldexp(static_cast<double>(random_() >> 11), -53);
  }
  double Size(int low, int high) {
    return std::ldexp(
        1 + Unit(),
        low + static_cast<int>(Below(static_cast<uint64_t>(high - low))));
  }
  double Odd(double value) {
    switch (Below(400)) {
      case 0:
        return std::bit_cast<double>(random_());
      case 1:
        return -0.0;
      case 2:
        return value * 1e15;
      default:
        return value;
    }
  }

  std::mt19937_64 random_;
};

absl::Status RunRandom(uint64_t blocks, uint64_t seed) {
  RandomBlocks random(seed);
  uint64_t samples = 0;
  std::vector<double> bounds;
  for (uint64_t i = 0; i < blocks; ++i) {
    const SeriesBatch batch = random.Next(&bounds);
    const auto bytes = CodeWithin(batch, bounds, nullptr);
    if (!bytes.ok()) {
      return absl::DataLossError(absl::StrCat("random block ", i, " of seed ",
                                              seed, ": ",
                                              bytes.status().ToString()));
    }
    samples += batch.values.size();
  }
  std::printf(
      "\n%llu random blocks, seed %llu: %llu samples, 0 beyond bounds\n",
      static_cast<unsigned long long>(blocks),
      static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(samples));
  return absl::OkStatus();
}

bool Parse(int argc, char** argv, Settings* settings) {
  const char* data = std::getenv("FOVEA_TEST_DATA");
  settings->data = data != nullptr ? data : FOVEA_DEFAULT_TEST_DATA;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--data") == 0) {
      settings->data = argv[i + 1];
    } else if (std::strcmp(argv[i], "--blocks") == 0) {
      settings->blocks = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0) {
      settings->seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  fovea::bench::Settings settings;
  if (!fovea::bench::Parse(argc, argv, &settings)) {
    std::fprintf(stderr, "usage: %s [--data FOLDER] [--blocks N] [--seed S]\n",
                 argv[0]);
    return 2;
  }
  absl::Status status = fovea::bench::RunRecordings(settings.data);
  if (status.ok() && settings.blocks > 0) {
    status = fovea::bench::RunRandom(settings.blocks, settings.seed);
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "bounded_bench: %s\n", status.ToString().c_str());
  return 1;
}
