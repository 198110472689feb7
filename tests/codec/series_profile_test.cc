// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/series_profile.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "codec/series_block.h"

namespace fovea {
namespace {

constexpr size_t kChannels = 3;

// A device whose second and third channel follow the first.
std::vector<double> Recorded(uint64_t seed, size_t rows) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  double swing = 0;
  for (size_t i = 0; i < rows; ++i) {
    swing = 0.98 * swing + static_cast<double>(random() % 41) - 20;
    const double noise = static_cast<double>(random() % 9) - 4;
    values.push_back(std::round(swing) / 417);
    values.push_back(std::round(2 * swing + noise) / 417);
    values.push_back(std::round(500 - swing) / 100);
  }
  return values;
}

SeriesBatch Batch(std::vector<double> values) {
  SeriesBatch batch;
  for (size_t i = 0; i < values.size() / kChannels; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 5'000'000);
  }
  batch.values = std::move(values);
  return batch;
}

std::vector<uint8_t> LearnedFrom(uint64_t seed) {
  const std::vector<std::vector<double>> recordings = {Recorded(seed, 6000)};
  const auto bytes = LearnSeriesProfile(recordings, kChannels);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or(std::vector<uint8_t>{});
}

SeriesProfile Profile(uint64_t seed) {
  return *SeriesProfile::Parse(LearnedFrom(seed));
}

void ExpectSameBits(const std::vector<double>& decoded,
                    const std::vector<double>& given) {
  ASSERT_EQ(decoded.size(), given.size());
  for (size_t i = 0; i < given.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint64_t>(decoded[i]),
              std::bit_cast<uint64_t>(given[i]))
        << i;
  }
}

TEST(SeriesProfileTest, MakesBlocksSmallerAndIsNeededToReadThem) {
  const SeriesProfile profile = Profile(1);
  const SeriesBatch batch = Batch(Recorded(2, 200));
  const auto plain = EncodeSeriesBlock(batch, kChannels);
  const auto block =
      EncodeSeriesBlock(batch, kChannels, {.profile = &profile, .bounds = {}});
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_LT(block->size(), plain->size());
  EXPECT_EQ(NamesOfSeriesBlock(*block).profile, profile.id());
  EXPECT_EQ(NamesOfSeriesBlock(*plain).profile, 0u);
  const auto decoded = DecodeSeriesBlock(*block, &profile);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->batch.time_ns, batch.time_ns);
  ExpectSameBits(decoded->batch.values, batch.values);

  const auto without = DecodeSeriesBlock(*block).status();
  EXPECT_EQ(without.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(without.message().find("none was given"), std::string::npos);
  const SeriesProfile other = Profile(3);
  EXPECT_EQ(DecodeSeriesBlock(*block, &other).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(SeriesProfileTest, SaysWhatItWasLearnedOf) {
  const SeriesMetadata phone = {
      {{"a", "m/s2"}, {"b", "m/s2"}, {"c", "Cel"}}, "phone 7", "", ""};
  const std::vector<std::vector<double>> recordings = {Recorded(1, 6000)};
  const auto bytes = LearnSeriesProfile(recordings, phone);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto profile = SeriesProfile::Parse(*bytes);
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->metadata(), phone);
  EXPECT_EQ(profile->metadata_id(),
            SeriesMetadataId(*EncodeSeriesMetadata(phone)));
  EXPECT_NE(profile->id(), Profile(1).id()) << "of the same numbers";
  SeriesMetadata longer_name = phone;
  longer_name.device = "phone 8";
  const auto other = LearnSeriesProfile(recordings, longer_name);
  EXPECT_NE(SeriesProfile::Parse(*other)->id(), profile->id());
}

TEST(SeriesProfileTest, BlocksNameWhatTheSeriesIsUnlessTheProfileDoes) {
  const SeriesMetadata phone = {
      {{"a", ""}, {"b", ""}, {"c", ""}}, "phone 7", "", ""};
  const std::vector<std::vector<double>> recordings = {Recorded(1, 6000)};
  const auto profile =
      *SeriesProfile::Parse(*LearnSeriesProfile(recordings, phone));
  const SeriesBatch batch = Batch(Recorded(2, 200));
  const uint32_t id = profile.metadata_id();

  SeriesCoding coding = {.profile = &profile, .metadata = id, .bounds = {}};
  const auto implied = *EncodeSeriesBlock(batch, kChannels, coding);
  EXPECT_EQ(DecodeSeriesBlock(implied, &profile)->metadata, id);
  coding.metadata = 0;
  EXPECT_EQ(*EncodeSeriesBlock(batch, kChannels, coding), implied);

  coding.metadata = id + 1;
  const auto named = *EncodeSeriesBlock(batch, kChannels, coding);
  EXPECT_EQ(named.size(), implied.size() + 4);
  EXPECT_EQ(NamesOfSeriesBlock(named).profile, profile.id());
  const auto decoded = DecodeSeriesBlock(named, &profile);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->metadata, id + 1);
  ExpectSameBits(decoded->batch.values, batch.values);

  coding.profile = nullptr;
  EXPECT_EQ(
      DecodeSeriesBlock(*EncodeSeriesBlock(batch, kChannels, coding))->metadata,
      id + 1);
}

TEST(SeriesProfileTest, KeepsWhatIsOffItsGrids) {
  const SeriesProfile profile = Profile(1);
  std::vector<double> values = Recorded(2, 200);
  values[10] = std::nan("7");
  values[11] = -0.0;
  values[300] = std::numeric_limits<double>::infinity();
  const SeriesBatch few = Batch(values);
  const auto block =
      EncodeSeriesBlock(few, kChannels, {.profile = &profile, .bounds = {}});
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_EQ(NamesOfSeriesBlock(*block).profile, profile.id());
  ExpectSameBits(DecodeSeriesBlock(*block, &profile)->batch.values, values);

  for (double& value : values) value = std::sqrt(std::abs(value) + 2);
  const SeriesBatch many = Batch(values);
  const auto off =
      EncodeSeriesBlock(many, kChannels, {.profile = &profile, .bounds = {}});
  ASSERT_TRUE(off.ok()) << off.status();
  EXPECT_EQ(NamesOfSeriesBlock(*off).profile, 0u);
  ExpectSameBits(DecodeSeriesBlock(*off)->batch.values, values);
}

TEST(SeriesProfileTest, DamageOfAnyByteIsAnError) {
  const std::vector<uint8_t> bytes = LearnedFrom(1);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::vector<uint8_t> damaged = bytes;
    damaged[i] ^= 0x21;
    EXPECT_EQ(SeriesProfile::Parse(damaged).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
    damaged = bytes;
    damaged.resize(i);
    EXPECT_FALSE(SeriesProfile::Parse(damaged).ok()) << i;
  }
}

TEST(SeriesProfileTest, NamesAChannelOnNoGrid) {
  std::mt19937_64 random(5);
  std::vector<double> values = Recorded(1, 500);
  for (size_t i = 1; i < values.size(); i += kChannels) {
    values[i] = static_cast<double>(random()) / 3e18;
  }
  const std::vector<std::vector<double>> recordings = {values};
  const auto status = LearnSeriesProfile(recordings, kChannels).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("channel 1"), std::string::npos) << status;
  EXPECT_FALSE(LearnSeriesProfile(recordings, 0).ok());
  EXPECT_FALSE(LearnSeriesProfile(recordings, 13).ok());
}

}  // namespace
}  // namespace fovea
