// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reports over made-up points whose figures are known.

#include "bench/accuracy/results.h"

#include <string>
#include <vector>

#include "bench/accuracy/report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace fovea::bench {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::vector<double> kCrfs = {20, 26, 32};

// Bytes fall by a quarter per six CRF steps, times `scale`; agreement
// depends on crf alone.
class ResultsTest : public ::testing::Test {
 protected:
  void Run(const std::string& clip, const std::string& policy, double scale,
           double second_half_scale, double shift = 0) {
    for (const std::string judge : {"fastestdet", "yolox"}) {
      for (const double crf : kCrfs) {
        points_.push_back(MakePoint(clip, policy, judge, crf + shift, scale,
                                    second_half_scale));
      }
    }
  }

  void Run(const std::string& clip, const std::string& policy, double scale) {
    Run(clip, policy, scale, scale);
  }

  Results Make() const {
    return Results(points_, kCrfs,
                   {{"fastestdet", 0.6F, 0.1, "a"}, {"yolox", 0.3F, 0.1, "b"}},
                   1);
  }

 private:
  static Point MakePoint(const std::string& clip, const std::string& policy,
                         const std::string& judge, double crf, double scale,
                         double second_half_scale) {
    Point point;
    point.settings = "{}";
    point.clip = clip;
    point.policy = policy;
    point.judge = judge;
    point.crf = crf;
    point.frames_per_second = 25;
    const double bytes = 1e6 * std::exp2(-crf / 3);
    const int missed = static_cast<int>(crf - 10);
    for (int i = 0; i < 40; ++i) {
      point.frame_bytes.push_back(
          static_cast<int>(bytes * (i < 20 ? scale : second_half_scale)));
      point.agreement.push_back({40 - missed, 0, missed, crf, 100});
    }
    point.cost.encode_ms = 10;
    return point;
  }

  std::vector<Point> points_;
};

TEST_F(ResultsTest, FewerBytesForTheSameAnswersAreFoundExactly) {
  Run("ua", kDefaultPlain, 1);
  Run("ua", "proxy", 0.8);
  const Results results = Make();
  const Cell cell =
      results.Compare("ua", kDefaultPlain, "proxy", results.judges()[0]);
  EXPECT_NEAR(*cell.f1.value, -0.2, 1e-3);
  EXPECT_NEAR(*cell.soft.value, -0.2, 1e-3);
  EXPECT_NEAR(*results.SoftMean("ua", kDefaultPlain, "proxy"), -0.2, 1e-3);
}

TEST_F(ResultsTest, TheBestPlainSettingIsChosenClipByClip) {
  for (const auto& [clip, aq0, shifted] :
       {std::tuple{"ua", 0.9, 0.8}, std::tuple{"dc", 0.7, 0.75}}) {
    Run(clip, kDefaultPlain, 1);
    Run(clip, "plain/aq0/c0", aq0);
    Run(clip, "plain/aq1/c-6", shifted);
    Run(clip, "proxy", 0.5);
  }
  const Results results = Make();
  EXPECT_EQ(results.Best("ua", IsPlain), "plain/aq1/c-6");
  EXPECT_EQ(results.Best("ua", IsPlainUnshifted), "plain/aq0/c0");
  EXPECT_EQ(results.Best("dc", IsPlain), "plain/aq0/c0");
  EXPECT_EQ(results.Best("gp", IsPlain), "");
}

TEST_F(ResultsTest, HalvesAreMeasuredApart) {
  Run("ua", kDefaultPlain, 1);
  Run("ua", "proxy", 0.5, 0.9);
  const Results results = Make();
  const auto mean = [&](Part part) {
    return *results.SoftMean("ua", kDefaultPlain, "proxy", part);
  };
  EXPECT_NEAR(mean(Part::kFirstHalf), -0.5, 1e-3);
  EXPECT_NEAR(mean(Part::kSecondHalf), -0.1, 1e-3);
}

TEST_F(ResultsTest, StrengthIsTunedOnTheFirstHalfAndToldOfTheSecond) {
  Run("ua", kDefaultPlain, 1);
  Run("ua", "boxes/yolox/+8", 0.9, 0.7);
  Run("ua", "boxes/yolox/+12", 0.8, 0.95);
  const auto rows = TunedRows(Make());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].family, "boxes/yolox");
  EXPECT_EQ(rows[0].chosen, "boxes/yolox/+12");
  EXPECT_EQ(rows[0].reference, kDefaultPlain);
  EXPECT_NEAR(*rows[0].cells[0].soft.value, -0.05, 1e-3);
}

TEST_F(ResultsTest, AnIncompleteCurveIsNoCurve) {
  Run("ua", kDefaultPlain, 1);
  const Results results = Make();
  EXPECT_TRUE(results.Curve("ua", "proxy", "yolox").empty());
  EXPECT_FALSE(results.SoftMean("ua", kDefaultPlain, "proxy").has_value());
  EXPECT_FALSE(results.NoiseOf("ua", results.judges()[0]).has_value());
}

TEST_F(ResultsTest, NoiseIsMeasuredBetweenNeighbouringRates) {
  Run("ua", kDefaultPlain, 1);
  Run("ua", kDefaultPlain, 1, 1, 1);
  const Results results = Make();
  const auto noise = results.NoiseOf("ua", results.judges()[0]);
  ASSERT_TRUE(noise.has_value());
  EXPECT_NEAR(noise->soft_step, 0.01, 1e-9);
  EXPECT_NEAR(*noise->soft_half, 0, 1e-2);
}

TEST_F(ResultsTest, ReportsSayTheSameInBothForms) {
  Run("ua", kDefaultPlain, 1);
  Run("ua", "proxy", 0.8);
  const Results results = Make();
  const Report report = MakeReport(results);
  const std::string text = Markdown(report);
  EXPECT_THAT(text, HasSubstr("| proxy | -20/-20/-20/-20 |"));
  EXPECT_THAT(text, HasSubstr("None: all settings are global."));
  const json parsed = json::parse(ReportJson(report));
  EXPECT_EQ(parsed.at("schema"), "fovea.accuracy/1");
  EXPECT_EQ(parsed.at("tables").size(), 8U);
  const json curves = json::parse(CurvesJson(results));
  EXPECT_EQ(curves.at("curves").size(), 4U);
  const json& points = curves.at("curves").at(0).at("points");
  ASSERT_EQ(points.size(), 3U);
  EXPECT_LT(points[0].at("bytes"), points[1].at("bytes"));
  EXPECT_LT(points[0].at("f1"), points[1].at("f1"));
}

}  // namespace
}  // namespace fovea::bench
