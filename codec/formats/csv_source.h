// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numeric tables with a time column: IMU logs and any other series.

#ifndef FOVEA_CODEC_FORMATS_CSV_SOURCE_H_
#define FOVEA_CODEC_FORMATS_CSV_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

inline constexpr size_t kMaxCsvTexts = 1024;

// What one column says beside the numbers: labels of what was recorded.
struct CsvText {
  std::string column;              // as the header names it
  std::vector<std::string> texts;  // those there are, as they come
  std::vector<uint16_t> rows;      // which one, of each row that is delivered
};

// Opens a CSV file (comma, semicolon, tab or spaces). Columns come from the
// header's names or options.csv_columns; time unit and sensor units are
// detected, told in SourceInfo::notes, and can be overridden. Six inertial
// channels make an imu track, anything else a series. Values are kept as
// read (no unit conversion); the unit is recorded, and so is how each column's
// fields are written, blanks and quotes around them apart. Rows that do not
// parse (text, NaN, wrong column count, too long) are Rejected items naming
// file and line, and reading goes on after them. Times that do not look like an
// absolute clock are shifted to start at 0, unless kAsWritten says that other
// files share this one's clock. `text` (may be null; outlives the source) gets
// what its column says as rows are read; the column is no channel then, even
// one of numbers. No column of that name is kInvalidArgument, more than
// kMaxCsvTexts texts kResourceExhausted.
enum class CsvClock { kDetect, kAsWritten };
absl::StatusOr<std::unique_ptr<Source>> OpenCsvSource(
    const std::string& path, const SourceOptions& options,
    CsvClock clock = CsvClock::kDetect, CsvText* text = nullptr);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_CSV_SOURCE_H_
