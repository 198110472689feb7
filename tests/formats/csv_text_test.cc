// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tables given back letter for letter: read, kept as a series file, read
// again, written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codec/formats/csv_parser.h"
#include "codec/formats/csv_source.h"
#include "codec/formats/csv_writer.h"
#include "codec/formats/series_file_source.h"
#include "codec/formats/series_file_writer.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ReadFileBytes;
using testing::TempDir;
using testing::WriteFileText;

using Rows = std::vector<std::vector<std::string>>;

// The fields of a table below its first line; without `left_out`, columns by
// their place.
Rows FieldsOf(const std::string& path, const std::vector<size_t>& left_out) {
  Rows rows;
  const auto lines = LineReader::Open(path, 4096);
  EXPECT_TRUE(lines.ok()) << lines.status();
  std::string line;
  while (lines.ok() && (*lines)->Next(&line)) {
    if ((*lines)->line_number() == 1) continue;
    std::vector<std::string>& row = rows.emplace_back();
    const auto fields = SplitFields(line, ',');
    for (size_t i = 0; i < fields.size(); ++i) {
      if (std::count(left_out.begin(), left_out.end(), i) != 0) continue;
      row.emplace_back(fields[i]);
    }
  }
  return rows;
}

std::string Text(const std::string& path) {
  const auto bytes = ReadFileBytes(path);
  return {bytes.begin(), bytes.end()};
}

class CsvTextTest : public ::testing::Test {
 protected:
  // What `take` does with all batches of a source.
  static void Drain(Source* source,
                    const std::function<absl::Status(SeriesBatch)>& take) {
    while (true) {
      auto item = source->Next();
      ASSERT_TRUE(item.ok()) << item.status();
      if (!item->has_value()) return;
      auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
      if (batch == nullptr) continue;
      const absl::Status taken = take(std::move(*batch));
      ASSERT_TRUE(taken.ok()) << taken;
    }
  }

  // A table as a series file, its first track; the rules that were found.
  std::string Encode(const std::string& table,
                     const std::vector<double>& bounds = {}) {
    auto source = OpenCsvSource(table, {});
    EXPECT_TRUE(source.ok()) << source.status();
    if (!source.ok()) return "";
    SeriesFileInput input;
    input.track = (*source)->info().tracks[0];
    input.coding.bounds = bounds;
    auto writer = SeriesFileWriter::Create(file_, {&input, 1}, 1'000'000'000);
    EXPECT_TRUE(writer.ok()) << writer.status();
    if (!writer.ok()) return "";
    Drain(source->get(),
          [&](const SeriesBatch& batch) { return (*writer)->Add(0, batch); });
    EXPECT_TRUE((*writer)->Finish().ok());
    return PrintRulesText(input.track.series.rules);
  }

  // The series file as a table.
  std::string Decode(const SourceOptions& options = {}) {
    auto source = OpenSeriesFile(file_, options);
    EXPECT_TRUE(source.ok()) << source.status();
    if (!source.ok()) return "";
    auto writer = CsvWriter::Create(out_, (*source)->info().tracks[0].series);
    EXPECT_TRUE(writer.ok()) << writer.status();
    if (!writer.ok()) return "";
    Drain(source->get(),
          [&](const SeriesBatch& batch) { return (*writer)->Add(batch); });
    EXPECT_TRUE((*writer)->Finish().ok());
    return Text(out_);
  }

  // All fields but times and what is not stored come back.
  void ExpectSameFields(const std::string& table,
                        const ::testing::Matcher<std::string>& rules,
                        const std::vector<size_t>& left_out = {0}) {
    SCOPED_TRACE(table);
    EXPECT_THAT(Encode(table), rules);
    Decode();
    const Rows given = FieldsOf(table, left_out);
    EXPECT_FALSE(given.empty());
    EXPECT_TRUE(given == FieldsOf(out_, {0}));
  }

  // A table of these columns, a hundred rows a second.
  std::string Write(
      size_t rows,
      const std::vector<std::function<std::string(size_t row)>>& columns) {
    std::string text = "time_ns";
    for (size_t c = 0; c < columns.size(); ++c) {
      text += ",c" + std::to_string(c);
    }
    text += '\n';
    for (size_t i = 0; i < rows; ++i) {
      text += std::to_string(i * 10'000'000);
      for (const auto& column : columns) text += "," + column(i);
      text += '\n';
    }
    WriteFileText(table_, text);
    return table_;
  }

  TempDir folder_;
  const std::string table_ = folder_.File("t.csv");
  const std::string file_ = folder_.File("t.fser");
  const std::string out_ = folder_.File("out.csv");
};

std::string Printf(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

double Noise(size_t row) {
  std::minstd_rand random(static_cast<unsigned>(row) + 1);
  random.discard(5);
  return std::normal_distribution<double>(0, 3)(random);
}

TEST_F(CsvTextTest, EachColumnIsWrittenAsItWas) {
  ExpectSameFields(
      Write(1500, {[](size_t i) { return Printf("%.6f", Noise(i)); },
                   [](size_t i) { return Printf("%.17g", Noise(i)); },
                   [](size_t i) { return Printf("%.8e", Noise(i)); },
                   [](size_t i) { return std::to_string(i); },
                   [](size_t i) { return Printf("%.1f", Noise(i)); },
                   [](size_t) { return std::string("0.000"); }}),
      "%.6f; %.17g; %.8e; shortest; shortest, 2.0; %.3f");
}

TEST_F(CsvTextTest, FewOtherFieldsAreKeptBesideTheRule) {
  const std::vector<std::string> others = {"1e5", "+1.0", "2.500000000", "-0",
                                           "007", ".5",   "1E+02",       "3."};
  ExpectSameFields(
      Write(1200, {[&](size_t i) {
                     return i % 40 == 7 ? others[i / 40 % others.size()]
                                        : Printf("%.3f", Noise(i));
                   },
                   [](size_t i) { return Printf("%.2f", Noise(i)); }}),
      "%.3f; %.2f");
}

TEST_F(CsvTextTest, BlanksAndQuotesAroundFieldsAreNotKept) {
  WriteFileText(table_, "t,a,b\n0, 2.50,\"1.0\"\n1,\t3.25 , \"4.5\" \n");
  Encode(table_);
  EXPECT_EQ(Decode(), "timestamp [ns],a,b\n0,2.50,1.0\n1000000000,3.25,4.5\n");
}

TEST_F(CsvTextTest, RowsThatAreNoNumbersAreLeftOutAndOthersKeepTheirText) {
  WriteFileText(table_,
                "t,a\n0,1.50\n1,nan\n2,\n3,inf\n4,2.50\n5,3.25\n6,4.00\n");
  Encode(table_);
  EXPECT_EQ(Decode(),
            "timestamp [ns],a\n0,1.50\n4000000000,2.50\n5000000000,3.25\n"
            "6000000000,4.00\n");
}

TEST_F(CsvTextTest, AColumnByNoRuleGoesAsValues) {
  const auto any = [](size_t i) {
    return i % 3 == 0   ? Printf("%.3f", Noise(i))
           : i % 3 == 1 ? Printf("%.6e", Noise(i))
                        : "0" + Printf("%.9g", Noise(i) * Noise(i));
  };
  const auto ruled = [](size_t i) { return Printf("%.4f", Noise(i)); };
  EXPECT_EQ(Encode(Write(3000, {any, ruled})), "unknown; %.4f");
  const std::string out = Decode();
  EXPECT_THAT(out, Not(HasSubstr("e+00")));
  EXPECT_THAT(out, HasSubstr("," + ruled(2999) + "\n"));
}

// The rule is found in the first 2,048 rows; later blocks that it does not fit
// go without, others keep theirs.
TEST_F(CsvTextTest, WhereTheWritingChangesTextIsUnknown) {
  const auto turning = [](size_t i) {
    return Printf(i < 3000 || i >= 4000 ? "%.3f" : "%.7e", Noise(i) + 100);
  };
  EXPECT_EQ(Encode(Write(5000, {turning})), "%.3f");
  Decode();
  const Rows given = FieldsOf(table_, {0});
  const Rows again = FieldsOf(out_, {0});
  ASSERT_EQ(again.size(), given.size());
  size_t same = 0;
  for (size_t i = 0; i < given.size(); ++i) {
    if (i < 3000 || i >= 4000) {
      EXPECT_EQ(again[i], given[i]) << i;
    }
    same += again[i] == given[i] ? 1 : 0;
    EXPECT_EQ(std::stod(again[i][0]), std::stod(given[i][0])) << i;
  }
  EXPECT_LT(same, 4100u);
}

TEST_F(CsvTextTest, APartOfATimeHasItsText) {
  const auto field = [](size_t i) {
    return i % 37 == 5 ? "0" + std::to_string(i) : Printf("%.3f", Noise(i));
  };
  EXPECT_EQ(Encode(Write(1000, {field})), "%.3f");
  SourceOptions part;
  part.from_ns = 2'350'000'000;
  part.to_ns = 5'010'000'000;
  Decode(part);
  const Rows again = FieldsOf(out_, {0});
  ASSERT_EQ(again.size(), 501u - 235);
  for (size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i][0], field(i + 235));
  }
}

TEST_F(CsvTextTest, WithinBoundsValuesAreWrittenShort) {
  const auto field = [](size_t i) { return Printf("%.9f", Noise(i)); };
  Encode(Write(500, {field, field}), {0.25, 0});
  const Rows given = FieldsOf((Decode(), table_), {0});
  const Rows again = FieldsOf(out_, {0});
  ASSERT_EQ(again.size(), given.size());
  for (size_t i = 0; i < given.size(); ++i) {
    const double value = std::stod(again[i][0]);
    EXPECT_NEAR(value, std::stod(given[i][0]), 0.25);
    EXPECT_TRUE(IsWrittenBy({}, again[i][0], value)) << again[i][0];
    EXPECT_EQ(again[i][1], given[i][1]);
  }
}

// A column that no rule explains from the first batch on takes no more room
// than its values do.
TEST_F(CsvTextTest, TextThatIsNotKeptTakesNoRoom) {
  const auto odd = [](size_t i) { return Printf("%.12e", Noise(i) / 7); };
  const auto turning = [&](size_t i) {
    return i < 2048 ? Printf("%.2f", Noise(i)) : odd(i);
  };
  Encode(Write(6000, {turning}));
  const size_t beside = ReadFileBytes(file_).size();
  Encode(Write(6000, {[&](size_t i) {
                 return i < 2048 ? Printf("%.2f", Noise(i))
                                 : Printf("%.17g", std::stod(odd(i)));
               }}));
  EXPECT_NEAR(static_cast<double>(beside),
              static_cast<double>(ReadFileBytes(file_).size()), 100);
}

TEST_F(CsvTextTest, OfEuroc) {
  FOVEA_NEED_TEST_DATA(path,
                       "camera_imu/euroc_v1_01_excerpt/mav0/imu0/data.csv");
  ExpectSameFields(path, HasSubstr("%.17g, 2.0"));
}

TEST_F(CsvTextTest, OfTheGaitRecorder) {
  FOVEA_NEED_TEST_DATA(path, "imu/gait_long_walk.csv");
  ExpectSameFields(path, "shortest");
}

TEST_F(CsvTextTest, OfPhonesAndWatches) {
  FOVEA_NEED_TEST_DATA(folder, "imu/har_sp_sw");
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder + "/s02")) {
    ExpectSameFields(entry.path().string(), HasSubstr("shortest"), {6, 7});
    ++files;
  }
  EXPECT_GT(files, 0u);
}

}  // namespace
}  // namespace fovea
