// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series blocks and profiles that are none: cut, flipped, or whole under a
// checksum that fits and making claims that nothing can keep.

#ifndef FOVEA_TESTS_CODEC_BAD_SERIES_H_
#define FOVEA_TESTS_CODEC_BAD_SERIES_H_

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"
#include "codec/series_profile.h"
#include "tests/codec/imu/motion.h"

namespace fovea::testing {

using SeriesBytes = std::vector<uint8_t>;

// Six channels on a grid.
inline std::vector<double> RingingValues(size_t rows, uint32_t seed) {
  std::vector<double> values;
  for (const int32_t count : imu::testing::RingingDevice(rows, seed)) {
    values.push_back(count / 417.0);
  }
  return values;
}

inline SeriesBytes RingingProfile(uint32_t seed = 5,
                                  const std::string& device = "ring") {
  SeriesMetadata of = {{}, device, "", ""};
  for (int c = 0; c < 6; ++c) of.channels.push_back({"c", "m/s2"});
  const std::vector<std::vector<double>> recordings = {
      RingingValues(6000, seed)};
  return *LearnSeriesProfile(recordings, of);
}

inline SeriesBatch RingingBatch(size_t rows) {
  SeriesBatch batch;
  batch.values = RingingValues(rows, 9);
  for (size_t i = 0; i < rows; ++i) {
    batch.time_ns.push_back(1'700'000'000'000'000'000 +
                            static_cast<int64_t>(i * 5'000'000 + i % 3));
  }
  return batch;
}

// Blocks of every kind; `profile` is of RingingProfile().
inline std::vector<std::pair<std::string, SeriesBytes>> SoundBlocks(
    const SeriesProfile& profile) {
  std::vector<std::pair<std::string, SeriesBytes>> blocks;
  const auto add = [&](const char* name, const SeriesBatch& batch,
                       const SeriesCoding& coding) {
    blocks.emplace_back(name, *EncodeSeriesBlock(batch, 6, coding));
  };
  const SeriesBatch batch = RingingBatch(60);
  add("fast", batch, {.level = ImuLevel::kFast, .bounds = {}});
  add("normal", batch, {.metadata = 0xabcdef01, .bounds = {}});
  add("bounded", batch, {.bounds = {1, 1, 0, 2, 1, 1}});
  add("by profile", batch, {.profile = &profile, .bounds = {}});
  SeriesBatch off = batch;
  off.values[13] = std::numeric_limits<double>::quiet_NaN();
  add("by profile, with an exception", off,
      {.profile = &profile, .metadata = 7, .bounds = {}});
  SeriesBatch written = batch;
  written.text.rules.assign(6, PrintRule{});
  written.values[25] = 1e5;
  written.text.fields = {{25, "1e5"}};
  add("with its text", written, {.metadata = 7, .bounds = {}});
  SeriesBatch roots = batch;  // on no grid
  for (double& value : roots.values) value = std::sqrt(value * value + 0.1);
  roots.values[13] = std::numeric_limits<double>::quiet_NaN();
  add("split floats", roots, {});
  return blocks;
}

inline void PutCrc32c(SeriesBytes* bytes) {
  PutU32(imu::Crc32c(bytes->data(), bytes->size()), bytes);
}

// Under a checksum that fits; each has to be refused by DecodeSeriesBlock().
inline std::vector<std::pair<std::string, SeriesBytes>> ClaimingBlocks() {
  std::vector<std::pair<std::string, SeriesBytes>> blocks;
  const auto add = [&](std::string name, SeriesBytes bytes) {
    PutCrc32c(&bytes);
    blocks.emplace_back(std::move(name), std::move(bytes));
  };
  const auto shape = [](uint8_t channels, uint64_t samples) {
    SeriesBytes bytes = {2, channels};
    PutVarint(samples, &bytes);
    bytes.insert(bytes.end(), 24, 0);
    return bytes;
  };
  add("2^32 samples", shape(1, uint64_t{1} << 32));
  add("2^64 - 1 samples", shape(1, UINT64_MAX));
  add("no samples", shape(1, 0));
  add("2^32 / 6 samples", shape(6, (uint64_t{1} << 32) / 6 + 1));
  add("no channels", shape(0, 1));
  add("65 channels", shape(65, 1));
  add("255 channels", shape(255, 1));
  // One row: its time, and then the channel.
  const auto one = [](uint8_t flags,
                      const std::function<void(SeriesBytes*)>& before_times) {
    SeriesBytes bytes = {static_cast<uint8_t>(2 | flags), 1, 1};
    before_times(&bytes);
    bytes.insert(bytes.end(), {0, 0});
    return bytes;
  };
  const auto number = [](double value, SeriesBytes* out) {
    PutVarint(1, out);
    PutU64(std::bit_cast<uint64_t>(value), out);
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double bound : {kNan, kInfinity, -kInfinity, -1.0}) {
    SeriesBytes bytes = one(64, [&](SeriesBytes* out) { number(bound, out); });
    bytes.insert(bytes.end(), 9, 0);  // a raw channel
    add("bound " + std::to_string(bound), std::move(bytes));
  }
  for (const double step : {0.0, -0.0, kNan, kInfinity}) {
    for (const uint8_t model : {uint8_t{18}, uint8_t{34}}) {
      SeriesBytes bytes = one(0, [](SeriesBytes*) {});
      bytes.push_back(model);
      number(step, &bytes);
      number(0, &bytes);
      bytes.insert(bytes.end(), 8, 0);
      add("step " + std::to_string(step), std::move(bytes));
    }
  }
  SeriesBytes divided = one(0, [](SeriesBytes*) {});
  divided.insert(divided.end(), {33, 0, 0, 0, 0, 0});
  add("divisor 0", std::move(divided));
  add("version 4", {4, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  add("2^32 texts", {3, 1, 1, 6, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0, 0});
  add("text of no channel", {3, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  add("all on the grids of no profile", {2 | 32, 1, 1, 0, 0, 0});
  return blocks;
}

// Bytes of a profile whose checksum fits but which nobody wrote; each has to
// be refused by SeriesProfile::Parse().
inline std::vector<std::pair<std::string, SeriesBytes>> ClaimingProfiles() {
  std::vector<std::pair<std::string, SeriesBytes>> profiles;
  const SeriesBytes sound = RingingProfile();
  const auto add = [&](const char* name, SeriesBytes bytes) {
    bytes.erase(bytes.end() - 4, bytes.end());
    PutU32(imu::Crc32c(bytes.data(), bytes.size() - 4), &bytes);
    profiles.emplace_back(name, std::move(bytes));
  };
  const auto with = [&](size_t at, uint8_t value) {
    SeriesBytes bytes = sound;
    bytes[at] = value;
    return bytes;
  };
  const size_t metadata = 2;  // behind version and size
  const size_t grids = metadata + sound[1];
  add("version 2", with(0, 2));
  add("metadata beyond the end", with(1, 127));
  add("metadata without its rules", with(metadata, 2));
  add("no channels", with(metadata + 8, 0));
  add("255 channels", with(metadata + 8, 255));
  add("an unknown grid", with(grids, 9));
  add("divisor 0", with(grids + 1, 0));
  add("no inertial profile", SeriesBytes(sound.begin(), sound.begin() + 60));
  return profiles;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_CODEC_BAD_SERIES_H_
