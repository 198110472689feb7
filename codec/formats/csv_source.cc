// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a first stretch of rows to find the layout, then gives them and the
// rest in batches. Memory is bounded by that stretch and one batch.

#include "codec/formats/csv_source.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/csv_layout.h"
#include "codec/formats/csv_parser.h"
#include "codec/formats/internal/csv_field_texts.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

constexpr size_t kSniffRows = 2048;
constexpr size_t kSniffBytes = 1 << 20;
constexpr size_t kBatchRows = 4096;
constexpr int64_t kBatchNs = 1'000'000'000;
constexpr int64_t kYear2001Ns = 978'307'200'000'000'000;
constexpr size_t kShownBytes = 40;  // of a bad field

struct Line {
  int64_t number = 0;
  std::string text;
  std::string fault;  // not empty: why there is no text
};

bool IsBlankLine(std::string_view text) {
  return text.find_first_not_of(" \t\r") == text.npos;
}

// A field fit for a one-line message.
std::string Shown(std::string_view field) {
  std::string shown;
  for (const char c : field.substr(0, kShownBytes)) {
    shown.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  if (field.size() > kShownBytes) shown += "...";
  return shown;
}

class CsvSource : public Source {
 public:
  CsvSource(std::string path, const SourceOptions& options,
            std::unique_ptr<LineReader> lines, CsvText* text)
      : path_(std::move(path)),
        options_(options),
        lines_(std::move(lines)),
        text_(text),
        stop_(options.stop) {}

  // Reads as far as the layout needs.
  absl::Status Prepare(CsvClock clock);

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override { stop_.Set(); }

 private:
  void Sniff(std::string* header);
  absl::Status FindText();
  void FitRules();
  void FillInfo();
  bool NextLine(Line* line);
  // Appends one row to the batch or to the rejected ones; false when the
  // duration asked for is reached.
  bool TakeRow(const Line& line);
  std::string ParseRow(const Line& line, int64_t* time_ns);
  bool TakeText();
  void Reject(int64_t line, const std::string& reason);
  bool BatchIsFull() const;
  std::optional<SourceItem> TakeItem();

  const std::string path_;
  const SourceOptions options_;
  const std::unique_ptr<LineReader> lines_;
  CsvText* const text_;  // null: none asked for
  size_t text_column_ = SIZE_MAX;
  std::string row_text_;
  absl::Status text_status_;
  std::deque<Line> sniffed_;
  CsvLayout layout_;
  SourceInfo info_;
  SeriesBatch batch_;
  std::vector<double> row_;
  std::vector<std::string_view> row_fields_;  // that row_ was read from
  codec_internal::CsvFieldTexts field_texts_;
  Rejected rejected_;
  bool shifts_ = false;    // times start at zero
  int64_t origin_ns_ = 0;  // taken off each time
  bool has_first_ = false;
  int64_t first_ns_ = 0;
  bool ended_ = false;
  StopWish stop_;
};

// A comment just above the rows can be the header (EuRoC writes it so).
void CsvSource::Sniff(std::string* header) {
  std::string text;
  size_t bytes = 0;
  std::string comment;
  bool has_row = false;
  while (sniffed_.size() < kSniffRows && bytes < kSniffBytes &&
         lines_->Next(&text)) {
    if (std::string fault = lines_->overlong(); !fault.empty()) {
      sniffed_.push_back({lines_->line_number(), "", std::move(fault)});
      continue;
    }
    if (IsBlankLine(text)) continue;
    if (text[0] == '#') {
      if (!has_row) comment = text;
      continue;
    }
    if (!has_row && header->empty() &&
        IsHeaderLine(text, FindDelimiter(text))) {
      *header = text;
      continue;
    }
    bytes += text.size();
    has_row = true;
    sniffed_.push_back({lines_->line_number(), text, ""});
  }
  if (header->empty()) *header = comment;
}

absl::Status CsvSource::Prepare(CsvClock clock) {
  std::string header;
  Sniff(&header);
  if (sniffed_.empty()) {
    if (!lines_->status().ok()) return lines_->status();
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": no row of numbers"));
  }
  // A row unlike its header in width is no model for the layout.
  std::vector<std::string> rows;
  for (const Line& line : sniffed_) {
    if (line.fault.empty()) rows.push_back(line.text);
  }
  if (rows.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": no row of numbers; line ",
                     sniffed_.front().number, " is ", sniffed_.front().fault));
  }
  const char delimiter = FindDelimiter(header);
  for (size_t i = 0; !header.empty() && i < rows.size(); ++i) {
    if (SplitFields(rows[i], delimiter).size() ==
        SplitFields(header, delimiter).size()) {
      rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
  }
  auto layout = FindLayout(header, rows, options_);
  if (!layout.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": ", std::string(layout.status().message())));
  }
  layout_ = *std::move(layout);
  if (absl::Status found = FindText(); !found.ok()) return found;
  for (const Line& line : sniffed_) {
    int64_t time_ns = 0;
    if (!ParseRow(line, &time_ns).empty()) continue;
    shifts_ = clock == CsvClock::kDetect && time_ns < kYear2001Ns;
    origin_ns_ = shifts_ ? time_ns : 0;
    FitRules();
    FillInfo();
    return absl::OkStatus();
  }
  int64_t ignored = 0;
  return absl::InvalidArgumentError(absl::StrCat(
      path_, ": no usable row among the first ", sniffed_.size(), "; line ",
      sniffed_.front().number, ": ", ParseRow(sniffed_.front(), &ignored)));
}

absl::Status CsvSource::FindText() {
  if (text_ == nullptr) return absl::OkStatus();
  std::string names;
  for (size_t i = 0; i < layout_.columns.size(); ++i) {
    CsvColumn& column = layout_.columns[i];
    if (column.channel.name == text_->column && i != layout_.time_column) {
      text_column_ = i;
      column.role = CsvColumn::Role::kText;
      return absl::OkStatus();
    }
    absl::StrAppend(&names, i > 0 ? ", " : "", column.channel.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": no column '", text_->column, "' beside the time; ",
                   "there are ", names));
}

void CsvSource::FitRules() {
  for (const Line& line : sniffed_) {
    int64_t ignored = 0;
    if (!ParseRow(line, &ignored).empty()) continue;
    field_texts_.Learn(row_fields_, row_);
  }
  field_texts_.Fit();
}

void CsvSource::FillInfo() {
  info_.name = path_;
  info_.container = "csv";
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path_, error);
  if (!error) info_.bytes = static_cast<int64_t>(bytes);
  info_.notes = layout_.notes;
  info_.notes.push_back(
      shifts_ ? absl::StrCat("times are relative: they start at 0 (first was ",
                             origin_ns_, " ns)")
              : "times are absolute");
  Track track;
  track.kind = layout_.kind;
  track.suffix = layout_.kind == StreamKind::kImu ? "imu" : "series";
  track.codec = "csv";
  track.series.channels = layout_.Channels();
  track.series.rate_hz = layout_.rate_hz;
  track.series.rules = field_texts_.rules();
  info_.tracks.push_back(std::move(track));
  for (const CsvColumn& column : layout_.columns) {
    if (column.role == CsvColumn::Role::kValue ||
        column.role == CsvColumn::Role::kTime) {
      continue;
    }
    const bool text = column.role == CsvColumn::Role::kText;
    if (text && text_ != nullptr && column.channel.name == text_->column) {
      continue;
    }
    Track rejected;
    rejected.suffix = text ? column.channel.name : "skipped";
    rejected.codec = "csv";
    rejected.rejected = text ? absl::StrCat("column '", column.channel.name,
                                            "' is text: not stored")
                             : "column skipped as asked";
    info_.tracks.push_back(std::move(rejected));
  }
}

bool CsvSource::NextLine(Line* line) {
  if (!sniffed_.empty()) {
    *line = std::move(sniffed_.front());
    sniffed_.pop_front();
    return true;
  }
  while (lines_->Next(&line->text)) {
    line->number = lines_->line_number();
    line->fault = lines_->overlong();
    if (!line->fault.empty()) return true;
    if (!IsBlankLine(line->text) && line->text[0] != '#') return true;
  }
  return false;
}

// Fills row_, its fields in `line`, and the time; the reason when it cannot, ""
// when it did.
std::string CsvSource::ParseRow(const Line& line, int64_t* time_ns) {
  if (!line.fault.empty()) return line.fault;
  const auto fields = SplitFields(line.text, layout_.delimiter);
  if (fields.size() != layout_.columns.size()) {
    return absl::StrCat(fields.size(), " columns, expected ",
                        layout_.columns.size());
  }
  row_.clear();
  row_fields_.clear();
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i == layout_.time_column) {
      const auto time = ParseScaled(fields[i], layout_.time_exponent);
      if (!time) {
        return absl::StrCat("'", Shown(fields[i]), "' is not a time");
      }
      *time_ns = *time;
    } else if (i == text_column_) {
      row_text_ = fields[i];
    } else if (layout_.columns[i].role == CsvColumn::Role::kValue) {
      const auto value = ParseNumber(fields[i]);
      if (!value) {
        return absl::StrCat("'", Shown(fields[i]), "' is not a number");
      }
      row_.push_back(*value);
      row_fields_.push_back(fields[i]);
    }
  }
  return "";
}

// Of the row that was parsed; false: there are too many.
bool CsvSource::TakeText() {
  if (text_ == nullptr) return true;
  std::vector<std::string>& texts = text_->texts;
  const auto found = std::find(texts.begin(), texts.end(), row_text_);
  if (found == texts.end() && texts.size() == kMaxCsvTexts) {
    text_status_ = absl::ResourceExhaustedError(
        absl::StrCat(path_, ": column '", text_->column, "' has more than ",
                     kMaxCsvTexts, " texts"));
    return false;
  }
  text_->rows.push_back(static_cast<uint16_t>(found - texts.begin()));
  if (found == texts.end()) texts.push_back(row_text_);
  return true;
}

void CsvSource::Reject(int64_t line, const std::string& reason) {
  if (rejected_.samples++ == 0) {
    rejected_.reason =
        absl::StrCat(std::filesystem::path(path_).filename().string(), " line ",
                     line, ": ", reason);
  }
}

bool CsvSource::TakeRow(const Line& line) {
  int64_t time_ns = 0;
  const std::string reason = ParseRow(line, &time_ns);
  if (!reason.empty()) {
    Reject(line.number, reason);
    return true;
  }
  if (__builtin_sub_overflow(time_ns, origin_ns_, &time_ns)) {
    Reject(line.number, "time out of range");
    return true;
  }
  if (!has_first_) first_ns_ = time_ns;
  has_first_ = true;
  int64_t elapsed = 0;
  if (options_.max_duration_ns > 0 &&
      !__builtin_sub_overflow(time_ns, first_ns_, &elapsed) &&
      elapsed >= options_.max_duration_ns) {
    return false;
  }
  if (!TakeText()) return false;
  batch_.time_ns.push_back(time_ns);
  batch_.values.insert(batch_.values.end(), row_.begin(), row_.end());
  field_texts_.Take(row_fields_, &batch_);
  return true;
}

bool CsvSource::BatchIsFull() const {
  if (batch_.time_ns.empty()) return false;
  if (batch_.time_ns.size() >= kBatchRows) return true;
  int64_t span = 0;
  return __builtin_sub_overflow(batch_.time_ns.back(), batch_.time_ns.front(),
                                &span) ||
         span >= kBatchNs || span <= -kBatchNs;
}

// The batch first, then what was rejected meanwhile.
std::optional<SourceItem> CsvSource::TakeItem() {
  SourceItem item;
  if (!batch_.time_ns.empty()) {
    field_texts_.Finish(&batch_);
    item.value = std::exchange(batch_, {});
    return item;
  }
  if (rejected_.samples == 0) return std::nullopt;
  if (rejected_.samples > 1) {
    rejected_.reason +=
        absl::StrCat(" (first of ", rejected_.samples, " rejected rows)");
  }
  item.value = std::exchange(rejected_, {});
  return item;
}

absl::StatusOr<std::optional<SourceItem>> CsvSource::Next() {
  if (stop_.IsSet()) return std::nullopt;
  if (rejected_.samples > 0) return TakeItem();
  Line line;
  while (!ended_ && !BatchIsFull()) {
    if (stop_.IsSet()) return std::nullopt;
    if (!NextLine(&line) || !TakeRow(line)) ended_ = true;
  }
  auto item = TakeItem();
  if (item) return item;
  if (!text_status_.ok()) return text_status_;
  if (!lines_->status().ok()) return lines_->status();
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenCsvSource(
    const std::string& path, const SourceOptions& options, CsvClock clock,
    CsvText* text) {
  auto lines =
      LineReader::Open(path, options.limits.max_csv_line_bytes, options.stop);
  if (!lines.ok()) return lines.status();
  auto source =
      std::make_unique<CsvSource>(path, options, *std::move(lines), text);
  const absl::Status status = source->Prepare(clock);
  if (!status.ok()) return status;
  return source;
}

}  // namespace fovea
