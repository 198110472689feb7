// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "api/heat_map.h"
#include "api/svg_writer.h"
#include "codec/formats/image_reader.h"
#include "codec/sensitivity_file.h"
#include "tests/api/small_video.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

TEST(EscapeXmlTest, LeavesNoMarkup) {
  EXPECT_EQ(EscapeXml("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(EscapeXml("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
}

// None of these may stand in an XML file.
TEST(EscapeXmlTest, ReplacesWhatXmlForbids) {
  const std::string mark = "\xef\xbf\xbd";
  for (const char* text : {"\x01", "\x7f", "\xff", "\xc0\x80", "\xe2\x82",
                           "\xed\xa0\x80", "\xef\xbf\xbf", "\xf5"}) {
    const std::string bad = text;
    const std::string escaped = EscapeXml("a" + bad + "b");
    EXPECT_EQ(escaped.substr(0, 1 + mark.size()), "a" + mark);
    EXPECT_EQ(escaped.back(), 'b');
    EXPECT_THAT(escaped, Not(HasSubstr(bad)));
  }
}

class HeatMapTest : public ::testing::Test {
 protected:
  // The PNG at `path` as luma.
  static DecodedImage Read(const std::vector<uint8_t>& png) {
    auto image = DecodeImage(png, FormatLimits());
    EXPECT_TRUE(image.ok()) << image.status();
    return *image;
  }

  static int Luma(const Frame& frame, int x, int y) {
    return frame.y.data[y * frame.y.stride + x];
  }

  HeatMap Map(int width, int height) {
    HeatMap map;
    map.title = "test";
    map.scale = "QP";
    map.width = width;
    map.height = height;
    map.columns = (width + 15) / 16;
    map.rows = (height + 15) / 16;
    map.values.assign(static_cast<size_t>(map.columns * map.rows), 0);
    return map;
  }
};

TEST_F(HeatMapTest, HotBlocksAreBrightColdOnesDark) {
  HeatMap map = Map(96, 64);
  map.values[0] = 1;
  const auto png = DrawHeatMap(map, nullptr, ColorInfo());
  ASSERT_TRUE(png.ok()) << png.status();
  const Frame frame = Read(*png).frame;
  // Margins of 8; the title is 8 + 2 * 8 high.
  EXPECT_GT(Luma(frame, 8 + 8, 24 + 8), 180);
  EXPECT_LT(Luma(frame, 8 + 24, 24 + 8), 60);
}

TEST_F(HeatMapTest, TheFrameStandsOnTheLeftAsItWas) {
  const Frame video = testing::DrawSmallFrame(96, 64, 3);
  const auto png = DrawHeatMap(Map(96, 64), &video, ColorInfo());
  ASSERT_TRUE(png.ok()) << png.status();
  const DecodedImage image = Read(*png);
  EXPECT_GT(image.frame.width, 2 * 96);
  // Through RGB and back, and limited to full range: near, not equal.
  const int scaled = (Luma(video, 70, 20) - 16) * 255 / 219;
  EXPECT_NEAR(Luma(image.frame, 8 + 70, 24 + 20), scaled, 6);
}

TEST_F(HeatMapTest, EverySizeFits) {
  for (int side = 1; side < 40; ++side) {
    const Frame video = testing::DrawSmallFrame(side, 41 - side, 0);
    EXPECT_TRUE(DrawHeatMap(Map(side, 41 - side), &video, ColorInfo()).ok());
  }
}

TEST_F(HeatMapTest, RefusesWhatDoesNotFit) {
  HeatMap map = Map(96, 64);
  const Frame video = testing::DrawSmallFrame(64, 64, 0);
  EXPECT_EQ(DrawHeatMap(map, &video, ColorInfo()).status().code(), kInvalid);
  map.values.pop_back();
  EXPECT_EQ(DrawHeatMap(map, nullptr, ColorInfo()).status().code(), kInvalid);
}

class PlotHeatMapTest : public HeatMapTest {
 protected:
  absl::Status Plot(int64_t frame, const std::string& video = "") {
    HeatPlotOptions options;
    options.path = dir_.File("in");
    options.frame = frame;
    options.video = video;
    return PlotHeatMap(options, dir_.File("out.png"));
  }

  testing::TempDir dir_;
};

TEST_F(PlotHeatMapTest, DrawsMapFiles) {
  testing::WriteFileText(dir_.File("in"), "fovea-map 1 2 1\nframe 3\n0 18\n");
  ASSERT_TRUE(Plot(5).ok());
  const Frame frame = Read(testing::ReadFileBytes(dir_.File("out.png"))).frame;
  EXPECT_GT(Luma(frame, 8 + 8, 24 + 8), 180);
  EXPECT_LT(Luma(frame, 8 + 24, 24 + 8), 60);
  EXPECT_EQ(Plot(2).code(), kNotFound);
}

TEST_F(PlotHeatMapTest, DrawsSensitivitiesBesideTheRecording) {
  SensitivityInfo info;
  info.width = 96;
  info.height = 64;
  std::vector<uint8_t> bytes;
  const auto writer = SensitivityWriter::Create(info, &bytes);
  SensitivityFrame frame;
  frame.plane[0].assign(24, 1e-9);
  frame.plane[0][0] = 1e-6;
  frame.plane[0][1] = 0;
  ASSERT_TRUE((*writer)->Add(frame, &bytes).ok());
  (*writer)->Finish(&bytes);
  testing::WriteFileBytes(dir_.File("in"), bytes);
  const std::string video = dir_.File("v.y4m");
  testing::WriteSmallVideo(video, 96, 64, 2);
  EXPECT_TRUE(Plot(1, video).ok());
  EXPECT_EQ(Plot(2, video).code(), kNotFound);
  testing::WriteSmallVideo(video, 64, 64, 2);
  EXPECT_EQ(Plot(0, video).code(), kInvalid);
}

class RateAccuracyTest : public ::testing::Test {
 protected:
  static std::string Report(const std::string& points,
                            const std::string& clip = "street") {
    return "{\"schema\":\"fovea.rate-accuracy/1\",\"curves\":[{\"clip\":\"" +
           clip +
           "\",\"judge\":\"yolox\",\"policy\":\"boxes/+8\",\"points\":[" +
           points + "]}]}";
  }

  absl::StatusOr<std::string> Draw(const std::string& json) const {
    return RateAccuracySvg("c.json", json, options_);
  }

  static size_t Count(const std::string& text, const std::string& what) {
    size_t count = 0;
    for (size_t at = text.find(what); at != text.npos;
         at = text.find(what, at + 1)) {
      ++count;
    }
    return count;
  }

  RatePlotOptions options_;
};

constexpr char kTwoPoints[] =
    "{\"crf\":30,\"bytes\":90000,\"f1\":0.8,\"soft\":0.3},"
    "{\"crf\":26,\"bytes\":180000,\"f1\":0.9,\"soft\":0.2,\"soft_low\":0.15,"
    "\"soft_high\":0.26}";

TEST_F(RateAccuracyTest, DrawsCurvesAxesLegendAndIntervals) {
  const auto svg = Draw(Report(kTwoPoints));
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_EQ(Count(*svg, "<polyline"), 1U);
  EXPECT_EQ(Count(*svg, "<circle"), 2U);
  EXPECT_THAT(*svg, HasSubstr("street, judged by yolox"));
  EXPECT_THAT(*svg, HasSubstr(">boxes/+8<"));
  EXPECT_THAT(*svg, HasSubstr("lower is better"));
  EXPECT_THAT(*svg, HasSubstr(">100 kB<"));
  EXPECT_THAT(*svg, HasSubstr("crf 26: 180 kB, 0.2"));
  options_.measure = "f1";
  const auto f1 = Draw(Report(kTwoPoints));
  ASSERT_TRUE(f1.ok()) << f1.status();
  EXPECT_THAT(*f1, HasSubstr("higher is better"));
  EXPECT_LT(Count(*f1, "<line"), Count(*svg, "<line"));  // no interval
}

TEST_F(RateAccuracyTest, EscapesNames) {
  const auto svg = Draw(Report(kTwoPoints, "<script>&"));
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(*svg, HasSubstr("&lt;script&gt;&amp;"));
}

TEST_F(RateAccuracyTest, OnePointAndExtremeValuesStillDraw) {
  for (const char* points :
       {"{\"bytes\":1,\"soft\":0}", "{\"bytes\":1e15,\"soft\":-1e15}",
        "{\"bytes\":1,\"soft\":1e15},{\"bytes\":1e15,\"soft\":-1e15}",
        "{\"bytes\":5,\"soft\":1e-15},{\"bytes\":5,\"soft\":2e-15}"}) {
    const auto svg = Draw(Report(points));
    ASSERT_TRUE(svg.ok()) << svg.status();
    EXPECT_THAT(*svg, Not(HasSubstr("nan"))) << points;
    EXPECT_THAT(*svg, Not(HasSubstr("inf"))) << points;
  }
}

TEST_F(RateAccuracyTest, SaysWhatIsWrongWithAReport) {
  for (const std::string& bad :
       {std::string("nonsense"), std::string("[]"), std::string("{}"),
        std::string("{\"schema\":\"fovea.rate-accuracy/1\"}"), Report("1"),
        Report("{\"bytes\":0,\"soft\":1}"),
        Report("{\"bytes\":\"5\",\"soft\":1}"), Report("{\"bytes\":5}"),
        Report("{\"bytes\":5,\"soft\":1e300}")}) {
    const auto svg = Draw(bad);
    EXPECT_EQ(svg.status().code(), kInvalid) << bad;
    EXPECT_THAT(std::string(svg.status().message()), HasSubstr("c.json: "));
  }
}

TEST_F(RateAccuracyTest, DrawsOnlyWhatIsAskedFor) {
  options_.judge = "nobody";
  EXPECT_EQ(Draw(Report(kTwoPoints)).status().code(), kNotFound);
  options_.judge = "yolox";
  options_.policies = {"boxes/+8"};
  EXPECT_TRUE(Draw(Report(kTwoPoints)).ok());
  options_.policies = {"plain"};
  EXPECT_EQ(Draw(Report(kTwoPoints)).status().code(), kNotFound);
}

class SavingsTest : public ::testing::Test {
 protected:
  static std::string Table(const std::string& name, const std::string& rows) {
    return "{\"name\":\"" + name + "\",\"title\":\"of " + name +
           "\",\"rows\":[" + rows + "]}";
  }

  static std::string Row(const std::string& policy, const std::string& value) {
    return "{\"policy\":\"" + policy +
           "\",\"clips\":{\"street\":{\"yolox\":{\"soft\":{\"value\":" + value +
           ",\"low\":-0.2,\"high\":-0.1}}}},\"all\":{\"value\":-0.1}}";
  }

  static std::string Report(const std::string& tables) {
    return "{\"schema\":\"fovea.accuracy/1\",\"clips\":[\"street\"],"
           "\"judges\":[{\"name\":\"yolox\"}],\"tables\":[" +
           tables + "]}";
  }

  absl::StatusOr<std::string> Draw(const std::string& json,
                                   const std::string& table = "") const {
    return SavingsSvg("r.json", json, table, options_);
  }

  RatePlotOptions options_;
};

TEST_F(SavingsTest, DrawsThePoliciesOfTheTableThatCounts) {
  const std::string report =
      Report(Table("plain", Row("aq0", "0.1")) + "," +
             Table("policies-best",
                   Row("best", "0") + "," + Row("boxes/+8", "-0.15")));
  const auto svg = Draw(report);
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, HasSubstr("of policies-best"));
  EXPECT_THAT(*svg, HasSubstr(">boxes/+8<"));
  EXPECT_THAT(*svg, HasSubstr("<title>-15 %</title>"));
  EXPECT_THAT(*svg, HasSubstr(">street<"));
  const auto other = Draw(report, "plain");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_THAT(*other, HasSubstr(">aq0<"));
  EXPECT_THAT(std::string(Draw(report, "none").status().message()),
              HasSubstr("plain, policies-best"));
  options_.policies = {"boxes/+8"};
  EXPECT_THAT(*Draw(report), Not(HasSubstr(">best<")));
}

TEST_F(SavingsTest, FiguresThatDoNotExistAreLeftOut) {
  const auto svg = Draw(Report(Table("t", Row("a", "null"))));
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, HasSubstr("<title>-10 %</title>"));
  EXPECT_THAT(*svg, Not(HasSubstr("nan")));
}

TEST_F(SavingsTest, SaysWhatIsWrongWithAReport) {
  for (const char* bad :
       {"", "[]", "{\"schema\":\"fovea.accuracy/2\"}",
        "{\"schema\":\"fovea.accuracy/1\",\"tables\":[{}]}"}) {
    EXPECT_EQ(Draw(bad).status().code(), kInvalid) << bad;
  }
  EXPECT_EQ(Draw(Report("")).status().code(), kNotFound);
  EXPECT_EQ(Draw(Report(Table("t", ""))).status().code(), kNotFound);
  EXPECT_EQ(Draw(Report("{\"name\":1,\"rows\":3}")).status().code(), kInvalid);
}

}  // namespace
}  // namespace fovea
