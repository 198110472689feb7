// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is written reads the same: random annotations, each format with what
// it has a place for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "codec/formats/annotations.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr int kWidth = 1920, kHeight = 1080;

// Boxes of a frame have no order that all formats keep.
Annotations Sorted(Annotations annotations) {
  for (AnnotatedFrame& frame : annotations.frames) {
    std::sort(frame.boxes.begin(), frame.boxes.end(),
              [](const AnnotatedBox& a, const AnnotatedBox& b) {
                const auto key = [](const AnnotatedBox& box) {
                  return std::tie(box.box.left, box.box.top, box.box.right,
                                  box.box.bottom, box.label, box.track);
                };
                return key(a) < key(b);
              });
  }
  return annotations;
}

class AnnotationWriterTest : public ::testing::Test {
 protected:
  float Edge(int from, int to) {
    // As fine as the store keeps them, and finer.
    return static_cast<float>(std::uniform_int_distribution<int>(
               from * 256, to * 256)(random_)) /
           256;
  }
  bool OneIn(uint32_t n) { return random_() % n == 0; }

  std::string Word() {
    static const std::string kWords[] = {
        "car",    "person", "a, b", "\"q\"", "<b> & 'c'", "#1",
        "\\back", "ö ü",    "日本", "a  b",  "x=1;y",     "{}"};
    return kWords[random_() % std::size(kWords)];
  }

  AnnotatedBox DrawBox(bool tracked) {
    AnnotatedBox box;
    box.box.left = Edge(0, kWidth - 1);
    box.box.top = Edge(0, kHeight - 1);
    box.box.right = Edge(static_cast<int>(box.box.left) + 1, kWidth);
    box.box.bottom = Edge(static_cast<int>(box.box.top) + 1, kHeight);
    box.label = Word();
    if (OneIn(3)) box.score = static_cast<float>(random_() % 1000) / 1000;
    if (tracked) box.track = OneIn(9) ? INT64_MAX : random_() % 5;
    for (const char* name : {"colour", "iscrowd", "make, \"x\"", "occluded"}) {
      if (!OneIn(4)) continue;
      const bool flag = name[0] == 'i' || name[0] == 'o';
      box.attributes.emplace_back(name, flag ? "true" : Word());
    }
    return box;
  }

  // Frames with gaps; no track is twice on one.
  Annotations Draw(bool tracks) {
    Annotations drawn;
    uint64_t index = random_() % 3;
    for (auto i = random_() % 20; i > 0; --i) {
      AnnotatedFrame frame;
      frame.index = index;
      std::set<std::pair<uint64_t, std::string>> seen;
      for (auto j = random_() % 6; j > 0; --j) {
        AnnotatedBox box = DrawBox(tracks && OneIn(2));
        if (box.track && !seen.emplace(*box.track, box.label).second) continue;
        frame.boxes.push_back(std::move(box));
      }
      drawn.frames.push_back(std::move(frame));
      index += OneIn(2) ? 1 : 1 + random_() % 9;
    }
    return drawn;
  }

  void Name(Annotations* drawn) {
    for (AnnotatedFrame& frame : drawn->frames) {
      if (!OneIn(3)) frame.name = AnnotatedFrameName(frame);
    }
  }

  Annotations Again(const Annotations& drawn, AnnotationFormat format) {
    const std::string path = dir_.File(std::to_string(++files_));
    write_.format = format;
    write_.width = kWidth;
    write_.height = kHeight;
    const absl::Status written = WriteAnnotations(drawn, path, write_);
    EXPECT_TRUE(written.ok()) << written;
    read_.width = kWidth;
    read_.height = kHeight;
    auto found = ReadAnnotations(path, read_);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : Annotations();
  }

  absl::Status Write(const Annotations& annotations, AnnotationFormat format) {
    write_.format = format;
    write_.width = kWidth;
    write_.height = kHeight;
    return WriteAnnotations(annotations, dir_.File("w"), write_);
  }

  static Annotations One(const AnnotatedBox& box) {
    Annotations one;
    one.frames.push_back({3, "", {box}});
    return one;
  }

  static constexpr int kRounds = 60;
  testing::TempDir dir_;
  uint32_t seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, std::to_string(seed_)};
  AnnotationWriteOptions write_;
  AnnotationOptions read_;
  int files_ = 0;
};

TEST_F(AnnotationWriterTest, CocoKeepsEverything) {
  for (int round = 0; round < kRounds; ++round) {
    Annotations drawn = Draw(true);
    Name(&drawn);
    const Annotations found = Again(drawn, AnnotationFormat::kCoco);
    for (AnnotatedFrame& frame : drawn.frames) {
      frame.name = AnnotatedFrameName(frame);
    }
    EXPECT_EQ(found.frames, drawn.frames);
    EXPECT_TRUE(found.passed_over.empty() && found.made_boxes.empty());
  }
}

TEST_F(AnnotationWriterTest, CocoKeepsPicturesThatHaveOnlyNames) {
  read_.need_index = false;
  Annotations drawn = Draw(false);
  drawn.frames.resize(3);
  for (size_t i = 0; i < 3; ++i) {
    drawn.frames[i].index.reset();
    drawn.frames[i].name = "cat" + std::to_string(i);
  }
  EXPECT_EQ(Again(drawn, AnnotationFormat::kCoco).frames, drawn.frames);
  EXPECT_EQ(Sorted(Again(drawn, AnnotationFormat::kCvat)).frames,
            Sorted(drawn).frames);
}

TEST_F(AnnotationWriterTest, CvatKeepsEverything) {
  for (int round = 0; round < kRounds; ++round) {
    Annotations drawn = Draw(true);
    Name(&drawn);
    write_.frames =
        OneIn(2) || drawn.frames.empty() ? 0 : *drawn.frames.back().index + 1;
    const Annotations found = Again(drawn, AnnotationFormat::kCvat);
    EXPECT_EQ(Sorted(found).frames, Sorted(drawn).frames);
    EXPECT_TRUE(found.passed_over.empty() && found.made_boxes.empty());
  }
}

TEST_F(AnnotationWriterTest, TablesKeepAllButNamesAndEmptyFrames) {
  for (int round = 0; round < kRounds; ++round) {
    Annotations drawn = Draw(true);
    const Annotations found = Again(drawn, AnnotationFormat::kCsv);
    std::erase_if(drawn.frames, [](const AnnotatedFrame& frame) {
      return frame.boxes.empty();
    });
    EXPECT_EQ(found.frames, drawn.frames);
  }
}

TEST_F(AnnotationWriterTest, YoloKeepsBoxesAndScores) {
  for (int round = 0; round < kRounds; ++round) {
    Annotations drawn = Draw(true);
    if (drawn.frames.empty()) continue;
    const Annotations found = Again(drawn, AnnotationFormat::kYolo);
    for (AnnotatedFrame& frame : drawn.frames) {
      frame.name = std::filesystem::path(AnnotatedFrameName(frame)).stem();
      for (AnnotatedBox& box : frame.boxes) {
        box.track.reset();
        box.attributes.clear();
      }
    }
    EXPECT_EQ(found.frames, drawn.frames);
  }
}

TEST_F(AnnotationWriterTest, YoloCutsBoxesAtThePicturesBorders) {
  AnnotatedBox box;
  box.box = {-10, -20, 30, 2000};
  EXPECT_EQ(Again(One(box), AnnotationFormat::kYolo).frames[0].boxes[0].box,
            (Box{0, 0, 30, kHeight}));
}

TEST_F(AnnotationWriterTest, YoloNamesFilesSoThatTheirNumbersAreTheFrames) {
  Annotations drawn = One(AnnotatedBox{{0, 0, 9, 9}, "a", 1, {}, {}});
  drawn.frames[0].name = "../../x_77.jpg";
  EXPECT_EQ(Again(drawn, AnnotationFormat::kYolo).frames[0].name,
            "frame_000003");
  drawn.frames[0].name = "../../x_03.jpg";
  EXPECT_EQ(Again(drawn, AnnotationFormat::kYolo).frames[0].name, "x_03");
}

TEST_F(AnnotationWriterTest, RefusesWhatNoReaderWouldTake) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  const auto expect = [&](const Annotations& given, AnnotationFormat format,
                          const std::string& what) {
    const absl::Status found = Write(given, format);
    EXPECT_EQ(found.code(), kInvalid);
    EXPECT_THAT(std::string(found.message()), HasSubstr(what));
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
  };
  const AnnotatedBox good{{0, 0, 9, 9}, "a", 1, {}, {}};
  AnnotatedBox bad = good;
  bad.label = "a\nb";
  expect(One(bad), AnnotationFormat::kCsv, "label: expected text without");
  bad = good;
  bad.track = UINT64_MAX;
  expect(One(bad), AnnotationFormat::kCoco, "is beyond 2^63");
  bad = good;
  bad.box.right = 0;
  expect(One(bad), AnnotationFormat::kCoco, "is empty or outside");
  bad = good;
  bad.box = {kWidth, 0, kWidth + 1, 9};
  expect(One(bad), AnnotationFormat::kYolo, "is empty or outside");
  Annotations frames = One(good);
  frames.frames.push_back(frames.frames[0]);
  expect(frames, AnnotationFormat::kCoco, "comes twice or out of order");
  frames.frames[1].index = 4;
  frames.frames[1].name = "frame_000003.jpg";
  expect(frames, AnnotationFormat::kCvat, "two frames are named");
  frames = One(good);
  frames.frames[0].index.reset();
  expect(frames, AnnotationFormat::kCoco, "neither an index nor a name");
  frames.frames[0].name = "a";
  expect(frames, AnnotationFormat::kCsv, "has no frame index");
  frames.frames[0].boxes[0].track = 1;
  expect(frames, AnnotationFormat::kCvat, "a track but no frame index");
  frames = One(good);
  frames.frames[0].boxes[0].track = 1;
  frames.frames[0].boxes.push_back(frames.frames[0].boxes[0]);
  expect(frames, AnnotationFormat::kCvat, "has track 1 of 'a' twice");
  expect(One(good), AnnotationFormat::kDetect, "as auto");
}

TEST_F(AnnotationWriterTest, ReplacesAFileButNoFolder) {
  const AnnotatedBox box{{0, 0, 9, 9}, "a", 1, {}, {}};
  testing::WriteFileText(dir_.File("w"), "old");
  EXPECT_TRUE(Write(One(box), AnnotationFormat::kCoco).ok());
  EXPECT_EQ(Write(One(box), AnnotationFormat::kYolo).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadAnnotations(dir_.File("w"), {})->frames.size(), 1U);
  write_.format = AnnotationFormat::kCsv;
  EXPECT_EQ(WriteAnnotations(One(box), dir_.File("no/w"), write_).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(AnnotationWriterTest, LeavesNothingOnAFullDisk) {
  testing::SmallDisk disk(dir_.path(), 1);
  FOVEA_NEED_SMALL_DISK(disk);
  disk.Fill(4096);
  Annotations many;
  for (uint64_t i = 0; i < 40000; ++i) {
    many.frames.push_back(
        {i, "", {AnnotatedBox{{0, 0, 9, 9}, "a", 1, {}, {}}}});
  }
  for (const auto format : {AnnotationFormat::kCoco, AnnotationFormat::kCvat,
                            AnnotationFormat::kCsv, AnnotationFormat::kYolo}) {
    EXPECT_EQ(Write(many, format).code(), absl::StatusCode::kResourceExhausted);
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      EXPECT_EQ(entry.path().filename(), "filler");
    }
  }
}

}  // namespace
}  // namespace fovea
