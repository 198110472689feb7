// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Attributes = std::vector<std::pair<std::string, std::string>>;

class AnnotationsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = dir_.File(name);
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    testing::WriteFileText(path, text);
    return path;
  }

  Annotations Read(const std::string& path) {
    auto found = ReadAnnotations(path, options_, limits_);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : Annotations();
  }

  void ExpectFault(const std::string& path, const std::string& what,
                   absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    const auto found = ReadAnnotations(path, options_, limits_);
    ASSERT_FALSE(found.ok()) << "expected: " << what;
    EXPECT_EQ(found.status().code(), code) << found.status();
    EXPECT_THAT(std::string(found.status().message()), HasSubstr(what));
    EXPECT_THAT(std::string(found.status().message()), HasSubstr(dir_.path()));
  }
  void ExpectExhausted(const std::string& path, const std::string& what) {
    ExpectFault(path, what, absl::StatusCode::kResourceExhausted);
  }

  testing::TempDir dir_;
  AnnotationOptions options_;
  FormatLimits limits_;
};

// ---- COCO

constexpr char kImage[] =
    R"({"id": 5, "file_name": "a/frame_0012.jpg", "width": 640,)"
    R"( "height": 480})";
constexpr char kCategory[] = R"({"id": 3, "name": "car"})";

std::string Coco(const std::string& images, const std::string& annotations,
                 const std::string& categories = kCategory) {
  return "{\"info\": {\"images\": [1]}, \"annotations\": [" + annotations +
         "], \"categories\": [" + categories + "], \"images\": [" + images +
         "]}";
}

class CocoTest : public AnnotationsTest {
 protected:
  std::string File(const std::string& annotations) {
    return Write("c.json", Coco(kImage, annotations));
  }
  std::string FileOf(const std::string& images,
                     const std::string& annotations = "",
                     const std::string& categories = kCategory) {
    return Write("c.json", Coco(images, annotations, categories));
  }
  std::string BoxOf(const std::string& bbox, const std::string& more = "") {
    return File(R"({"id": 1, "image_id": 5, "category_id": 3, "bbox": [)" +
                bbox + "]" + more + "}");
  }
};

TEST_F(CocoTest, ReadsBoxesThatComeBeforeTheirPictures) {
  const Annotations found = Read(File(
      R"({"id": 1, "image_id": 5, "category_id": 3, "bbox": [10, 20.5, 30, 40],
          "area": 1200, "iscrowd": 0, "score": 0.5, "track_id": 9,
          "attributes": {"colour": "red", "age": 3, "occluded": false,
                         "parked": true, "none": null, "empty": ""}})"));
  ASSERT_THAT(found.frames, SizeIs(1));
  EXPECT_EQ(found.frames[0].index, 12U);
  EXPECT_EQ(found.frames[0].name, "a/frame_0012.jpg");
  const AnnotatedBox wanted{
      {10, 20.5F, 40, 60.5F},
      "car",
      0.5F,
      9U,
      Attributes{{"age", "3"}, {"colour", "red"}, {"parked", "true"}}};
  EXPECT_THAT(found.frames[0].boxes, ElementsAre(wanted));
  EXPECT_THAT(found.passed_over, IsEmpty());
}

TEST_F(CocoTest, KeepsPicturesWithoutBoxes) {
  const Annotations found =
      Read(FileOf(R"({"id": 1, "file_name": "b7"}, {"id": 2,
                      "file_name": "x.jpg", "frame_index": 3})"));
  ASSERT_THAT(found.frames, SizeIs(2));
  EXPECT_EQ(found.frames[0].index, 3U);
  EXPECT_EQ(found.frames[1].index, 7U);
  EXPECT_THAT(found.frames[1].boxes, IsEmpty());
}

TEST_F(CocoTest, CountsWhatIsNoBox) {
  const Annotations found = Read(File(
      R"({"id": 1, "image_id": 5, "category_id": 3,
          "segmentation": [[1, 2, 9, 4.5], [3, 3, 5, 8, 2, 2]]},
         {"id": 2, "image_id": 5, "category_id": 3, "iscrowd": 1,
          "segmentation": {"counts": [1, 2], "size": [4, 4]}},
         {"id": 3, "image_id": 5, "category_id": 3, "iscrowd": 1,
          "bbox": [0, 0, 2, 2], "keypoints": [1, 1, 2],
          "segmentation": {"counts": "abc", "size": [4, 4]}},
         {"id": 4, "image_id": 5, "category_id": 3, "bbox": [0, 0, 2, 0]},
         {"id": 6, "image_id": 5, "category_id": 3, "bbox": [0, 0, 2, 1],
          "attributes": {"list": [1, {"a": 2}], "text": "a\nb"}})"));
  ASSERT_THAT(found.frames[0].boxes, SizeIs(3));
  EXPECT_EQ(found.frames[0].boxes[0].box, (Box{1, 2, 9, 8}));
  EXPECT_EQ(found.frames[0].boxes[1].attributes,
            (Attributes{{"iscrowd", "true"}}));
  EXPECT_THAT(found.frames[0].boxes[2].attributes, IsEmpty());
  EXPECT_THAT(found.made_boxes, ElementsAre(Pair("polygon", 1)));
  EXPECT_THAT(
      found.passed_over,
      ElementsAre(Pair("attribute list", 2),
                  Pair("attribute of several lines", 1),
                  Pair("box without area", 1), Pair("keypoints", 1),
                  Pair("mask beside a box", 1), Pair("mask without a box", 1)));
}

TEST_F(CocoTest, ReadsTheVideoAskedFor) {
  const std::string images =
      R"({"id": 1, "video_id": 1, "frame_id": 0, "file_name": "a/1.jpg"},
         {"id": 2, "video_id": 2, "frame_id": 0, "file_name": "b/1.jpg"})";
  const std::string boxes =
      R"({"image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1],
          "instance_id": 4},
         {"image_id": 2, "category_id": 3, "bbox": [0, 0, 2, 2],
          "attributes": {"track_id": 8}})";
  const std::string path = FileOf(images, boxes);
  ExpectFault(path, "images[1]: the file holds videos 1 and 2");
  options_.video = 2;
  const Annotations found = Read(path);
  ASSERT_THAT(found.frames, SizeIs(1));
  EXPECT_EQ(found.frames[0].index, 0U);
  ASSERT_THAT(found.frames[0].boxes, SizeIs(1));
  EXPECT_EQ(found.frames[0].boxes[0].track, 8U);
  EXPECT_EQ(found.passed_over.at("box of another video"), 1);
}

TEST_F(CocoTest, NamesTheElementOfEveryFault) {
  ExpectFault(FileOf(R"({"id": 1, "file_name": "a1"},
                        {"id": 1, "file_name": "a2"})"),
              "images[1]: id 1 comes twice");
  ExpectFault(FileOf(R"({"id": 1, "file_name": "a1"},
                        {"id": 2, "file_name": "b/a1"})"),
              "images[1]: frame 1 comes twice ('a1' and 'b/a1')");
  ExpectFault(FileOf(R"({"id": 1, "file_name": "cat.jpg"})"),
              "ends in the frame's number");
  ExpectFault(FileOf(R"({"id": 1, "frame_index": -1})"), "index of 0");
  ExpectFault(FileOf(R"({"file_name": "a1"})"), "expected a field 'id'");
  ExpectFault(FileOf(R"({"id": "one", "file_name": "a1"})"),
              "expected a number as id, found 'one'");
  ExpectFault(FileOf(R"({"id": 1.5, "file_name": "a1"})"), "found 1.5");
  ExpectFault(FileOf(kImage, "", R"({"id": 1, "name": "a"},
                                    {"id": 1, "name": "b"})"),
              "categories[1]: id 1 comes twice");
  ExpectFault(File(R"({"image_id": 6, "category_id": 3,
                       "bbox": [0, 0, 1, 1]})"),
              "annotations[0]: image_id 6 is not among the images");
  ExpectFault(File(R"({"image_id": 5, "category_id": 4,
                       "bbox": [0, 0, 1, 1]})"),
              "annotations[0]: category_id 4 is not among the categories");
  ExpectFault(File(R"({"id": 7, "image_id": 5, "category_id": 3},
                      {"id": 7, "image_id": 5, "category_id": 3})"),
              "annotations: id 7 comes twice");
  ExpectFault(File(R"({"category_id": 3})"), "field 'image_id'");
  ExpectFault(File(R"({"image_id": 5})"), "field 'category_id'");
}

TEST_F(CocoTest, NamesTheFaultOfEveryBox) {
  ExpectFault(BoxOf("0, 0, -1, 1"), "annotations[0]: the box ends before");
  ExpectFault(BoxOf("640, 0, 5, 5"), "outside the picture of 640x480");
  ExpectFault(BoxOf("0, -9, 5, 9"), "outside the picture");
  ExpectFault(BoxOf("0, 0, 1e9, 1"), "expected edges within");
  ExpectFault(BoxOf("0, 0, 1"), "expected a bbox of 4 numbers, found 3");
  ExpectFault(BoxOf("0, 0, 1, 1, 1"), "found more");
  ExpectFault(BoxOf("0, 0, 1, \"1\""), "expected 4 numbers as bbox");
  ExpectFault(BoxOf("0, 0, 1, NaN"), "not JSON");
  ExpectFault(BoxOf("0, 0, 1, 1e999"), "not JSON");
  ExpectFault(BoxOf("0, 0, 1, 1", ", \"score\": \"high\""), "as score");
  ExpectFault(BoxOf("0, 0, 1, 1", ", \"track_id\": -4"), "found -4");
  ExpectFault(BoxOf("0, 0, 1, 1", ", \"attributes\": {\"a\": 1, \"a\": 2}"),
              "attribute 'a' comes twice");
  ExpectExhausted(BoxOf("0, 0, 1, 1", ", \"attributes\": {\"a\": \"" +
                                          std::string(300, 'x') + "\"}"),
                  "attribute 'a'");
}

TEST_F(CocoTest, RefusesWhatIsNoCoco) {
  ExpectFault(Write("c", "{"), "not JSON: parse error at line 1, column 2");
  ExpectFault(Write("c", "[]"), "found a list");
  ExpectFault(Write("c", "{}"), "'categories', found none");
  ExpectFault(Write("c", "{\"images\": 3}"), "expected a list");
  ExpectFault(Write("c", "{\"images\": {\"1\": {}}}"), "expected a list");
  ExpectFault(Write("c", "{\"images\": [[]]}"), "expected an object");
  ExpectFault(Write("c", "{\"images\": [7]}"), "expected an object");
  ExpectFault(FileOf(kImage, "", "{\"id\": 1, \"name\": \"\xff\"}"),
              "not JSON");
  ExpectFault(FileOf(kImage, "", R"({"id": 1, "name": "a\u0007b"})"),
              "categories[0]: label: expected text without control");
  ExpectExhausted(
      FileOf(kImage, "",
             "{\"id\": 1, \"name\": \"" + std::string(65, 'n') + "\"}"),
      "at most 64 can be stored");
}

TEST_F(CocoTest, TakesItsSizeFromTheFile) {
  options_.width = 1280;
  options_.height = 720;
  ExpectFault(File(""), "images[0]: is for pictures of 640x480, these are");
}

TEST_F(CocoTest, GoesByNamesWhereNumbersMeanNothing) {
  options_.need_index = false;
  const Annotations found = Read(FileOf(R"({"id": 1, "file_name": "b/1.jpg"},
                     {"id": 2, "file_name": "a/1.jpg"})"));
  ASSERT_THAT(found.frames, SizeIs(2));
  EXPECT_EQ(found.frames[0].name, "a/1.jpg");
  EXPECT_EQ(found.frames[0].index, std::nullopt);
  ExpectFault(FileOf(R"({"id": 1, "file_name": "a"},
                        {"id": 2, "file_name": "a"})"),
              "images[1]: picture 'a' comes twice");
  ExpectFault(FileOf(R"({"id": 1})"), "found neither");
}

TEST_F(CocoTest, CountsFromTheFirstNumber) {
  options_.first_number = 1;
  EXPECT_EQ(Read(FileOf(kImage)).frames[0].index, 11U);
  ExpectFault(FileOf(R"({"id": 1, "file_name": "000.jpg"})"), "found -1");
}

TEST_F(CocoTest, KeepsToTheLimits) {
  const std::string two =
      R"({"image_id": 5, "category_id": 3, "bbox": [0, 0, 1, 1]},
         {"image_id": 5, "category_id": 3, "bbox": [0, 0, 1, 1]})";
  limits_.max_annotated_boxes = 1;
  ExpectExhausted(File(two), "annotations[1]: more than 1 annotations");
  limits_ = FormatLimits();
  limits_.max_annotated_frames = 0;
  ExpectExhausted(File(two), "more than 0 frames");
  limits_ = FormatLimits();
  limits_.max_annotation_text_bytes = 20;
  ExpectExhausted(File(two), "of more than 20 bytes");
  limits_ = FormatLimits();
  limits_.max_annotation_depth = 4;
  Read(File(two));
  ExpectExhausted(BoxOf("0, 0, 1, 1", ", \"segmentation\": [[1, 2]]"),
                  "nested more than 4 deep");
  limits_ = FormatLimits();
  limits_.max_annotation_bytes = 99;
  ExpectExhausted(File(two), "at most 99 are read");
  limits_ = FormatLimits();
  limits_.max_annotation_classes = 0;
  ExpectExhausted(File(two), "more than 0 categories");
  limits_ = FormatLimits();
  limits_.max_annotation_token_bytes = 1000;
  ExpectExhausted(Write("c", "{\"info\": \"" + std::string(2000, '\\') + "\"}"),
                  "a string or number of more than 1000 bytes");
  ExpectExhausted(Write("c", "{\"info\": " + std::string(2000, '1') + "}"),
                  "a string or number of more than 1000 bytes");
  Read(Write("c", Coco(kImage, "") + std::string(5000, ' ')));
}

// ---- YOLO

class YoloTest : public AnnotationsTest {
 protected:
  YoloTest() {
    options_.width = 640;
    options_.height = 480;
  }
  std::string Folder(const std::string& labels) {
    Write("y/obj.names", "car\n person \n");
    Write("y/frame_000003.txt", labels);
    return dir_.File("y");
  }
};

TEST_F(YoloTest, ReadsFractionsOfThePicture) {
  Folder("0 0.5 0.5 0.25 0.5\n\n1 0.1 0.1 0.2 0.2 0.75\r\n");
  Write("y/deeper/frame_000001.txt", "");
  Write("y/train.txt", "y/frame_000003.jpg\n");
  const Annotations found = Read(dir_.File("y"));
  ASSERT_THAT(found.frames, SizeIs(2));
  EXPECT_EQ(found.frames[0].index, 1U);
  EXPECT_THAT(found.frames[0].boxes, IsEmpty());
  EXPECT_EQ(found.frames[1].index, 3U);
  EXPECT_EQ(found.frames[1].name, "frame_000003");
  EXPECT_THAT(
      found.frames[1].boxes,
      ElementsAre(AnnotatedBox{{240, 120, 400, 360}, "car", 1, {}, {}},
                  AnnotatedBox{{0, 0, 128, 96}, "person", 0.75F, {}, {}}));
  EXPECT_EQ(found.passed_over.at("text file without labels"), 1);
}

TEST_F(YoloTest, OutlinesBecomeBoxes) {
  const Annotations found =
      Read(Folder("0 0.25 0.5 0.5 0.25 0.75 0.75 0.5 0.5\n"));
  EXPECT_EQ(found.frames[0].boxes[0].box, (Box{160, 120, 480, 360}));
  EXPECT_EQ(found.made_boxes.at("polygon"), 1);
}

TEST_F(YoloTest, FindsTheNames) {
  const std::string line = "1 0.5 0.5 0.5 0.5\n";
  Write("s/labels/train/1.txt", line);
  Write("s/data.yaml", "path: .\nnames:\n  0: dog\n  1: 'cat'\n");
  EXPECT_EQ(Read(dir_.File("s/labels/train")).frames[0].boxes[0].label, "cat");
  Write("s/data.yaml", "names: [a, b]\n");
  EXPECT_EQ(Read(dir_.File("s/labels/train/")).frames[0].boxes[0].label, "b");
  options_.names_file = Write("own.yml", "names: [a, c]\nkpt_shape: [2, 2]\n");
  Write("s/labels/train/1.txt", "1 0.5 0.5 0.5 0.5 9 9 9 9\n");
  const Annotations found = Read(dir_.File("s/labels/train"));
  EXPECT_EQ(found.frames[0].boxes[0].label, "c");
  EXPECT_EQ(found.passed_over.at("keypoints"), 1);
  options_.names_file = dir_.File("none.txt");
  ExpectFault(dir_.File("s/labels/train"), "none.txt",
              absl::StatusCode::kNotFound);
}

TEST_F(YoloTest, NamesFileAndLineOfEveryFault) {
  const std::string place = "frame_000003.txt: line 1: ";
  ExpectFault(Folder("2 0.5 0.5 0.5 0.5"),
              place + "expected a class of 0 to 1");
  ExpectFault(Folder("car 0.5 0.5 0.5 0.5"), "found 'car'");
  ExpectFault(Folder("0 0.5 0.5 nan 0.5"), place + "expected a number");
  ExpectFault(Folder("0 320 240 10 10"), "expected fractions of the picture");
  ExpectFault(Folder("0 0.5 0.5 0.5"), "found 4 words");
  ExpectFault(Folder("0 1 2 3 4 5 6 7"), "found 8 words");
  ExpectFault(Folder("0 0.5 0.5 -0.005 0.5"), "ends before it begins");
  ExpectFault(Folder("0 1.005 0.5 0.005 0.5"), "outside the picture");
  Folder("");
  Write("y/cat.txt", "");
  ExpectFault(dir_.File("y"), "cat.txt: expected a name that ends in");
  Write("y/cat.txt", "");
  std::filesystem::remove(dir_.File("y/cat.txt"));
  Write("y/b/3.txt", "");
  ExpectFault(dir_.File("y"), "frame 3 comes twice");
}

TEST_F(YoloTest, SaysWhatIsMissing) {
  Write("n/1.txt", "");
  ExpectFault(dir_.File("n"), "expected the classes' names");
  Write("n/data.yaml", "nc: 3\n");
  ExpectFault(dir_.File("n"), "expected a list or map 'names'");
  Write("n/data.yaml", "names: {0: a, 2: b}\n");
  ExpectFault(dir_.File("n"), "expected a name for class 1");
  Write("n/data.yaml", "names: [a\n");
  ExpectFault(dir_.File("n"), "data.yaml: line ");
  Write("n/classes.txt", "a\xff\n");
  ExpectFault(dir_.File("n"), "classes.txt: line 1: label: expected UTF-8");
  Write("n/classes.txt", "a\n");
  std::filesystem::remove(dir_.File("n/1.txt"));
  ExpectFault(dir_.File("n"), "a text file of labels per picture, found none");
  options_.width = 0;
  ExpectFault(dir_.File("n"), "give its size");
}

TEST_F(YoloTest, KeepsToTheLimits) {
  Folder("0 0.5 0.5 0.5 0.5\n0 0.5 0.5 0.5 0.5\n");
  limits_.max_annotated_boxes = 1;
  ExpectExhausted(dir_.File("y"), "line 2: more than 1 boxes");
  limits_ = FormatLimits();
  limits_.max_annotation_bytes = 30;
  ExpectExhausted(dir_.File("y"), "more than 30 bytes");
  limits_ = FormatLimits();
  limits_.max_annotation_classes = 1;
  ExpectExhausted(dir_.File("y"), "more than 1 classes");
  limits_ = FormatLimits();
  ExpectExhausted(Folder(std::string(70000, '1')), "70000 bytes long");
}

// ---- CSV

TEST_F(AnnotationsTest, TablesHaveTracksAndAttributes) {
  const Annotations found =
      Read(Write("t.csv",
                 "frame,left,top,right,bottom,label,track,attr.colour,note\n"
                 "7,1,2,3,4,\"a, b\",5,red,\n"
                 "7,1,2,3,5,c,,,hello\n"));
  ASSERT_THAT(found.frames, SizeIs(1));
  EXPECT_EQ(found.frames[0].index, 7U);
  EXPECT_THAT(
      found.frames[0].boxes,
      ElementsAre(
          AnnotatedBox{{1, 2, 3, 4}, "a, b", 1, 5U, {{"colour", "red"}}},
          AnnotatedBox{{1, 2, 3, 5}, "c", 1, {}, {}}));
  EXPECT_EQ(found.passed_over.at("column note"), 1);
}

TEST_F(AnnotationsTest, TablesNameTheLineOfEveryFault) {
  const std::string head = "frame,left,top,right,bottom,label,track\n";
  ExpectFault(Write("t.csv", "hello\n"), "line 1: expected a column 'frame'");
  ExpectFault(Write("t.csv", ""), "found nothing");
  ExpectFault(Write("t.csv", head + "1,0,0,1,1,a,x\n"),
              "line 2: expected one whole number as track, found 'x'");
  ExpectFault(Write("t.csv", head + "1,0,0,1,1,a,-1\n"), "found '-1'");
  ExpectFault(Write("t.csv", head + "1,0,0,1,1,\xe9,1\n"), "expected UTF-8");
  ExpectFault(Write("t.csv", head + "1,5,0,1,1,a,1\n"), "left < right");
  options_.width = options_.height = 4;
  ExpectFault(Write("t.csv", head + "1,5,0,6,1,a,1\n"), "outside the picture");
  limits_.max_annotated_boxes = 1;
  ExpectExhausted(Write("t.csv", head + "1,0,0,1,1,a,1\n2,0,0,1,1,a,1\n"),
                  "line 3: ");
}

// ---- all

TEST_F(AnnotationsTest, SaysWhatCannotBeOpened) {
  ExpectFault(dir_.File("none"), "none", absl::StatusCode::kNotFound);
  ExpectFault(Write("z", "PK\x03\x04..."), "unpack it");
  options_.format = AnnotationFormat::kCoco;
  ExpectFault(dir_.path(), "expected a file for coco, found a folder");
  options_.format = AnnotationFormat::kYolo;
  ExpectFault(Write("f", "{}"), "expected a folder for yolo, found a file");
}

TEST_F(AnnotationsTest, FormatsHaveNames) {
  for (const auto format : {AnnotationFormat::kDetect, AnnotationFormat::kCoco,
                            AnnotationFormat::kYolo, AnnotationFormat::kCvat,
                            AnnotationFormat::kCsv}) {
    EXPECT_EQ(AnnotationFormatOf(AnnotationFormatName(format)), format);
  }
  EXPECT_EQ(AnnotationFormatOf("voc"), std::nullopt);
}

}  // namespace
}  // namespace fovea
