// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the numbers of a series are: there and back, cut, damaged, compared.

#include "codec/series_metadata.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"

namespace fovea {
namespace {

SeriesMetadata Phone() {
  return {{{"accel_x", "m/s2"}, {"accel_y", "m/s2"}, {"heat", ""}},
          "phone 7",
          "x right, y up",
          "imu0.yaml"};
}

// A phone's table: of two columns it is known how they were written.
SeriesMetadata Written() {
  SeriesMetadata metadata = Phone();
  metadata.rules = {
      PrintRule{PrintDigits::kDecimals, 3, PrintNotation::kPlain, true, false},
      std::nullopt, PrintRule{}};
  return metadata;
}

absl::StatusCode EncodeCode(const SeriesMetadata& metadata) {
  return EncodeSeriesMetadata(metadata).status().code();
}

TEST(SeriesMetadataTest, ComesBackAsItWas) {
  for (const SeriesMetadata& metadata :
       {Phone(), Written(), SeriesMetadata{{{"", ""}}, "", "", ""},
        SeriesMetadata{
            std::vector<Channel>(kMaxSeriesChannels,
                                 {std::string(kMaxSeriesTextBytes, 'n'),
                                  std::string(kMaxSeriesTextBytes, 'u')}),
            std::string(kMaxSeriesTextBytes, 'd'),
            std::string(kMaxSeriesTextBytes, 'a'),
            std::string(kMaxSeriesTextBytes, 'c')}}) {
    const auto bytes = EncodeSeriesMetadata(metadata);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_LE(bytes->size(), kMaxSeriesMetadataBytes);
    EXPECT_NE(SeriesMetadataId(*bytes), 0u);
    const auto again = ParseSeriesMetadata(*bytes);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, metadata);
  }
}

TEST(SeriesMetadataTest, AnyDamageIsAnError) {
  const auto bytes = *EncodeSeriesMetadata(Written());
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(ParseSeriesMetadata(std::span(bytes).first(i)).ok()) << i;
    for (const uint8_t mask : {uint8_t{1}, uint8_t{0x80}, uint8_t{0xff}}) {
      auto damaged = bytes;
      damaged[i] ^= mask;
      EXPECT_EQ(ParseSeriesMetadata(damaged).status().code(),
                absl::StatusCode::kDataLoss)
          << i;
    }
  }
  EXPECT_FALSE(
      ParseSeriesMetadata(std::vector<uint8_t>(kMaxSeriesMetadataBytes + 1))
          .ok());
}

TEST(SeriesMetadataTest, RulesAreOfSomeChannels) {
  SeriesMetadata metadata = Phone();
  metadata.rules.resize(3);
  EXPECT_EQ(*EncodeSeriesMetadata(metadata), *EncodeSeriesMetadata(Phone()));
  EXPECT_EQ((*EncodeSeriesMetadata(Phone()))[0], 1);
  SeriesInfo series;
  series.channels = Phone().channels;
  series.rules.resize(3);
  EXPECT_TRUE(MetadataOf(series).rules.empty());
  series.rules = Written().rules;
  EXPECT_EQ(MetadataOf(series).rules, Written().rules);
  metadata.rules = {PrintRule{}};
  EXPECT_EQ(EncodeCode(metadata), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(CheckSameDevice(Written(), Phone()).ok());

  // The rules' varint and the head of the first, under checksums that fit.
  const auto sound = *EncodeSeriesMetadata(Written());
  const size_t rules = sound.size() - 4 - 5;
  for (const auto& [at, byte] : {std::pair<size_t, uint8_t>{rules, 0},
                                 {rules, 8},
                                 {rules, 7},
                                 {rules + 1, 0xff},
                                 {rules + 2, 21}}) {
    auto bytes = sound;
    bytes.erase(bytes.end() - 4, bytes.end());
    bytes[at] = byte;
    PutU32(imu::Crc32c(bytes.data(), bytes.size()), &bytes);
    EXPECT_EQ(ParseSeriesMetadata(bytes).status().code(),
              absl::StatusCode::kDataLoss)
        << at << ": " << int{byte};
  }
}

TEST(SeriesMetadataTest, LimitsHold) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(EncodeCode({}), kInvalid);
  SeriesMetadata wide = Phone();
  wide.channels.resize(kMaxSeriesChannels + 1);
  EXPECT_EQ(EncodeCode(wide), kInvalid);
  SeriesMetadata wordy = Phone();
  wordy.calibration = std::string(kMaxSeriesTextBytes + 1, 'x');
  EXPECT_EQ(EncodeCode(wordy), kInvalid);
  wordy = Phone();
  wordy.channels[1].unit = std::string(kMaxSeriesTextBytes + 1, 'x');
  EXPECT_EQ(EncodeCode(wordy), kInvalid);
}

TEST(SeriesMetadataTest, OtherChannelsOrAnotherDeviceAreTold) {
  const SeriesMetadata phone = Phone();
  EXPECT_TRUE(CheckSameDevice(phone, phone).ok());

  SeriesMetadata other = phone;
  other.device = "phone 8";
  const absl::Status device = CheckSameDevice(phone, other);
  EXPECT_EQ(device.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(device.ToString().find("'phone 7', expected 'phone 8'"),
            std::string::npos)
      << device;
  other.device = "";
  EXPECT_TRUE(CheckSameDevice(phone, other).ok()) << "unknown";
  EXPECT_TRUE(CheckSameDevice(other, phone).ok()) << "unknown";

  other = phone;
  std::swap(other.channels[0], other.channels[1]);
  const absl::Status channels = CheckSameDevice(phone, other);
  EXPECT_NE(channels.ToString().find("accel_x [m/s2]"), std::string::npos)
      << channels;
  other = phone;
  other.channels.pop_back();
  EXPECT_FALSE(CheckSameDevice(phone, other).ok());

  SeriesMetadata nameless;
  nameless.channels.resize(3);
  EXPECT_TRUE(CheckSameDevice(nameless, phone).ok());
  EXPECT_FALSE(CheckSameDevice(phone, nameless).ok());
  nameless.channels.resize(2);
  EXPECT_FALSE(CheckSameDevice(nameless, phone).ok());
}

}  // namespace
}  // namespace fovea
