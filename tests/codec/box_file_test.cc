// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/box_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kHeader[] = "frame,left,top,right,bottom\n";

absl::StatusOr<BoxSequence> Parse(const std::string& text) {
  return ParseBoxes("b.csv", text, CodecLimits());
}

void ExpectFault(const std::string& text, int line, const std::string& what) {
  const auto boxes = Parse(text);
  ASSERT_FALSE(boxes.ok()) << text;
  EXPECT_EQ(boxes.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(boxes.status().message());
  EXPECT_THAT(message, HasSubstr("b.csv: line " + std::to_string(line) + ": "));
  EXPECT_THAT(message, HasSubstr(what));
}

TEST(BoxFileTest, ReadsColumnsInAnyOrder) {
  const auto boxes = Parse(
      "\xef\xbb\xbf"
      "score, bottom,right,top,left,frame,track,label\r\n"
      "0.5,40,30,20,10,3,x,\"car, \"\"red\"\"\"\r\n");
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  ASSERT_THAT(boxes->frames, SizeIs(1));
  const ScoredBox wanted{{10, 20, 30, 40}, 0.5F, "car, \"red\""};
  EXPECT_THAT(boxes->frames.at(3), ElementsAre(wanted));
}

TEST(BoxFileTest, ReadsFilesOfBoxesAlone) {
  const auto boxes = Parse(std::string("# of a detector\n") + kHeader +
                           "7,-1.5,0,1e2,5\n\n2,0,0,1,1\n7,1,1,2,2\n");
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  EXPECT_THAT(boxes->frames.at(7), SizeIs(2));
  EXPECT_EQ(boxes->frames.at(7)[0].score, 1);
  EXPECT_EQ(boxes->frames.at(7)[0].box, (Box{-1.5F, 0, 100, 5}));
}

TEST(BoxFileTest, HoldsBoxesAsLongAsAsked) {
  const auto boxes = Parse(std::string(kHeader) + "4,0,0,1,1\n8,0,0,2,2\n");
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  EXPECT_THAT(boxes->At(3, 9, 0), IsEmpty());
  EXPECT_THAT(boxes->At(4, 0, 0), ElementsAre(Box{0, 0, 1, 1}));
  EXPECT_THAT(boxes->At(5, 0, 0), IsEmpty());
  EXPECT_THAT(boxes->At(6, 2, 0), ElementsAre(Box{0, 0, 1, 1}));
  EXPECT_THAT(boxes->At(7, 2, 0), IsEmpty());
  EXPECT_THAT(boxes->At(8, 2, 0), ElementsAre(Box{0, 0, 2, 2}));
}

TEST(BoxFileTest, LeavesOutLowScores) {
  const auto boxes = Parse(
      "frame,left,top,right,bottom,score\n1,0,0,1,1,0.3\n1,0,0,2,2,0.1\n");
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  EXPECT_THAT(boxes->At(1, 0, 0.2F), ElementsAre(Box{0, 0, 1, 1}));
}

TEST(BoxFileTest, NamesTheLineOfEveryFault) {
  const std::string header = kHeader;
  ExpectFault("", 0, "found nothing");
  ExpectFault("# nothing\n", 1, "found nothing");
  ExpectFault("0,1,2,3,4\n", 1, "column 'frame'");
  ExpectFault("frame,left,top,width,height\n", 1, "column 'right'");
  ExpectFault("frame,left,left,top,right,bottom\n", 1, "comes twice");
  ExpectFault(header + "1,2,3,4\n", 2, "5 fields, found 4");
  ExpectFault(header + "-1,2,3,4,5\n", 2, "found '-1'");
  ExpectFault(header + "1.5,2,3,4,5\n", 2, "found '1.5'");
  ExpectFault(header + "1,nan,3,4,5\n", 2, "as left, found 'nan'");
  ExpectFault(header + "1,2,inf,4,5\n", 2, "as top, found 'inf'");
  ExpectFault(header + "1,2,3,1e30,5\n", 2, "as right");
  ExpectFault(header + "1,2,3,4,\n", 2, "as bottom, found ''");
  ExpectFault(header + "\n1,20,30,10,40\n", 3, "left < right");
  ExpectFault(header + "1,2,3,4,\"5\n", 2, "closed quotes");
  ExpectFault(header + "1,2,3,4,\"5\"6\n", 2, "closed quotes");
}

TEST(BoxFileTest, KeepsToTheLimits) {
  constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;
  const std::string text = std::string(kHeader) + "1,0,0,1,1\n2,0,0,1,1\n";
  CodecLimits limits;
  limits.max_boxes = 1;
  EXPECT_EQ(ParseBoxes("b", text, limits).status().code(), kExhausted);
  limits = CodecLimits();
  limits.max_map_frames = 1;
  EXPECT_EQ(ParseBoxes("b", text, limits).status().code(), kExhausted);
  limits = CodecLimits();
  limits.max_text_line_bytes = 8;
  EXPECT_EQ(ParseBoxes("b", text, limits).status().code(), kExhausted);
}

TEST(BoxFileTest, ReadsBackWhatItWrites) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> draw(-100, 3000);
  const std::string labels[] = {"", "car", "a, b", "\"q\"", " x ", "#1"};
  for (int round = 0; round < 50; ++round) {
    BoxSequence sequence;
    for (auto i = random() % 30; i > 0; --i) {
      const float left = draw(random), top = draw(random);
      sequence.frames[random() % 10].push_back(
          {{left, top, left + 1 + draw(random) / 2 + 60, top + 51.5F},
           draw(random) / 3000,
           labels[random() % 6]});
    }
    const auto found = Parse(BoxesText(sequence));
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->frames, sequence.frames);
  }
}

}  // namespace
}  // namespace fovea
