// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/series_sensitivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

bool Same(const SeriesSensitivity& a, const SeriesSensitivity& b) {
  return a.channels == b.channels && a.rate_hz == b.rate_hz &&
         a.window == b.window && a.windows == b.windows &&
         a.edges_hz == b.edges_hz && a.energy == b.energy &&
         a.models == b.models;
}

absl::StatusOr<SeriesSensitivity> Parse(const std::string& text) {
  return ParseSeriesSensitivity("walk.bands", text, CodecLimits());
}

class SeriesSensitivityTest : public ::testing::Test {
 protected:
  SeriesSensitivityTest() {
    small_.channels = {{"gyro_x", "rad/s"}, {"accel x", ""}};
    small_.rate_hz = 50;
    small_.window = 128;
    small_.windows = 412;
    small_.edges_hz = {0, 12.5, 25};
    small_.energy = {0.25, 1e-9, 0, 3};
    small_.models = {{"har", {0xab, 0x01}}};
  }

  static std::string TextOf(const SeriesSensitivity& sensitivity) {
    const auto text = SeriesSensitivityText(sensitivity);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.ok() ? *text : "";
  }

  static void CheckRoundTrip(const SeriesSensitivity& sensitivity) {
    const std::string text = TextOf(sensitivity);
    const auto read = Parse(text);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << text;
    EXPECT_TRUE(Same(*read, sensitivity)) << text;
    EXPECT_EQ(TextOf(*read), text);
  }

  void ExpectUnwritable(const std::string& what) const {
    const absl::Status status = SeriesSensitivityText(small_).status();
    EXPECT_EQ(status.code(), kInvalid);
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  }

  // That the small file with `from` replaced is refused at `line`.
  void ExpectRefused(const std::string& from, const std::string& to,
                     const std::string& line, const std::string& what) const {
    std::string text = TextOf(small_);
    const size_t at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    const absl::Status status = Parse(text).status();
    EXPECT_EQ(status.code(), kInvalid) << text;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("walk.bands: " + line), HasSubstr(what)));
  }

  SeriesSensitivity small_;
};

TEST_F(SeriesSensitivityTest, LooksAsItIsDrawn) {
  EXPECT_EQ(TextOf(small_),
            "fovea-series-sensitivity 1\n"
            "model ab01" +
                std::string(60, '0') +
                " har\n"
                "rate 50\n"
                "window 128\n"
                "windows 412\n"
                "edges 0 12.5 25\n"
                "channel gyro_x\n"
                "unit rad/s\n"
                "energy 0.25 1e-09\n"
                "channel accel x\n"
                "unit \n"
                "energy 0 3\n"
                "end\n");
  CheckRoundTrip(small_);
}

TEST_F(SeriesSensitivityTest, KeepsEveryValueToTheBit) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> draw(-8, 12);
  for (size_t channels = 1; channels <= 64; channels = channels * 2 + 1) {
    for (size_t bands = 1; bands <= 256; bands *= 4) {
      SeriesSensitivity drawn;
      drawn.rate_hz = draw(random) + 1;
      drawn.window = static_cast<int>(bands + random() % 1000);
      drawn.windows = 1 + static_cast<int64_t>(random() >> 2);
      drawn.edges_hz = {0};
      for (size_t b = 0; b < bands; ++b) {
        drawn.edges_hz.push_back(drawn.edges_hz.back() + 0.1 + draw(random));
      }
      for (size_t c = 0; c < channels; ++c) {
        drawn.channels.push_back({"channel " + std::to_string(c), "m/s²"});
      }
      for (size_t i = 0; i < channels * bands; ++i) {
        drawn.energy.push_back(i % 7 == 0 ? 0 : draw(random));
      }
      drawn.models.resize(channels % 17);
      for (ModelId& model : drawn.models) {
        model.name = "a model of " + std::to_string(random());
        for (uint8_t& byte : model.digest) {
          byte = static_cast<uint8_t>(random());
        }
      }
      CheckRoundTrip(drawn);
    }
  }
}

TEST_F(SeriesSensitivityTest, KeepsTheEndsOfTheRange) {
  small_.energy = {std::numeric_limits<double>::denorm_min(),
                   std::numeric_limits<double>::max(), 0,
                   std::numeric_limits<double>::min()};
  small_.windows = INT64_MAX;
  small_.models.clear();
  CheckRoundTrip(small_);
}

TEST_F(SeriesSensitivityTest, LineEndsMayBeWindows) {
  std::string text = TextOf(small_);
  for (size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) {
    text.insert(at, "\r");
  }
  const auto read = Parse(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(Same(*read, small_));
}

TEST_F(SeriesSensitivityTest, NoTruncationGoesUnnoticed) {
  const std::string text = TextOf(small_);
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_EQ(Parse(text.substr(0, size)).status().code(), kInvalid) << size;
  }
}

TEST_F(SeriesSensitivityTest, SaysWhatIsWrongWhere) {
  ExpectRefused("fovea-series-sensitivity 1", "FOVEASEN", "line 1",
                "expected 'fovea-series-sensitivity 1', found 'FOVEASEN'");
  ExpectRefused("ivity 1", "ivity 2", "line 1", "found");
  ExpectRefused("model ab", "model xb", "line 2", "hexadecimal");
  ExpectRefused(" har", "", "line 2", "a name");
  ExpectRefused("rate 50", "rate fast", "line 3", "'rate fast'");
  ExpectRefused("rate 50\n", "", "line 3", "expected 'rate'");
  ExpectRefused("window 128", "window 65537", "line 4", "1 to 65536");
  ExpectRefused("windows 412", "windows 0", "line 5", "'windows 0'");
  ExpectRefused("edges 0 12.5 25", "edges 0 25 12.5", "line 6", "rise");
  ExpectRefused("edges 0 12.5 25", "edges 1 12.5 25", "line 6", "rise");
  ExpectRefused("edges 0 12.5 25", "edges", "line 6", "bands");
  ExpectRefused("unit rad/s\n", "", "line 8", "expected 'unit'");
  ExpectRefused("energy 0.25 1e-09", "energy 0.25", "line 9", "2 energies");
  ExpectRefused("energy 0.25", "energy 1 0.25", "line 9", "at most 2");
  ExpectRefused("energy 0.25", "energy nan", "line 9", "'energy nan");
  ExpectRefused("end\n", "", "line 12", "the file's end");
  ExpectRefused("end\n", "end\nrate 50\n", "line 14", "nothing after");
  ExpectRefused("rate 50", "rate -1", "", "expected a rate above 0");
  ExpectRefused("energy 0.25", "energy -1", "", "energies of 0 or more");
  ExpectRefused("channel gyro_x", "channel", "", "channel 0");
}

TEST_F(SeriesSensitivityTest, LimitsHold) {
  std::string text = TextOf(small_);
  const std::string model = text.substr(text.find("model"), 75);
  text.insert(text.find("model"), model + model);
  CodecLimits limits;
  limits.max_models = 2;
  EXPECT_THAT(
      std::string(ParseSeriesSensitivity("a", text, limits).status().message()),
      HasSubstr("line 4: expected at most 2 models"));
  limits = CodecLimits();
  limits.max_series_channels = 1;
  EXPECT_THAT(
      std::string(ParseSeriesSensitivity("a", text, limits).status().message()),
      HasSubstr("at most 1 channels"));
  limits = CodecLimits();
  limits.max_series_sensitivity_bytes = text.size() - 1;
  EXPECT_EQ(ParseSeriesSensitivity("a", text, limits).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(SeriesSensitivityTest, WhatCannotBeReadIsNotWritten) {
  small_.energy[1] = std::numeric_limits<double>::quiet_NaN();
  ExpectUnwritable("energies");
  small_.energy[1] = -1;
  ExpectUnwritable("energies");
  small_.energy.pop_back();
  ExpectUnwritable("expected 4 energies, found 3");
  small_.windows = 0;
  ExpectUnwritable("window");
  small_.channels[1].name = "accel\nx";
  ExpectUnwritable("channel 1");
  small_.channels[1] = {std::string(256, 'a'), ""};
  ExpectUnwritable("channel 1");
  small_.channels.resize(65, {"a", ""});
  ExpectUnwritable("65");
}

TEST_F(SeriesSensitivityTest, AModelsNameIsOneLine) {
  small_.models[0].name = "two\nlines";
  ExpectUnwritable("model 0");
}

}  // namespace
}  // namespace fovea
