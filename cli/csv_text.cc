// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/csv_text.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

namespace fovea::cli {
void AppendDouble(double value, std::string* text) {
  char digits[32];  // the longest shortest form has 24
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  text->append(digits, end.ptr);
}

void AppendJsonDouble(double value, std::string* text) {
  if (std::isfinite(value)) {
    AppendDouble(value, text);
  } else {
    *text += "null";
  }
}

std::string CsvField(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return quoted + "\"";
}

std::string ColumnTitle(const Channel& channel) {
  if (channel.unit.empty()) return channel.name;
  return channel.name + " [" + channel.unit + "]";
}

std::string CsvHeader(const SeriesInfo& series) {
  std::string line = "time_ns";
  for (const Channel& channel : series.channels) {
    line += "," + CsvField(ColumnTitle(channel));
  }
  return line + "\n";
}

void AppendCsvRows(const SeriesBatch& batch, size_t channels,
                   std::string* text) {
  for (size_t row = 0; row < batch.time_ns.size(); ++row) {
    *text += std::to_string(batch.time_ns[row]);
    for (size_t c = 0; c < channels; ++c) {
      *text += ',';
      AppendDouble(batch.values[row * channels + c], text);
    }
    *text += '\n';
  }
}

}  // namespace fovea::cli
