// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/csv_source.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "codec/formats/csv_layout.h"
#include "codec/formats/csv_parser.h"
#include "codec/series_block.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using testing::TempDir;
using testing::WriteFileText;

// Everything a table gave.
struct Table {
  SourceInfo info;
  SeriesBatch all;
  std::vector<Rejected> rejected;
  int64_t rejected_rows = 0;
  size_t batches = 0;
  absl::Status end;
};

class CsvSourceTest : public ::testing::Test {
 protected:
  absl::Status OpenError(const std::string& text) {
    WriteFileText(path_, text);
    return OpenCsvSource(path_, options_).status();
  }

  Table Read(const std::string& text) {
    WriteFileText(path_, text);
    return ReadPath(path_);
  }

  Table ReadPath(const std::string& path) {
    Table table;
    auto source = OpenCsvSource(path, options_);
    EXPECT_TRUE(source.ok()) << source.status();
    if (!source.ok()) return table;
    table.info = (*source)->info();
    while (true) {
      auto item = (*source)->Next();
      if (!item.ok()) table.end = item.status();
      if (!item.ok() || !item->has_value()) return table;
      Add(**item, &table);
    }
  }

  static void Add(const SourceItem& item, Table* table) {
    if (const auto* rejected = std::get_if<Rejected>(&item.value)) {
      table->rejected.push_back(*rejected);
      table->rejected_rows += rejected->samples;
      return;
    }
    const auto& batch = std::get<SeriesBatch>(item.value);
    ++table->batches;
    table->all.time_ns.insert(table->all.time_ns.end(), batch.time_ns.begin(),
                              batch.time_ns.end());
    table->all.values.insert(table->all.values.end(), batch.values.begin(),
                             batch.values.end());
    const size_t channels = batch.values.size() / batch.time_ns.size();
    const auto block = EncodeSeriesBlock(batch, channels);
    ASSERT_TRUE(block.ok()) << block.status();
    const auto decoded = DecodeSeriesBlock(*block);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->batch.time_ns, batch.time_ns);
    for (size_t i = 0; i < batch.values.size(); ++i) {
      ASSERT_EQ(std::bit_cast<uint64_t>(decoded->batch.values[i]),
                std::bit_cast<uint64_t>(batch.values[i]));
    }
  }

  TempDir folder_;
  std::string path_ = folder_.File("t.csv");
  SourceOptions options_;
};

TEST_F(CsvSourceTest, ReadsTheUsualDialects) {
  for (const char* header :
       {"time,gx,gy,gz,ax,ay,az",
        "#timestamp [ns],w_RS_S_x [rad s^-1],w_RS_S_y [rad s^-1],w_RS_S_z "
        "[rad s^-1],a_RS_S_x [m s^-2],a_RS_S_y [m s^-2],a_RS_S_z [m s^-2]",
        "Time (s), Gyroscope X (deg/s), Gyroscope Y (deg/s), Gyroscope Z "
        "(deg/s), Accelerometer X (g), Accelerometer Y (g), Accelerometer Z "
        "(g)",
        "timestamp,x_gyro,y_gyro,z_gyro,x_acc,y_acc,z_acc",
        "T,GX,GY,GZ,AX,AY,AZ",
        "t,angular_velocity.x,angular_velocity.y,angular_velocity.z,"
        "linear_acceleration.x,linear_acceleration.y,"
        "linear_acceleration.z"}) {
    const Table table =
        Read(std::string(header) + "\n0,1,2,3,0,0,9.8\n1,1,2,3,0,0,9.8\n");
    ASSERT_EQ(table.info.tracks.size(), 1u) << header;
    EXPECT_EQ(table.info.tracks[0].kind, StreamKind::kImu) << header;
    EXPECT_EQ(table.info.tracks[0].series.channels[0].name, "gyro_x");
    EXPECT_EQ(table.info.tracks[0].series.channels[5].name, "accel_z");
    EXPECT_EQ(table.all.time_ns.size(), 2u);
  }
}

TEST_F(CsvSourceTest, StatedUnitsAreKeptAndMissingOnesGuessed) {
  Table table = Read(
      "time (ms),gx (deg/s),gy (deg/s),gz (deg/s),ax,ay,az\n"
      "0,1,2,3,0,0,9.8\n5,1,2,3,0,0,9.8\n");
  EXPECT_EQ(table.info.tracks[0].series.channels[0].unit, "deg/s");
  EXPECT_EQ(table.info.tracks[0].series.channels[3].unit, "m/s2");
  EXPECT_EQ(table.all.time_ns[1], 5'000'000);
  EXPECT_DOUBLE_EQ(table.info.tracks[0].series.rate_hz, 200);
  options_.time_unit = "us";
  options_.accel_unit = "g";
  table = Read("time,ax\n10,1\n20,1\n");
  EXPECT_EQ(table.info.tracks[0].series.channels[0].unit, "g");
  EXPECT_EQ(table.all.time_ns[1], 10'000);
}

TEST_F(CsvSourceTest, TimeUnitComesFromSizeAndStep) {
  const auto times = [&](const std::string& a, const std::string& b) {
    return Read("t,v\n" + a + ",1\n" + b + ",2\n").all.time_ns;
  };
  using Times = std::vector<int64_t>;
  EXPECT_EQ(times("1657534570154", "1657534570160"),
            (Times{1657534570154000000, 1657534570160000000}));
  EXPECT_EQ(times("1657534570.154000001", "1657534570.16"),
            (Times{1657534570154000001, 1657534570160000000}));
  EXPECT_EQ(times("1657534570154001", "1657534570160002"),
            (Times{1657534570154001000, 1657534570160002000}));
  EXPECT_EQ(times("1403715273262142976", "1403715273267142912"),
            (Times{1403715273262142976, 1403715273267142912}));
  EXPECT_EQ(times("7.5", "7.505"), (Times{0, 5'000'000}));
  EXPECT_EQ(times("1000", "1005"), (Times{0, 5'000'000}));
  EXPECT_EQ(times("1000", "6000"), (Times{0, 5'000'000}));
  EXPECT_EQ(times("1000", "5001000"), (Times{0, 5'000'000}));
}

TEST_F(CsvSourceTest, HeaderlessNeedsNamesAndTakesThem) {
  EXPECT_EQ(OpenError("0,1,2\n1,2,3\n").code(),
            absl::StatusCode::kInvalidArgument);
  options_.csv_columns = "t,-,current";
  const Table table = Read("0,1,2\n1,2,3\n");
  EXPECT_EQ(table.all.values, (std::vector<double>{2, 3}));
  EXPECT_EQ(table.info.tracks[0].series.channels[0].name, "current");
  EXPECT_EQ(table.info.tracks[1].rejected, "column skipped as asked");
  options_.csv_columns = "t,a";
  EXPECT_NE(OpenError("0,1,2\n").message().find("first row 3"),
            std::string::npos);
}

TEST_F(CsvSourceTest, BadRowsAreRejectedWithTheirLine) {
  const Table table =
      Read("t,v\n0,1\n1,nan\n2,abc\n3\n4,5,6\nx,1\n5,2\n\n# note\n6,inf\n");
  EXPECT_EQ(table.all.time_ns, (std::vector<int64_t>{0, 5'000'000'000}));
  EXPECT_EQ(table.rejected_rows, 6);
  ASSERT_FALSE(table.rejected.empty());
  EXPECT_EQ(
      table.rejected[0].reason.find("t.csv line 3: 'nan' is not a number ("),
      0U)
      << table.rejected[0].reason;
}

TEST_F(CsvSourceTest, AMillionBadRowsAreOneItem) {
  std::string text = "t,v\n0,1\n0.1,2\n";
  for (int i = 0; i < 1'000'000; ++i) text += "x\n";
  const Table table = Read(text);
  EXPECT_EQ(table.rejected.size(), 1u);
  EXPECT_EQ(table.rejected_rows, 1'000'000);
}

TEST_F(CsvSourceTest, BackwardAndRepeatedTimesStayInOrder) {
  const Table table = Read("t (s),v\n5,1\n5,2\n4.5,3\n6,4\n");
  EXPECT_EQ(table.all.time_ns,
            (std::vector<int64_t>{0, 0, -500'000'000, 1'000'000'000}));
  EXPECT_EQ(table.rejected_rows, 0);
}

TEST_F(CsvSourceTest, WhitespaceByteOrderMarkAndOtherDelimiters) {
  for (const char* text :
       {"\xEF\xBB\xBFt,v\r\n0,1.5\r\n1,2.5\r\n", "t;v\n0;1.5\n1;2.5",
        "t\tv\n0\t1.5\n1\t2.5\n", "t v\n0  1.5\n 1   2.5\n",
        "\"t\",\"v\"\n\"0\",\"1.5\"\n\"1\",\"2.5\"\n"}) {
    const Table table = Read(text);
    EXPECT_EQ(table.all.values, (std::vector<double>{1.5, 2.5})) << text;
  }
}

TEST_F(CsvSourceTest, TextColumnsAreRejectedByName) {
  const Table table = Read("t,v,label\n0,1,WALKING\n1,2,SEATED\n");
  ASSERT_EQ(table.info.tracks.size(), 2u);
  EXPECT_EQ(table.info.tracks[1].suffix, "label");
  EXPECT_EQ(table.info.tracks[1].rejected,
            "column 'label' is text: not stored");
  EXPECT_EQ(table.all.values, (std::vector<double>{1, 2}));
}

TEST_F(CsvSourceTest, ErrorsNameTheFile) {
  for (const char* text : {"", "t,v\n", "a,b\n1,2\n", "t,v\nx,y\n", "\n\n"}) {
    const absl::Status status = OpenError(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(status.message().find(path_), std::string::npos) << status;
  }
  EXPECT_EQ(OpenCsvSource(folder_.File("none"), options_).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(OpenCsvSource(folder_.path(), options_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(CsvSourceTest, LinesBeyondTheLimitAreNamedAndReadOver) {
  for (const size_t length : {4097U, 65'536U, 10'000'000U}) {
    const std::string endless(length, '7');
    const Table table = Read(endless + "\nt,v\n0,1\n1,2\n" + endless +
                             "\r\n2,3\n3,x\n4,5\n" + endless);
    ASSERT_TRUE(table.end.ok()) << table.end;
    EXPECT_EQ(table.all.values, (std::vector<double>{1, 2, 3, 5})) << length;
    EXPECT_EQ(table.rejected_rows, 4) << length;
    ASSERT_FALSE(table.rejected.empty());
    EXPECT_EQ(table.rejected[0].reason.find(
                  "t.csv line 1: " + std::to_string(length) + " bytes"),
              0U)
        << table.rejected[0].reason;
  }
}

TEST_F(CsvSourceTest, ALineAtTheLimitIsReadAsAnyOther) {
  std::string padded = "1,2";
  padded.resize(4096, ' ');
  const Table table = Read("t,v\n0,1\n" + padded + "\n2,3\n");
  EXPECT_EQ(table.all.values, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(table.rejected_rows, 0);
  const absl::Status only = OpenError(std::string(5000, '7'));
  EXPECT_NE(only.message().find("line 1 is 5000 bytes long"), std::string::npos)
      << only;
}

TEST_F(CsvSourceTest, DurationAndBatches) {
  std::string text = "t,v\n";
  for (int i = 0; i < 1000; ++i) {
    text += std::to_string(i * 10) + "," + std::to_string(i) + "\n";
  }
  EXPECT_EQ(Read(text).batches, 10u);
  options_.max_duration_ns = 500'000'000;
  EXPECT_EQ(Read(text).all.time_ns.size(), 50u);
}

TEST(ParseScaledTest, IsExactWhereDoublesAreNot) {
  EXPECT_EQ(ParseScaled("1657534570.123456789", 9), 1657534570123456789);
  EXPECT_EQ(ParseScaled("-0.0000000005", 9), 0);
  EXPECT_EQ(ParseScaled("0.0000000015", 9), 2);
  EXPECT_EQ(ParseScaled("0.0000000025", 9), 2);
  EXPECT_EQ(ParseScaled("0.00000000250001", 9), 3);
  EXPECT_EQ(ParseScaled("1.403715273262142976e18", 0), 1403715273262142976);
  EXPECT_EQ(ParseScaled("9223372036854775807", 0), INT64_MAX);
  EXPECT_EQ(ParseScaled("9223372036854775808", 0), std::nullopt);
  EXPECT_EQ(ParseScaled("-9223372036854775808", 0), INT64_MIN);
  EXPECT_EQ(ParseScaled("1e400", 0), std::nullopt);
  EXPECT_EQ(ParseScaled("1e-400", 0), 0);
  for (const char* bad : {"", "-", ".", "1e", "1e+-2", "0x10", "1 2", "nan"}) {
    EXPECT_EQ(ParseScaled(bad, 9), std::nullopt) << bad;
  }
}

TEST_F(CsvSourceTest, ReadsEveryActivityRecording) {
  FOVEA_NEED_TEST_DATA(folder, "imu/har_sp_sw");
  size_t files = 0;
  size_t rows = 0;
  for (const char* subject : {"s02", "s03", "s05"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(folder + "/" + subject)) {
      const Table table = ReadPath(entry.path().string());
      EXPECT_EQ(table.rejected_rows, 0) << entry.path();
      ASSERT_EQ(table.info.tracks.size(), 2u);
      EXPECT_EQ(table.info.tracks[0].kind, StreamKind::kImu);
      EXPECT_EQ(table.info.tracks[0].series.channels[0].unit, "m/s2");
      EXPECT_EQ(table.info.tracks[1].suffix, "label");
      EXPECT_GT(table.all.time_ns[0], 1'600'000'000'000'000'000);
      rows += table.all.time_ns.size();
      ++files;
    }
  }
  EXPECT_EQ(files, 58u);
  EXPECT_EQ(rows, 11162u + 10301 + 10572 + 11224 + 10234 + 10757);
}

TEST_F(CsvSourceTest, ReadsTheGaitRecording) {
  FOVEA_NEED_TEST_DATA(path, "imu/gait_long_walk.csv");
  const Table table = ReadPath(path);
  EXPECT_EQ(table.all.time_ns.size(), 28132u);
  EXPECT_EQ(table.rejected_rows, 0);
  EXPECT_EQ(table.info.tracks[0].kind, StreamKind::kImu);
  EXPECT_EQ(table.info.tracks[0].series.channels[0].unit, "deg/s");
  EXPECT_EQ(table.info.tracks[0].series.channels[3].unit, "g");
  EXPECT_NEAR(table.info.tracks[0].series.rate_hz, 400, 5);
  EXPECT_EQ(table.all.time_ns[2], 2'509'117);
}

TEST_F(CsvSourceTest, AColumnOfTextComesWithItsRows) {
  WriteFileText(path_,
                "t,gx,act\n0,1,SIT\n1,2,\n2,x,WALK\n3,4,\"SIT\"\n4,5,WALK\n");
  CsvText text{"act", {}, {}};
  auto source = OpenCsvSource(path_, options_, CsvClock::kDetect, &text);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().tracks.size(), 1u);
  Table table;
  while (true) {
    auto item = (*source)->Next();
    ASSERT_TRUE(item.ok()) << item.status();
    if (!item->has_value()) break;
    Add(**item, &table);
  }
  // The row that could not be read has none.
  EXPECT_EQ(table.all.time_ns.size(), 4u);
  EXPECT_EQ(text.texts, (std::vector<std::string>{"SIT", "", "WALK"}));
  EXPECT_EQ(text.rows, (std::vector<uint16_t>{0, 1, 0, 2}));
}

TEST_F(CsvSourceTest, ATextColumnMayHoldNumbers) {
  WriteFileText(path_, "t,gx,act\n0,1,7\n1,2,8\n");
  CsvText text{"act", {}, {}};
  auto source = OpenCsvSource(path_, options_, CsvClock::kDetect, &text);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().tracks[0].series.channels.size(), 1u);
  ASSERT_TRUE((*source)->Next().ok());
  EXPECT_EQ(text.texts, (std::vector<std::string>{"7", "8"}));
}

TEST_F(CsvSourceTest, ATextColumnThatIsNotThereOrHasTooManyTexts) {
  std::string rows = "t,gx,act\n";
  for (size_t i = 0; i <= kMaxCsvTexts; ++i) {
    rows += std::to_string(i) + ",1,label " + std::to_string(i) + "\n";
  }
  WriteFileText(path_, rows);
  CsvText text{"label", {}, {}};
  auto source = OpenCsvSource(path_, options_, CsvClock::kDetect, &text);
  EXPECT_EQ(source.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(source.status().message().find("there are t, gyro_x, act"),
            std::string::npos)
      << source.status();
  text.column = "act";
  source = OpenCsvSource(path_, options_, CsvClock::kDetect, &text);
  ASSERT_TRUE(source.ok()) << source.status();
  absl::Status end;
  for (size_t i = 0; end.ok() && i <= kMaxCsvTexts; ++i) {
    end = (*source)->Next().status();
  }
  EXPECT_EQ(end.code(), absl::StatusCode::kResourceExhausted) << end;
}

}  // namespace
}  // namespace fovea
