// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/csv_writer.h"

#include <charconv>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "codec/print_rule.h"

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

void CsvWriter::AppendField(const SeriesBatch& batch, size_t place,
                            size_t channel) {
  const SeriesText& text = batch.text;
  const bool other = next_field_ < text.fields.size() &&
                     text.fields[next_field_].first == place;
  const std::string* const field =
      other ? &text.fields[next_field_++].second : nullptr;
  const double value = batch.values[place];
  if (text.rules.size() != channels_ || !text.rules[channel]) {
    AppendShortest(value, &text_);
  } else if (field != nullptr) {
    text_ += *field;
  } else {
    AppendPrinted(*text.rules[channel], value, &text_);
  }
}

absl::Status CsvWriter::Add(const SeriesBatch& batch) {
  text_.clear();
  next_field_ = 0;
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    absl::StrAppend(&text_, batch.time_ns[i]);
    for (size_t c = 0; c < channels_; ++c) {
      text_ += ',';
      AppendField(batch, i * channels_ + c, c);
    }
    text_ += '\n';
  }
  return file_->Write(text_);
}

}  // namespace fovea
