// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/csv_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/csv_parser.h"

namespace fovea {
namespace {

using Quantity = CsvColumn::Quantity;
using Role = CsvColumn::Role;

struct Spelling {
  std::string_view written;
  std::string_view unit;
};
constexpr std::array<Spelling, 14> kUnits = {{{"deg/s", "deg/s"},
                                              {"dps", "deg/s"},
                                              {"\xC2\xB0/s", "deg/s"},
                                              {"rad/s", "rad/s"},
                                              {"rad s^-1", "rad/s"},
                                              {"m/s2", "m/s2"},
                                              {"m/s^2", "m/s2"},
                                              {"m s^-2", "m/s2"},
                                              {"m/s\xC2\xB2", "m/s2"},
                                              {"sec", "s"},
                                              {"seconds", "s"},
                                              {"\xC2\xB5s", "us"},
                                              {"\xC2\xB5T", "uT"},
                                              {"usec", "us"}}};

struct TimeUnit {
  std::string_view name;
  int exponent;
};
constexpr std::array<TimeUnit, 4> kTimeUnits = {
    {{"s", 9}, {"ms", 6}, {"us", 3}, {"ns", 0}}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string UnitSpelled(std::string_view written) {
  for (const Spelling& spelling : kUnits) {
    if (Lower(written) == Lower(spelling.written)) {
      return std::string(spelling.unit);
    }
  }
  return std::string(written);
}

std::vector<std::string> Words(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char c : Lower(name)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        static_cast<unsigned char>(c) >= 0x80;
    if (letter) {
      words.back().push_back(c);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

Quantity QuantityOf(std::string_view word) {
  for (const char* gyro : {"gyr", "angular", "omega"}) {
    if (StartsWith(word, gyro)) return Quantity::kGyro;
  }
  if (word == "w" || word == "g") return Quantity::kGyro;
  if (StartsWith(word, "acc") || word == "linear" || word == "a") {
    return Quantity::kAccel;
  }
  if (StartsWith(word, "mag") || word == "m") return Quantity::kMag;
  return Quantity::kOther;
}

bool IsAxis(char c) { return c >= 'x' && c <= 'z'; }

// Quantity and axis of "gx", "acc_y", "Accelerometer Z", "x_gyro".
void ReadAxis(const std::vector<std::string>& words, CsvColumn* column) {
  for (std::string word : words) {
    if (word.size() == 1 && IsAxis(word[0])) {
      column->axis = word[0];
      continue;
    }
    const bool joined =
        word.size() >= 2 && IsAxis(word.back()) &&
        QuantityOf(word.substr(0, word.size() - 1)) != Quantity::kOther;
    if (joined) {
      column->axis = word.back();
      word.pop_back();
    }
    if (column->quantity == Quantity::kOther) {
      column->quantity = QuantityOf(word);
    }
  }
}

bool IsTimeName(const std::vector<std::string>& words) {
  if (words.empty()) return false;
  for (const char* name : {"t", "ts", "time", "timestamp", "timestamps", "sec",
                           "seconds", "stamp", "epoch", "unix"}) {
    if (words[0] == name) return true;
  }
  return false;
}

// "time_ns": the unit is the last word of a time's name.
std::string UnitInWords(const std::vector<std::string>& words) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (words.size() > 1 && words.back() == unit.name) return words.back();
  }
  return words[0] == "sec" || words[0] == "seconds" ? "s" : "";
}

std::string StandardName(const CsvColumn& column) {
  const char* quantity = column.quantity == Quantity::kGyro    ? "gyro_"
                         : column.quantity == Quantity::kAccel ? "accel_"
                                                               : "mag_";
  return absl::StrCat(quantity, std::string(1, column.axis));
}

std::optional<int> TimeExponent(std::string_view unit) {
  for (const TimeUnit& known : kTimeUnits) {
    if (known.name == unit) return known.exponent;
  }
  return std::nullopt;
}

// Numbers of one column over the rows; rows that lack it are left out.
std::vector<double> Numbers(const std::vector<std::string>& rows,
                            char delimiter, size_t column) {
  std::vector<double> numbers;
  for (const std::string& row : rows) {
    const auto fields = SplitFields(row, delimiter);
    if (column >= fields.size()) continue;
    if (const auto number = ParseNumber(fields[column])) {
      numbers.push_back(*number);
    }
  }
  return numbers;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double MedianStep(const std::vector<double>& times) {
  std::vector<double> steps;
  for (size_t i = 1; i < times.size(); ++i) {
    if (times[i] > times[i - 1]) steps.push_back(times[i] - times[i - 1]);
  }
  return Median(std::move(steps));
}

// Size tells where the clock counts from 1970; else the step does, taking
// sensors to sample between 0.5 Hz and 20 kHz.
int GuessTimeExponent(const std::vector<double>& times) {
  const double size = std::abs(times.front());
  if (size >= 1e17) return 0;
  if (size >= 1e14) return 3;
  if (size >= 1e11) return 6;
  const double step = MedianStep(times);
  if (size >= 9.7e8 && step < 100) return 9;
  if (step <= 2) return 9;
  if (step < 1000) return 6;
  return step < 1e6 ? 3 : 0;
}

// Names of `options.csv_columns`, or of the header.
absl::StatusOr<std::vector<CsvColumn>> NameColumns(
    std::string_view header, char delimiter, size_t count,
    const SourceOptions& options) {
  const bool given = !options.csv_columns.empty();
  if (!given && header.empty()) {
    return absl::InvalidArgumentError(
        "no header line; name the columns, such as t,gx,gy,gz,ax,ay,az");
  }
  const auto names = given ? SplitFields(options.csv_columns, ',')
                           : SplitFields(header, delimiter);
  if (names.size() != count) {
    return absl::InvalidArgumentError(
        absl::StrCat(given ? "columns named: " : "header has ", names.size(),
                     " columns, the first row ", count));
  }
  if (count > options.limits.max_csv_columns) {
    return absl::InvalidArgumentError(
        absl::StrCat(count, " columns, at most ",
                     options.limits.max_csv_columns, " are read"));
  }
  std::vector<CsvColumn> columns;
  for (const std::string_view name : names) {
    columns.push_back(ReadColumnName(name));
  }
  return columns;
}

// Rows of another width say nothing of a column.
std::vector<std::string> WholeRows(const std::vector<std::string>& rows,
                                   const CsvLayout& layout) {
  std::vector<std::string> whole;
  for (const std::string& row : rows) {
    if (SplitFields(row, layout.delimiter).size() == layout.columns.size()) {
      whole.push_back(row);
    }
  }
  return whole;
}

// Columns that mostly are not numbers become text.
void MarkText(const std::vector<std::string>& rows, CsvLayout* layout) {
  const std::vector<std::string> whole = WholeRows(rows, *layout);
  for (size_t i = 0; i < layout->columns.size(); ++i) {
    CsvColumn& column = layout->columns[i];
    if (column.role != Role::kValue) continue;
    const size_t numbers = Numbers(whole, layout->delimiter, i).size();
    if (numbers * 2 < whole.size()) column.role = Role::kText;
  }
}

absl::Status FindTime(const std::vector<std::string>& rows,
                      const SourceOptions& options, CsvLayout* layout) {
  const auto time = std::find_if(
      layout->columns.begin(), layout->columns.end(),
      [](const CsvColumn& column) { return column.role == Role::kTime; });
  if (time == layout->columns.end()) {
    return absl::InvalidArgumentError(
        "no time column; name the columns, such as t,gx,gy,gz,ax,ay,az");
  }
  layout->time_column = static_cast<size_t>(time - layout->columns.begin());
  const std::vector<double> times =
      Numbers(rows, layout->delimiter, layout->time_column);
  if (times.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no row has a number in time column '", time->channel.name, "'"));
  }
  const std::string stated =
      options.time_unit.empty() ? time->channel.unit : options.time_unit;
  const auto exponent = TimeExponent(stated);
  if (!options.time_unit.empty() && !exponent) {
    return absl::InvalidArgumentError(
        absl::StrCat("time unit '", stated, "', expected s, ms, us or ns"));
  }
  layout->time_exponent = exponent ? *exponent : GuessTimeExponent(times);
  const double step = MedianStep(times);
  if (step > 0) {
    layout->rate_hz = std::pow(10, 9 - layout->time_exponent) / step;
  }
  const auto& unit = *std::find_if(
      kTimeUnits.begin(), kTimeUnits.end(), [layout](const TimeUnit& known) {
        return known.exponent == layout->time_exponent;
      });
  layout->notes.push_back(absl::StrCat(
      "time column '", time->channel.name, "' in ", std::string(unit.name),
      exponent ? " (as stated)" : " (detected)", "; first value ",
      std::string(SplitFields(rows.front(), layout->delimiter)[std::min(
          layout->time_column,
          SplitFields(rows.front(), layout->delimiter).size() - 1)])));
  return absl::OkStatus();
}

// Largest (gyro) or median (accel) length of the vector of one quantity.
std::vector<double> Lengths(const std::vector<std::string>& rows,
                            const CsvLayout& layout, Quantity quantity) {
  std::vector<double> lengths;
  for (const std::string& row : rows) {
    const auto fields = SplitFields(row, layout.delimiter);
    double square = 0;
    for (size_t i = 0; i < layout.columns.size() && i < fields.size(); ++i) {
      if (layout.columns[i].quantity != quantity) continue;
      const double value = ParseNumber(fields[i]).value_or(0);
      square += value * value;
    }
    lengths.push_back(std::sqrt(square));
  }
  return lengths;
}

// No gyroscope of this class passes 35 rad/s (2000 deg/s), and gravity
// tells the accelerometer's unit.
std::string GuessUnit(Quantity quantity, const std::vector<double>& lengths) {
  if (quantity == Quantity::kGyro) {
    const double largest = *std::max_element(lengths.begin(), lengths.end());
    return largest > 35 ? "deg/s" : "rad/s";
  }
  const double median = Median(lengths);
  if (median > 5 && median < 20) return "m/s2";
  return median > 0.5 && median < 2 ? "g" : "";
}

void FindUnits(const std::vector<std::string>& rows, Quantity quantity,
               const std::string& forced, const char* name, CsvLayout* layout) {
  std::string guess;
  std::string found;
  for (CsvColumn& column : layout->columns) {
    if (column.quantity != quantity || column.role != Role::kValue) continue;
    if (!forced.empty()) {
      column.channel.unit = forced;
    } else if (column.channel.unit.empty()) {
      if (guess.empty()) {
        guess = GuessUnit(quantity, Lengths(rows, *layout, quantity));
      }
      column.channel.unit = guess;
    }
    found = column.channel.unit;
  }
  if (found.empty() && guess.empty()) return;
  layout->notes.push_back(
      absl::StrCat(name, " in ", found.empty() ? "an unknown unit" : found,
                   !forced.empty() ? " (as given)"
                   : guess.empty() ? " (as stated)"
                                   : " (detected)"));
}

// Gyroscope and accelerometer, three axes each, and nothing but inertial
// channels make an imu.
StreamKind KindOf(const CsvLayout& layout) {
  size_t gyro = 0;
  size_t accel = 0;
  for (const CsvColumn& column : layout.columns) {
    if (column.role != Role::kValue) continue;
    if (column.quantity == Quantity::kOther) return StreamKind::kSeries;
    gyro += column.quantity == Quantity::kGyro;
    accel += column.quantity == Quantity::kAccel;
  }
  return gyro == 3 && accel == 3 ? StreamKind::kImu : StreamKind::kSeries;
}

}  // namespace

std::vector<Channel> CsvLayout::Channels() const {
  std::vector<Channel> channels;
  for (const CsvColumn& column : columns) {
    if (column.role == Role::kValue) channels.push_back(column.channel);
  }
  return channels;
}

char FindDelimiter(std::string_view line) {
  for (const char delimiter : {'\t', ';', ','}) {
    if (line.find(delimiter) != line.npos) return delimiter;
  }
  return ' ';
}

bool IsHeaderLine(std::string_view line, char delimiter) {
  for (const std::string_view field : SplitFields(line, delimiter)) {
    if (ParseNumber(field)) return false;
  }
  return true;
}

CsvColumn ReadColumnName(std::string_view name) {
  CsvColumn column;
  while (!name.empty() && (name[0] == '#' || name[0] == ' ')) {
    name.remove_prefix(1);
  }
  if (name == "-") {
    column.role = Role::kSkipped;
    return column;
  }
  const size_t open = name.find_first_of("([");
  const size_t close = name.find_first_of(")]");
  std::string_view bare = name;
  if (open != name.npos && close != name.npos && close > open + 1) {
    column.channel.unit = UnitSpelled(name.substr(open + 1, close - open - 1));
    bare = name.substr(0, open);
  }
  while (!bare.empty() && bare.back() == ' ') bare.remove_suffix(1);
  column.channel.name = std::string(bare);
  const std::vector<std::string> words = Words(bare);
  if (IsTimeName(words)) {
    column.role = Role::kTime;
    if (column.channel.unit.empty()) column.channel.unit = UnitInWords(words);
    return column;
  }
  ReadAxis(words, &column);
  if (column.axis == 0 || column.quantity == Quantity::kOther) {
    column.quantity = Quantity::kOther;
    column.axis = 0;
  } else {
    column.channel.name = StandardName(column);
  }
  return column;
}

absl::StatusOr<CsvLayout> FindLayout(std::string_view header,
                                     const std::vector<std::string>& rows,
                                     const SourceOptions& options) {
  CsvLayout layout;
  layout.delimiter = FindDelimiter(rows.front());
  const size_t count = SplitFields(rows.front(), layout.delimiter).size();
  auto columns = NameColumns(header, layout.delimiter, count, options);
  if (!columns.ok()) return columns.status();
  layout.columns = *std::move(columns);
  MarkText(rows, &layout);
  const absl::Status time = FindTime(rows, options, &layout);
  if (!time.ok()) return time;
  for (size_t i = 0; i < layout.columns.size(); ++i) {
    CsvColumn& column = layout.columns[i];
    if (column.role != Role::kTime || i == layout.time_column) continue;
    column.role = Role::kValue;  // a second clock is a channel like others
  }
  if (layout.Channels().empty()) {
    return absl::InvalidArgumentError("no numeric column besides the time");
  }
  FindUnits(rows, Quantity::kGyro, options.gyro_unit, "gyroscope", &layout);
  FindUnits(rows, Quantity::kAccel, options.accel_unit, "accelerometer",
            &layout);
  layout.kind = KindOf(layout);
  return layout;
}

}  // namespace fovea
