// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/report_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "cli/csv_text.h"
#include "cli/error_text.h"
#include "cli/stream_text.h"

namespace fovea::cli {
namespace {

TEST(ReportJson, NanosecondsAreStringsAndSurvive) {
  const Json parsed = Json::parse(JsonText(NanosecondsJson(INT64_MAX)));
  EXPECT_EQ(parsed.get<std::string>(), "9223372036854775807");
}

TEST(ReportJson, DocumentsNameTheirSchemaFirst) {
  EXPECT_EQ(JsonText(Document("ls"), -1), "{\"schema\":\"fovea.ls/1\"}\n");
}

TEST(ReportJson, BytesThatAreNoTextDoNotBreakTheDocument) {
  Json document = Document("ls");
  document["name"] = "bad\xFF name";
  EXPECT_TRUE(Json::accept(JsonText(document)));
}

TEST(ReportJson, AcknowledgementsAreOneLine) {
  Acknowledgement ack;
  ack.stream = "cam";
  ack.first_index = 30;
  ack.last_index = 59;
  const std::string line = JsonText(AcknowledgementJson(ack), -1);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Json parsed = Json::parse(line)["ack"];
  EXPECT_EQ(parsed["stream"], "cam");
  EXPECT_EQ(parsed["first_index"], 30);
  EXPECT_EQ(parsed["last_index"], 59);
  EXPECT_EQ(parsed["chunk"].get<std::string>(), std::string(64, '0'));
}

StreamCounts SomeCounts() {
  StreamCounts counts;
  counts.samples_in = 1003;
  counts.stored = 1000;
  counts.dropped = 1;
  counts.rejected = {{"line 17: 'abc' is not a number", 2}};
  return counts;
}

TEST(ReportJson, CountsShowWhetherTheSumHolds) {
  StreamCounts counts = SomeCounts();
  EXPECT_EQ(CountsJson(counts)["conserved"], true);
  EXPECT_EQ(CountsJson(counts)["rejected"], 2);
  EXPECT_EQ(ConservationText(counts),
            "in 1,003 = stored 1,000 + dropped 1 + rejected 2");
  ++counts.samples_in;
  EXPECT_EQ(CountsJson(counts)["conserved"], false);
  EXPECT_EQ(ConservationText(counts),
            "in 1,004 is NOT stored 1,000 + dropped 1 + rejected 2");
}

TEST(ReportJson, ObservationsAndPriorsAreLists) {
  DerivedReport report;
  EXPECT_EQ(ObservationCountsJson(report), Json::array());
  EXPECT_EQ(PriorsJson(report), Json::array());
  report.observations = {{"car", 31}, {"bad\xFF label", 2}};
  report.priors.push_back({"detector", std::string(64, 'a'), 80, 45, 1234, 0});
  const Json counts = ObservationCountsJson(report);
  EXPECT_EQ(counts[0]["label"], "car");
  EXPECT_EQ(counts[0]["count"], 31);
  EXPECT_TRUE(Json::accept(JsonText(counts)));
  const Json prior = PriorsJson(report)[0];
  EXPECT_EQ(prior["model"], "detector");
  EXPECT_EQ(prior["digest"], std::string(64, 'a'));
  EXPECT_EQ(prior["columns"], 80);
  EXPECT_EQ(prior["rows"], 45);
  EXPECT_EQ(prior["frames"], 1234);
}

double BitsToDouble(uint64_t bits) {
  double value;
  static_assert(sizeof(value) == sizeof(bits));
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

TEST(CsvText, DoublesReadBackToTheSameBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100000; ++i) {
    const double value = BitsToDouble(random());
    if (std::isnan(value)) continue;
    std::string text;
    AppendDouble(value, &text);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(CsvText, SimpleNumbersStayShort) {
  const auto text = [](double value) {
    std::string out;
    AppendDouble(value, &out);
    return out;
  };
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(-0.0), "-0");
  EXPECT_EQ(text(9.81), "9.81");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(CsvText, HeaderCarriesUnitsAndQuotesCommas) {
  SeriesInfo series;
  series.channels = {{"gyro_x", "rad/s"}, {"a,b", ""}};
  EXPECT_EQ(CsvHeader(series), "time_ns,gyro_x [rad/s],\"a,b\"\n");
}

TEST(CsvText, RowsAreSampleMajor) {
  SeriesBatch batch;
  batch.time_ns = {5, 6};
  batch.values = {1, 2, 3, 4.5};
  std::string text;
  AppendCsvRows(batch, 2, &text);
  EXPECT_EQ(text, "5,1,2\n6,3,4.5\n");
}

TEST(ErrorText, IsOneLineWithANextStep) {
  const std::string line =
      ErrorLine(absl::NotFoundError("a.mp4: no such\nfile"), "ingest");
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.rfind("fovea: a.mp4: no such?file; ", 0), 0U) << line;
}

TEST(ErrorText, KeepsTheNextStepAMessageBrings) {
  EXPECT_EQ(ErrorLine(absl::NotFoundError("a: gone; look there"), "ls"),
            "fovea: a: gone; look there");
  EXPECT_EQ(WithNextStep(absl::NotFoundError("a: gone"), "look here").message(),
            "a: gone; look here");
}

}  // namespace
}  // namespace fovea::cli
