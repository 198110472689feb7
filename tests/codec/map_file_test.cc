// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/map_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTwoMaps[] =
    "# by hand\n"
    "fovea-map 1 3 2\n"
    "\n"
    "frame 4   # the gate opens\r\n"
    "0 2 18\n"
    "\t4  4 4\n"
    "frame 9\n"
    "0 0 0\n"
    "0 0 0";

absl::StatusOr<MapSequence> Parse(const std::string& text) {
  return ParseMaps("m.txt", text, CodecLimits());
}

void ExpectFault(const std::string& text, int line, const std::string& what) {
  const auto maps = Parse(text);
  ASSERT_FALSE(maps.ok()) << text;
  EXPECT_EQ(maps.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(maps.status().message());
  EXPECT_THAT(message, HasSubstr("m.txt: line " + std::to_string(line) + ": "));
  EXPECT_THAT(message, HasSubstr(what));
}

TEST(MapFileTest, ReadsWhatAPersonWrites) {
  const auto maps = Parse(kTwoMaps);
  ASSERT_TRUE(maps.ok()) << maps.status();
  EXPECT_EQ(maps->columns, 3);
  EXPECT_EQ(maps->rows, 2);
  ASSERT_EQ(maps->maps.size(), 2U);
  EXPECT_THAT(maps->maps.at(4).qp_offset, ElementsAre(0, 2, 18, 4, 4, 4));
}

TEST(MapFileTest, HoldsAMapUntilTheNext) {
  const auto maps = Parse(kTwoMaps);
  ASSERT_TRUE(maps.ok()) << maps.status();
  EXPECT_EQ(maps->At(0), nullptr);
  EXPECT_EQ(maps->At(3), nullptr);
  EXPECT_EQ(maps->At(4), &maps->maps.at(4));
  EXPECT_EQ(maps->At(8), &maps->maps.at(4));
  EXPECT_EQ(maps->At(9), &maps->maps.at(9));
  EXPECT_EQ(maps->At(1'000'000), &maps->maps.at(9));
}

TEST(MapFileTest, NamesTheLineOfEveryFault) {
  ExpectFault("", 0, "fovea-map");
  ExpectFault("map 1 2 3", 1, "found 'map'");
  ExpectFault("fovea-map 2 2 3", 1, "version 1, found '2'");
  ExpectFault("fovea-map 1 0 3", 1, "found '0 3'");
  ExpectFault("fovea-map 1 2000 3", 1, "1 to 1024");
  ExpectFault("fovea-map 1 2 1\n0 0", 2, "before the first row");
  ExpectFault("fovea-map 1 2 1\nframe -1", 2, "found 'frame -1'");
  ExpectFault("fovea-map 1 2 1\nframe", 2, "found 'frame'");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 0\nframe 3", 4, "from 4");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 0 0", 3, "2 offsets, found 3");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 3", 3, "found '3'");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 20", 3, "found '20'");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 -2", 3, "found '-2'");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 nan", 3, "found 'nan'");
  ExpectFault("fovea-map 1 2 1\nframe 3\n0 0\n0 0", 4, "found more");
  ExpectFault("fovea-map 1 2 2\nframe 3\n0 0\nframe 4", 4, "found 1");
  ExpectFault("fovea-map 1 2 2\nframe 3\n0 0\n", 3, "2 rows of frame 3");
}

TEST(MapFileTest, KeepsToTheLimits) {
  CodecLimits limits;
  limits.max_map_frames = 1;
  EXPECT_EQ(ParseMaps("m", kTwoMaps, limits).status().code(),
            absl::StatusCode::kResourceExhausted);
  limits = CodecLimits();
  limits.max_map_bytes = 6;
  EXPECT_EQ(ParseMaps("m", kTwoMaps, limits).status().code(),
            absl::StatusCode::kResourceExhausted);
  limits = CodecLimits();
  limits.max_text_line_bytes = 10;
  EXPECT_EQ(ParseMaps("m", kTwoMaps, limits).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(MapFileTest, ReadsBackWhatItWrites) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    MapSequence sequence;
    sequence.columns = 1 + static_cast<int>(random() % 20);
    sequence.rows = 1 + static_cast<int>(random() % 20);
    int64_t frame = 0;
    for (auto i = random() % 6; i > 0; --i) {
      QualityMap map{sequence.columns, sequence.rows, {}};
      for (int j = 0; j < map.columns * map.rows; ++j) {
        map.qp_offset.push_back(static_cast<uint8_t>(random() % 10 * 2));
      }
      sequence.maps[frame += 1 + random() % 100] = map;
    }
    const auto found = Parse(MapsText(sequence));
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(MapsText(*found), MapsText(sequence));
    EXPECT_EQ(found->maps.size(), sequence.maps.size());
  }
}

}  // namespace
}  // namespace fovea
