// SPDX-License-Identifier: GPL-2.0-or-later

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "codec/formats/annotations.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Attributes = std::vector<std::pair<std::string, std::string>>;

class CvatTest : public ::testing::Test {
 protected:
  std::string File(const std::string& body, const std::string& head = "") {
    const std::string path = dir_.File("c.xml");
    testing::WriteFileText(path, "<?xml version='1.0'?>\n" + head +
                                     "<annotations>" + body +
                                     "</annotations>\n");
    return path;
  }
  Annotations Read(const std::string& body) {
    auto found = ReadAnnotations(File(body), options_, limits_);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : Annotations();
  }
  void ExpectFaultOf(
      const std::string& path, const std::string& what,
      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    const auto found = ReadAnnotations(path, options_, limits_);
    ASSERT_FALSE(found.ok()) << "expected: " << what;
    EXPECT_EQ(found.status().code(), code) << found.status();
    EXPECT_THAT(std::string(found.status().message()), HasSubstr(what));
    EXPECT_THAT(std::string(found.status().message()), HasSubstr("c.xml: "));
  }
  void ExpectFault(const std::string& body, const std::string& what) {
    ExpectFaultOf(File(body), what);
  }

  // A key frame of a track: a box of 10x10 with its corner at `left`, 0.
  static std::string Key(int frame, int left, bool outside = false,
                         const std::string& inside = "") {
    return "<box frame='" + std::to_string(frame) + "' keyframe='1' outside='" +
           (outside ? "1" : "0") + "' occluded='0' xtl='" +
           std::to_string(left) + "' ytl='0' xbr='" +
           std::to_string(left + 10) + "' ybr='10'>" + inside + "</box>\n";
  }
  static std::string Track(const std::string& keys, int id = 4) {
    return "<track id='" + std::to_string(id) + "' label='car'>\n" + keys +
           "</track>";
  }
  // "frame:left" of all boxes.
  static std::vector<std::pair<uint64_t, float>> Lefts(
      const Annotations& found) {
    std::vector<std::pair<uint64_t, float>> lefts;
    for (const AnnotatedFrame& frame : found.frames) {
      for (const AnnotatedBox& box : frame.boxes) {
        lefts.emplace_back(*frame.index, box.box.left);
      }
    }
    return lefts;
  }

  testing::TempDir dir_;
  AnnotationOptions options_;
  FormatLimits limits_;
};

TEST_F(CvatTest, TracksAreStraightLinesBetweenKeys) {
  const Annotations found =
      Read(Track(Key(2, 0) + Key(6, 8) + Key(7, 100) + Key(9, 0, true)));
  EXPECT_THAT(Lefts(found),
              ElementsAre(Pair(2, 0), Pair(3, 2), Pair(4, 4), Pair(5, 6),
                          Pair(6, 8), Pair(7, 100), Pair(8, 50)));
  EXPECT_EQ(found.frames[0].boxes[0].label, "car");
  EXPECT_EQ(found.frames[0].boxes[0].track, 4U);
}

TEST_F(CvatTest, NothingIsSeenOutside) {
  EXPECT_THAT(Lefts(Read(Track(Key(1, 3) + Key(2, 3, true) + Key(5, 9) +
                               Key(6, 0, true)))),
              ElementsAre(Pair(1, 3), Pair(5, 9)));
}

TEST_F(CvatTest, KeysMayComeInAnyOrder) {
  EXPECT_THAT(Lefts(Read(Track(Key(3, 4) + Key(1, 0) + Key(4, 0, true)))),
              ElementsAre(Pair(1, 0), Pair(2, 2), Pair(3, 4)));
}

TEST_F(CvatTest, AnOpenTrackGoesOnToTheTasksEnd) {
  const std::string track = Track(Key(1, 5));
  EXPECT_THAT(Lefts(Read(track)), ElementsAre(Pair(1, 5)));
  EXPECT_THAT(Lefts(Read("<meta><task><size>4</size></task></meta>" + track)),
              ElementsAre(Pair(1, 5), Pair(2, 5), Pair(3, 5)));
  // Sizes of several tasks say nothing of one track.
  EXPECT_THAT(Lefts(Read("<meta><project><tasks><task><size>4</size></task>"
                         "<task><size>9</size></task></tasks></project>"
                         "</meta>" +
                         track)),
              ElementsAre(Pair(1, 5)));
}

TEST_F(CvatTest, FramesThatTheTaskLeavesOutStayEmpty) {
  EXPECT_THAT(
      Lefts(Read("<meta><job><size>4</size><start_frame>10</start_frame>"
                 "<frame_filter>step=5</frame_filter></job></meta>" +
                 Track(Key(10, 0) + Key(20, 20)))),
      ElementsAre(Pair(10, 0), Pair(15, 10), Pair(20, 20), Pair(25, 20)));
}

TEST_F(CvatTest, AttributesHoldUntilTheyChange) {
  const Annotations found = Read(Track(
      Key(1, 0, false,
          "<attribute name='a'>x &amp; y</attribute>"
          "<attribute name='b'>\n 1 </attribute>") +
      Key(3, 0, false, "<attribute name='a'>z</attribute>") +
      Key(4, 0, false, "<attribute name='b'></attribute>") + Key(5, 0, true)));
  ASSERT_THAT(found.frames, SizeIs(4));
  const Attributes first = {{"a", "x & y"}, {"b", "1"}};
  EXPECT_EQ(found.frames[0].boxes[0].attributes, first);
  EXPECT_EQ(found.frames[1].boxes[0].attributes, first);
  EXPECT_EQ(found.frames[2].boxes[0].attributes,
            (Attributes{{"a", "z"}, {"b", "1"}}));
  EXPECT_EQ(found.frames[3].boxes[0].attributes, (Attributes{{"a", "z"}}));
}

TEST_F(CvatTest, ReadsImages) {
  const Annotations found = Read(
      "<image id='0' name='frame_000007.png' width='640' height='480'>"
      "<box label='car' occluded='1' xtl='1.5' ytl='2' xbr='3' ybr='4'>"
      "<attribute name='score'>0.25</attribute></box></image>"
      "<image id='3' name='cat.png' width='640' height='480'/>");
  ASSERT_THAT(found.frames, SizeIs(2));
  EXPECT_EQ(found.frames[0].index, 3U);
  EXPECT_THAT(found.frames[0].boxes, IsEmpty());
  EXPECT_EQ(found.frames[1].index, 7U);
  const AnnotatedBox wanted{
      {1.5F, 2, 3, 4}, "car", 0.25F, {}, {{"occluded", "true"}}};
  EXPECT_THAT(found.frames[1].boxes, ElementsAre(wanted));
}

TEST_F(CvatTest, OtherShapesBecomeBoxesOrAreCounted) {
  const Annotations found = Read(
      "<image id='1' name='1'>"
      "<polygon label='a' points='1,2;5.5,9;3,0'/>"
      "<ellipse label='a' cx='10' cy='20' rx='4' ry='2' rotation='90'/>"
      "<mask label='a' rle='1, 2' left='3' top='4' width='5' height='6'/>"
      "<box label='a' xtl='0' ytl='0' xbr='10' ybr='20' rotation='90'/>"
      "<box label='a' xtl='1' ytl='1' xbr='1' ybr='2'/>"
      "<polyline label='a' points='1,2;5,9'/><points label='a' points='1,2'/>"
      "<cuboid label='a'/><tag label='a'><attribute name='x'>1</attribute>"
      "</tag><skeleton label='a'><points label='b' points='1,1'/></skeleton>"
      "</image>");
  std::vector<Box> boxes;
  for (const auto& box : found.frames[0].boxes) boxes.push_back(box.box);
  EXPECT_THAT(boxes, ElementsAre(Box{1, 0, 5.5F, 9}, Box{8, 16, 12, 24},
                                 Box{3, 4, 8, 10}, Box{-5, 5, 15, 15}));
  EXPECT_THAT(found.made_boxes,
              ElementsAre(Pair("ellipse", 1), Pair("mask", 1),
                          Pair("polygon", 1), Pair("turned box", 1)));
  EXPECT_THAT(found.passed_over,
              ElementsAre(Pair("box without area", 1), Pair("cuboid", 1),
                          Pair("points", 1), Pair("polyline", 1),
                          Pair("skeleton", 1), Pair("tag", 1)));
}

TEST_F(CvatTest, NamesTheLineOfEveryFault) {
  const std::string box = "<box label='a' xtl='0' ytl='0' xbr='1' ybr='1'/>";
  ExpectFault("\n<track label='a'/>", "line 3: expected a whole number as id");
  ExpectFault(Track("") + Track(""), "track 4 of 'car' comes twice");
  ExpectFault(Track(Key(1, 0) + Key(1, 2)), "track 4: frame 1 comes twice");
  ExpectFault(Track("<box/>"), "line 3: <box>: expected a number as xtl, fou");
  ExpectFault(Track("<box xtl='0' ytl='0' xbr='1' ybr='1'/>"), "as frame");
  ExpectFault(Track("<box frame='x' xtl='0' ytl='0' xbr='1' ybr='1'/>"),
              "as frame, found 'x'");
  ExpectFault(Track("<box frame='1' xtl='9' ytl='0' xbr='1' ybr='1'/>"),
              "track 4: frame 1: the box ends before it begins");
  ExpectFault("<image id='1' name='1'/><image id='1' name='2'/>",
              "image id 1 comes twice");
  ExpectFault("<image id='1' name='a1'/><image id='2' name='b1'/>",
              "frame 1 comes twice ('a1' and 'b1')");
  ExpectFault(
      "<image id='1' name='1' width='4' height='4'>"
      "<box label='a' xtl='4' ytl='0' xbr='5' ybr='1'/></image>",
      "outside the picture of 4x4");
  ExpectFault(
      "<meta><task><original_size><width>8</width><height>8</height>"
      "</original_size></task></meta>" +
          Track(Key(1, 8) + Key(2, 8, true)),
      "outside the picture of 8x8");
  ExpectFault(
      "<image id='1' name='1'><polygon label='a' points='1,2;3'/>"
      "</image>",
      "expected points as x,y;x,y, found '3'");
  ExpectFault("<image id='1' name='1'><polygon label='a' points=''/></image>",
              "expected points, found none");
  ExpectFault(
      "<track id='1' label='a' task_id='1'/>"
      "<track id='2' label='a' task_id='2'/>",
      "tracks of several tasks");
  ExpectFault("<image id='1' name='1'>" + box, "line 2: not XML: mismatched");
  ExpectFault(
      "<image id='1' name='1'><box label='a' xtl='nan' ytl='0' "
      "xbr='1' ybr='1'/></image>",
      "as xtl, found 'nan'");
}

TEST_F(CvatTest, RefusesDocumentTypesAndTheirEntities) {
  ExpectFaultOf(File("", "<!DOCTYPE annotations [<!ENTITY a 'aaaa'>]>\n"),
                "line 2: a document type declaration, which is refused");
  ExpectFault("&a;", "not XML: undefined entity");
  const std::string path = dir_.File("c.xml");
  testing::WriteFileText(path, "<html/>");
  ExpectFaultOf(path, "expected <annotations>, found <html>");
}

TEST_F(CvatTest, ChecksTheSize) {
  options_.width = options_.height = 8;
  ExpectFault("<image id='1' name='1' width='4' height='4'/>",
              "is for pictures of 4x4, these are 8x8");
}

TEST_F(CvatTest, KeepsToTheLimits) {
  constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;
  limits_.max_annotated_boxes = 10;
  ExpectFaultOf(File(Track(Key(1, 0) + Key(1000000000, 0))), "more than 10",
                kExhausted);
  limits_ = FormatLimits();
  limits_.max_annotation_depth = 3;
  ExpectFaultOf(File("<a><b><c/></b></a>"), "nested more than 3 deep",
                kExhausted);
  limits_ = FormatLimits();
  limits_.max_annotation_token_bytes = 1000;
  ExpectFaultOf(File("<a b='" + std::string(300000, 'x') + "'/>"),
                "a tag of more than 1000 bytes", kExhausted);
  Read("<a>" + std::string(300000, 'x') + "</a>");
}

}  // namespace
}  // namespace fovea
