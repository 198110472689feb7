// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/sensitivity_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/damage.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr double kSixteenthOctave = 1.0443;

class SensitivityFileTest : public ::testing::Test {
 protected:
  SensitivityFileTest() {
    info_.width = 100;
    info_.height = 50;
    info_.models = {{"detector", {1, 2, 3}}, {"segmenter", {9}}};
  }

  // Log-normal values, as gradients have them, some of them zero.
  std::vector<double> Draw(size_t count) {
    std::lognormal_distribution<double> draw(-12, 3);
    std::vector<double> values(count);
    for (double& value : values) value = random_() % 20 ? draw(random_) : 0;
    return values;
  }

  SensitivityFrame DrawFrame(int64_t index) {
    SensitivityFrame frame;
    frame.index = index;
    const auto count = static_cast<size_t>(info_.columns() * info_.rows());
    for (size_t i = 0; i < static_cast<size_t>(info_.planes); ++i) {
      frame.plane[i] = Draw(count);
    }
    if (info_.frequencies) {
      frame.frequency.emplace();
      for (auto& plane : *frame.frequency) {
        const std::vector<double> values = Draw(plane.size());
        std::copy(values.begin(), values.end(), plane.begin());
      }
    }
    return frame;
  }

  void Write(const std::vector<SensitivityFrame>& frames) {
    bytes_.clear();
    const auto writer = SensitivityWriter::Create(info_, &bytes_);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (const SensitivityFrame& frame : frames) {
      const absl::Status added = (*writer)->Add(frame, &bytes_);
      ASSERT_TRUE(added.ok()) << added;
    }
    (*writer)->Finish(&bytes_);
  }

  static absl::StatusOr<std::vector<SensitivityFrame>> Read(
      const std::vector<uint8_t>& bytes) {
    auto reader = SensitivityReader::Open("s.fsen", bytes, CodecLimits());
    if (!reader.ok()) return reader.status();
    std::vector<SensitivityFrame> frames;
    while (true) {
      auto frame = (*reader)->Next();
      if (!frame.ok()) return frame.status();
      if (!frame->has_value()) return frames;
      frames.push_back(**std::move(frame));
    }
  }

  static void ExpectNear(const std::vector<double>& wanted,
                         const std::vector<double>& found) {
    ASSERT_EQ(wanted.size(), found.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] == 0) {
        EXPECT_EQ(found[i], 0) << i;
      } else {
        EXPECT_LE(found[i] / wanted[i], kSixteenthOctave) << i;
        EXPECT_LE(wanted[i] / found[i], kSixteenthOctave) << i;
      }
    }
  }

  static void ExpectNear(const SensitivityFrame& wanted,
                         const SensitivityFrame& found) {
    EXPECT_EQ(wanted.index, found.index);
    for (size_t i = 0; i < 3; ++i) ExpectNear(wanted.plane[i], found.plane[i]);
    ASSERT_EQ(wanted.frequency.has_value(), found.frequency.has_value());
    for (size_t i = 0; wanted.frequency && i < 3; ++i) {
      const auto& plane = (*wanted.frequency)[i];
      const auto& other = (*found.frequency)[i];
      ExpectNear(std::vector<double>(plane.begin(), plane.end()),
                 std::vector<double>(other.begin(), other.end()));
    }
  }

  void CheckRoundTrip(const std::vector<SensitivityFrame>& frames) {
    Write(frames);
    const auto found = Read(bytes_);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->size(), frames.size());
    for (size_t i = 0; i < frames.size(); ++i) {
      ExpectNear(frames[i], (*found)[i]);
    }
  }

  SensitivityInfo info_;
  std::vector<uint8_t> bytes_;
  std::mt19937 random_{11};
};

TEST_F(SensitivityFileTest, KeepsFramesOfEveryKind) {
  for (const int planes : {1, 3}) {
    for (const bool frequencies : {false, true}) {
      info_.planes = planes;
      info_.frequencies = frequencies;
      CheckRoundTrip({DrawFrame(0), DrawFrame(1), DrawFrame(17)});
      CheckRoundTrip({});
    }
  }
}

TEST_F(SensitivityFileTest, KeepsEverySizeAroundBlockBorders) {
  for (info_.width = 1; info_.width < 50; ++info_.width) {
    info_.height = 50 - info_.width;
    CheckRoundTrip({DrawFrame(3)});
  }
}

TEST_F(SensitivityFileTest, KeepsTheHeader) {
  info_.unit = SensitivityUnit::kRelative;
  info_.planes = 3;
  Write({});
  const auto reader = SensitivityReader::Open("s", bytes_, CodecLimits());
  ASSERT_TRUE(reader.ok()) << reader.status();
  const SensitivityInfo& found = (*reader)->info();
  EXPECT_EQ(found.width, 100);
  EXPECT_EQ(found.height, 50);
  EXPECT_EQ(found.planes, 3);
  EXPECT_EQ(found.unit, SensitivityUnit::kRelative);
  EXPECT_EQ(found.models, info_.models);
}

TEST_F(SensitivityFileTest, KeepsValuesOfEveryMagnitude) {
  SensitivityFrame frame = DrawFrame(0);
  for (double value = 1e-300; value < 1e300; value *= 1e10) {
    std::fill(frame.plane[0].begin(), frame.plane[0].end(), value);
    CheckRoundTrip({frame});
  }
}

TEST_F(SensitivityFileTest, RaisesWhatIsFarBelowTheLargest) {
  SensitivityFrame frame = DrawFrame(0);
  frame.plane[0][0] = 1;
  frame.plane[0][1] = 1e-30;
  Write({frame});
  const auto found = Read(bytes_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_GT((*found)[0].plane[0][1], 1e-10 / 8);
  EXPECT_LT((*found)[0].plane[0][1], 1e-9);
}

TEST_F(SensitivityFileTest, CostsAboutAByteAMacroblockOrLess) {
  info_.width = 1280;
  info_.height = 720;
  Write({DrawFrame(0)});
  EXPECT_LT(bytes_.size(), 4000U);  // pure noise
}

TEST_F(SensitivityFileTest, WriterRefusesWhatNoSensitivityIs) {
  const auto writer = SensitivityWriter::Create(info_, &bytes_);
  const std::vector<uint8_t> before = bytes_;
  const double bad_values[] = {-1e-9, std::nan(""),
                               std::numeric_limits<double>::infinity()};
  for (const double bad : bad_values) {
    SensitivityFrame frame = DrawFrame(0);
    frame.plane[0][5] = bad;
    EXPECT_EQ((*writer)->Add(frame, &bytes_).code(), kInvalid) << bad;
  }
  SensitivityFrame frame = DrawFrame(0);
  frame.plane[0].pop_back();
  EXPECT_EQ((*writer)->Add(frame, &bytes_).code(), kInvalid);
  frame = DrawFrame(0);
  frame.plane[1] = frame.plane[0];
  EXPECT_EQ((*writer)->Add(frame, &bytes_).code(), kInvalid);
  frame = DrawFrame(0);
  frame.frequency.emplace();
  EXPECT_EQ((*writer)->Add(frame, &bytes_).code(), kInvalid);
  EXPECT_EQ((*writer)->Add(DrawFrame(-1), &bytes_).code(), kInvalid);
  EXPECT_EQ(bytes_, before);
  EXPECT_TRUE((*writer)->Add(DrawFrame(4), &bytes_).ok());
  EXPECT_EQ((*writer)->Add(DrawFrame(4), &bytes_).code(), kInvalid);
}

TEST_F(SensitivityFileTest, WriterRefusesHeadersBeyondTheLimits) {
  const SensitivityInfo good = info_;
  const auto refused = [&] {
    return SensitivityWriter::Create(info_, &bytes_).status().code() ==
           kInvalid;
  };
  info_.width = 0;
  EXPECT_TRUE(refused());
  info_.width = 16385;
  EXPECT_TRUE(refused());
  info_ = good;
  info_.planes = 2;
  EXPECT_TRUE(refused());
  info_ = good;
  info_.unit = SensitivityUnit::kNone;
  EXPECT_TRUE(refused());
  info_ = good;
  info_.models.resize(17);
  EXPECT_TRUE(refused());
  info_ = good;
  info_.models[0].name = "two\nlines";
  EXPECT_TRUE(refused());
}

TEST_F(SensitivityFileTest, ReaderRefusesEveryTruncation) {
  info_.frequencies = true;
  info_.width = info_.height = 32;
  Write({DrawFrame(0), DrawFrame(5)});
  const std::string text(bytes_.begin(), bytes_.end());
  testing::ForEachTruncation(text, [](const std::string& cut) {
    const auto found = Read({cut.begin(), cut.end()});
    EXPECT_EQ(found.status().code(), kDataLoss) << cut.size();
    EXPECT_THAT(std::string(found.status().message()),
                StartsWith("s.fsen: offset "));
  });
}

TEST_F(SensitivityFileTest, ReaderRefusesEveryChangedByte) {
  info_.width = info_.height = 32;
  Write({DrawFrame(0)});
  const std::string text(bytes_.begin(), bytes_.end());
  testing::ForEachByteChange(text, [](const std::string& changed) {
    EXPECT_EQ(Read({changed.begin(), changed.end()}).status().code(),
              kDataLoss);
  });
}

TEST_F(SensitivityFileTest, ReaderTellsAFileThatWasNotFinished) {
  const auto writer = SensitivityWriter::Create(info_, &bytes_);
  ASSERT_TRUE((*writer)->Add(DrawFrame(0), &bytes_).ok());
  const auto reader = SensitivityReader::Open("s", bytes_, CodecLimits());
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE((*reader)->Next().ok());
  const auto none = (*reader)->Next();
  EXPECT_EQ(none.status().code(), kDataLoss);
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("end mark"));
  EXPECT_EQ((*reader)->Next().status(), none.status());
}

TEST_F(SensitivityFileTest, ReaderKeepsToTheLimits) {
  Write({DrawFrame(1000)});
  CodecLimits limits;
  limits.max_frame_index = 999;
  const auto reader = SensitivityReader::Open("s", bytes_, limits);
  EXPECT_EQ((*reader)->Next().status().code(), kDataLoss);
  limits = CodecLimits();
  limits.max_side = 99;
  EXPECT_FALSE(SensitivityReader::Open("s", bytes_, limits).ok());
  limits = CodecLimits();
  limits.max_models = 1;
  EXPECT_FALSE(SensitivityReader::Open("s", bytes_, limits).ok());
}

TEST(PerMacroblockTest, WeighsPlanesBySamples) {
  SensitivityInfo info;
  SensitivityFrame frame;
  frame.plane = {std::vector<double>{1, 2}, {4, 8}, {12, 0}};
  EXPECT_EQ(PerMacroblock(info, frame), (std::vector<double>{1, 2}));
  info.planes = 3;
  EXPECT_EQ(PerMacroblock(info, frame), (std::vector<double>{5, 4}));
}

}  // namespace
}  // namespace fovea
