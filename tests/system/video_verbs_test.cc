// SPDX-License-Identifier: GPL-2.0-or-later
//
// encode, decode, inspect and plot as a user runs them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class VideoVerbs : public Cli {
 protected:
  static constexpr int kWidth = 80;
  static constexpr int kHeight = 48;
  static constexpr int kFrames = 8;

  void SetUp() override {
    WriteVideo("in.y4m", kWidth, kHeight);
    const ProcessResult probe =
        Fovea({"encode", "in.y4m", "-o", "probe.mp4", "--plain"});
    if (probe.err.find("no H.264 encoder") != std::string::npos) {
      GTEST_SKIP() << "this build has no libx264";
    }
    ASSERT_EQ(probe.exit_code, 0) << probe.err;
  }

  void WriteVideo(const std::string& name, int width, int height) const {
    std::string video = "YUV4MPEG2 W" + std::to_string(width) + " H" +
                        std::to_string(height) + " F25:1 Ip A1:1 C420jpeg\n";
    for (int frame = 0; frame < kFrames; ++frame) {
      video += "FRAME\n";
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          video += static_cast<char>(40 + (x * 5 + y * 3 + frame * 7) % 160);
        }
      }
      const int chroma = (width + 1) / 2 * ((height + 1) / 2) * 2;
      video.append(static_cast<size_t>(chroma), '\x80');
    }
    Write(name, video);
  }

  std::string Path(const std::string& name) const { return dir_.File(name); }
  bool Exists(const std::string& name) const {
    return std::filesystem::exists(Path(name));
  }

  // A refusal leaves no output behind.
  void ExpectRefused(std::vector<std::string> options, int exit_code,
                     const std::string& reason) const {
    std::vector<std::string> command = {"encode", "in.y4m", "-o", "no.mp4"};
    command.insert(command.end(), options.begin(), options.end());
    const ProcessResult result = Fovea(command);
    ExpectOneLine(result, exit_code, reason);
    EXPECT_FALSE(Exists("no.mp4"));
    EXPECT_FALSE(Exists("no.mp4.part"));
  }

  Json Document(std::vector<std::string> command) const {
    command.push_back("--json");
    const ProcessResult result = Fovea(command);
    EXPECT_TRUE(Json::accept(result.out)) << result.out << result.err;
    return Json::parse(result.out, nullptr, false);
  }
};

TEST_F(VideoVerbs, EncodeInspectDecode) {
  const ProcessResult encoded = Fovea({"encode", "in.y4m", "-o", "out.mp4"});
  EXPECT_EQ(encoded.exit_code, 0) << encoded.err;
  EXPECT_THAT(encoded.out, HasSubstr("a guess without a model"));
  const ProcessResult inspected =
      Fovea({"inspect", "out.mp4", "--frame", "3", "--qp", "heat.png"});
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
  EXPECT_THAT(inspected.out, HasSubstr("1 I, 7 P"));
  EXPECT_THAT(inspected.out, HasSubstr("map of 5x3"));
  EXPECT_TRUE(Exists("heat.png"));
  EXPECT_EQ(Fovea({"decode", "out.mp4", "-o", "back.y4m"}).exit_code, 0);
  EXPECT_EQ(Fovea({"decode", "out.mp4", "-o", "pictures"}).exit_code, 0);
  EXPECT_TRUE(Exists("pictures/00000007.png"));
  EXPECT_FALSE(Exists("pictures/00000008.png"));
  EXPECT_GT(std::filesystem::file_size(Path("back.y4m")),
            std::filesystem::file_size(Path("in.y4m")) - 200);
}

TEST_F(VideoVerbs, NumbersMayBeNegative) {
  ASSERT_EQ(
      Fovea({"encode", "in.y4m", "-o", "out.mp4", "--chroma-offset", "-9"})
          .exit_code,
      0);
  const Json inspected = Document({"inspect", "out.mp4"});
  EXPECT_EQ(inspected["side_data"][0]["chroma_qp_offset"], -9);
}

TEST_F(VideoVerbs, ReportsAsJson) {
  Write("map.txt",
        "fovea-map 1 5 3\nframe 0\n0 0 0 0 0\n12 12 12 12 12\n4 4 4 4 4\n");
  const Json encoded = Document(
      {"encode", "in.y4m", "-o", "out.mp4", "--map", "map.txt", "--gop", "4"});
  EXPECT_EQ(encoded["schema"], "fovea.encode/1");
  EXPECT_EQ(encoded["map_origin"], "map");
  EXPECT_EQ(encoded["frames"], kFrames);
  EXPECT_EQ(encoded["keyframes"], 2);
  EXPECT_EQ(encoded["duration_ns"], "320000000");
  const Json inspected = Document({"inspect", "out.mp4"});
  EXPECT_EQ(inspected["schema"], "fovea.inspect/1");
  EXPECT_EQ(inspected["frames"].size(), size_t{kFrames});
  EXPECT_EQ(inspected["frames"][4]["type"], "I");
  EXPECT_EQ(inspected["side_data"][0]["map"]["qp_offset"][5], 12);
  EXPECT_EQ(inspected["side_data"][0]["verdict"], "unchecked");
  const Json decoded = Document({"decode", "out.mp4", "-o", "back.y4m"});
  EXPECT_EQ(decoded["schema"], "fovea.decode/1");
  EXPECT_EQ(decoded["frames"], kFrames);
}

TEST_F(VideoVerbs, InspectsStreamsOfAStore) {
  ASSERT_EQ(OnStore({"ingest", "in.y4m", "--name", "cam"}).exit_code, 0);
  const ProcessResult result =
      OnStore({"inspect", "cam", "--frame", "7", "--qp", "heat.png"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 I, 7 P"));
  EXPECT_TRUE(Exists("heat.png"));
  ASSERT_EQ(
      OnStore({"ingest", "probe.mp4", "--copy", "--name", "copy"}).exit_code,
      0);
  // The messages of a copied stream are still in it.
  EXPECT_THAT(OnStore({"inspect", "copy"}).out, HasSubstr("1 messages"));
  ExpectOneLine(OnStore({"inspect", "cat"}), 1, "cat");
}

TEST_F(VideoVerbs, RefusesMapsThatDoNotFit) {
  Write("map.txt", "fovea-map 1 6 3\n");
  ExpectRefused({"--map", "map.txt"}, 1, "6x3 macroblocks");
  Write("map.txt", "fovea-map 1 5 3\nframe 0\n0 0 0 0\n");
  ExpectRefused({"--map", "map.txt"}, 1, "map.txt: line 3");
  Write("boxes.csv", "frame,left,top,right,bottom\n0,1,1,nan,2\n");
  ExpectRefused({"--boxes", "boxes.csv"}, 1, "boxes.csv: line 2");
  Write("s.fsen", "FOVEASEN");
  ExpectRefused({"--sensitivity", "s.fsen"}, 1, "s.fsen: offset");
  ExpectRefused({"--map", "absent"}, 1, "absent");
}

TEST_F(VideoVerbs, RefusesBudgetsOfNothing) {
  ExpectRefused({"--bytes-per-second", "0"}, 1, "must be above 0");
  ExpectRefused({"--max-bytes-per-second", "-1"}, 1, "must be above 0");
}

TEST_F(VideoVerbs, RefusesSettingsThatCannotKeepAMap) {
  ExpectRefused({"--mode", "exact", "--bytes-per-second", "100000"}, 1,
                "exact maps");
  ExpectRefused({"--mode", "exact", "--crf", "23.5"}, 1, "whole QP");
  ExpectRefused({"--crf", "0"}, 2, "--crf");
  ExpectRefused({"--plain", "--map", "m"}, 2, "at most one");
  ExpectRefused({"--box-offset", "7"}, 2, "even");
  ExpectRefused({"--crf", "20", "--bytes-per-second", "5000"}, 2, "--crf");
}

TEST_F(VideoVerbs, SizeChangesInMidStreamAreLossNotFailure) {
  WriteVideo("other.y4m", 96, 64);
  for (const char* name : {"in", "other"}) {
    ASSERT_EQ(Fovea({"encode", std::string(name) + ".y4m", "-o",
                     std::string(name) + ".h264"})
                  .exit_code,
              0);
  }
  {
    std::ofstream joined(Path("joined.h264"), std::ios::binary);
    for (const char* name : {"in.h264", "other.h264"}) {
      joined << std::ifstream(Path(name), std::ios::binary).rdbuf();
    }
  }
  const ProcessResult result =
      Fovea({"encode", "joined.h264", "-o", "out.mp4"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("80x48 to 96x64"));
  EXPECT_THAT(result.out, HasSubstr("8 frames"));
  EXPECT_EQ(Fovea({"inspect", "joined.h264"}).exit_code, 3);
  EXPECT_EQ(Fovea({"inspect", "out.mp4"}).exit_code, 0);
}

TEST_F(VideoVerbs, DamagedStreamsAreToldNotSwallowed) {
  std::string bytes;
  {
    std::ifstream in(Path("probe.mp4"), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  Write("cut.mp4", bytes.substr(0, bytes.size() - bytes.size() / 4));
  const ProcessResult result = Fovea({"inspect", "cut.mp4"});
  EXPECT_THAT(result.exit_code, ::testing::AnyOf(1, 3)) << result.err;
  ExpectOneLine(Fovea({"inspect", "in.y4m"}), 1, "only H.264");
  ExpectOneLine(Fovea({"inspect", "probe.mp4", "--frame", "99", "--qp", "x"}),
                1, "has no frame 99");
  ExpectOneLine(Fovea({"inspect", "probe.mp4", "--frame", "9"}), 2, "--qp");
  ExpectOneLine(Fovea({"decode", "probe.mp4", "-o", "out.avi"}), 1, ".y4m");
}

TEST_F(VideoVerbs, Plots) {
  Write("map.txt",
        "fovea-map 1 5 3\nframe 0\n0 0 0 0 0\n12 12 12 12 12\n4 4 4 4 4\n");
  EXPECT_EQ(Fovea({"plot", "heatmap", "map.txt", "--video", "in.y4m", "-o",
                   "heat.png"})
                .exit_code,
            0);
  EXPECT_TRUE(Exists("heat.png"));
  Write("curves.json",
        "{\"schema\":\"fovea.rate-accuracy/1\",\"curves\":[{\"clip\":\"c\","
        "\"judge\":\"j\",\"policy\":\"p\",\"points\":[{\"bytes\":9000,"
        "\"soft\":0.5,\"f1\":0.9}]}]}");
  const Json plotted =
      Document({"plot", "rate-accuracy", "curves.json", "-o", "c.svg"});
  EXPECT_EQ(plotted["schema"], "fovea.plot/1");
  EXPECT_TRUE(Exists("c.svg"));
  ExpectOneLine(Fovea({"plot", "heatmap", "in.y4m", "-o", "x.png"}), 1,
                "in.y4m: offset 0");
  ExpectOneLine(Fovea({"plot", "heetmap"}), 2, "did you mean 'heatmap'?");
  ExpectOneLine(Fovea({"plot", "heatmap", "--vido", "x"}), 2, "--video");
  ExpectOneLine(Fovea({"plot"}), 2, "plot");
}

}  // namespace
}  // namespace fovea
