// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the columns of a sensor table mean: dialects of header names, units
// written in them, and guesses from the first rows where they are silent.

#ifndef FOVEA_CODEC_FORMATS_CSV_LAYOUT_H_
#define FOVEA_CODEC_FORMATS_CSV_LAYOUT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"
#include "codec/sample.h"

namespace fovea {

struct CsvColumn {
  enum class Role { kTime, kValue, kText, kSkipped };
  enum class Quantity { kOther, kGyro, kAccel, kMag };
  Role role = Role::kValue;
  Quantity quantity = Quantity::kOther;
  char axis = 0;    // 'x', 'y', 'z' or 0
  Channel channel;  // of values; the name as written for the others
};

struct CsvLayout {
  char delimiter = ',';
  std::vector<CsvColumn> columns;
  size_t time_column = 0;
  int time_exponent = 0;  // time field x 10^this = nanoseconds
  double rate_hz = 0;
  StreamKind kind = StreamKind::kSeries;
  std::vector<std::string> notes;

  std::vector<Channel> Channels() const;
};

// The delimiter that `line` is split by.
char FindDelimiter(std::string_view line);

// Whether no field of `line` is a number.
bool IsHeaderLine(std::string_view line, char delimiter);

// Meaning of one header name: "Gyroscope X (deg/s)", "w_RS_S_x [rad s^-1]",
// "x_acc", "gz", "timestamp".
CsvColumn ReadColumnName(std::string_view name);

// Layout of a table from its header ("" when it has none), its first data
// rows (at least one) and the overrides of `options`. kInvalidArgument,
// without the file's name, when there is no time column, no numeric one,
// or a count that does not match.
absl::StatusOr<CsvLayout> FindLayout(std::string_view header,
                                     const std::vector<std::string>& rows,
                                     const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_CSV_LAYOUT_H_
