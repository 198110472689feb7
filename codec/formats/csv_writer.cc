// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/csv_writer.h"

#include <charconv>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

void AppendShortest(double value, std::string* text) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  text->append(digits, end);
}

std::string Header(const SeriesInfo& series) {
  std::string line = "timestamp [ns]";
  for (const Channel& channel : series.channels) {
    absl::StrAppend(&line, ",", channel.name);
    if (!channel.unit.empty()) absl::StrAppend(&line, " [", channel.unit, "]");
  }
  return line + "\n";
}

}  // namespace

absl::StatusOr<std::unique_ptr<CsvWriter>> CsvWriter::Create(
    const std::string& path, const SeriesInfo& series) {
  auto file = OutputFile::Create(path);
  if (!file.ok()) return file.status();
  if (absl::Status s = (*file)->Write(Header(series)); !s.ok()) return s;
  return std::unique_ptr<CsvWriter>(
      new CsvWriter(*std::move(file), series.channels.size()));
}

absl::Status CsvWriter::Add(const SeriesBatch& batch) {
  text_.clear();
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    absl::StrAppend(&text_, batch.time_ns[i]);
    for (size_t c = 0; c < channels_; ++c) {
      text_ += ',';
      AppendShortest(batch.values[i * channels_ + c], &text_);
    }
    text_ += '\n';
  }
  return file_->Write(text_);
}

}  // namespace fovea
