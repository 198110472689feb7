// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing and reading of filter/internal/reuse_filter_text.h.

#include "filter/internal/reuse_filter_text.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "filter/internal/text_lines.h"
#include "filter/reuse_predictor.h"
#include "filter/skip_head.h"

namespace fovea {
namespace {

using internal::TextLines;

// Of a cell's mean or stray; the greatest there can be.
constexpr int32_t kMostCell = 255 * 4096;

void AppendWeights(std::span<const double> weights, std::string* text) {
  for (const double weight : weights) {
    absl::StrAppendFormat(text, "%.17g\n", weight);
  }
}

absl::Status ReadWeights(TextLines* lines, std::span<double> weights) {
  for (double& weight : weights) {
    const auto read = lines->Number(internal::kMostWeight);
    if (!read.ok()) return read.status();
    weight = *read;
  }
  return absl::OkStatus();
}

void AppendPlanes(std::span<const int32_t> cells, std::string* text) {
  for (size_t i = 0; i < cells.size(); i += Thumbnail::kCells) {
    absl::StrAppend(
        text, absl::StrJoin(cells.subspan(i, Thumbnail::kCells), " "), "\n");
  }
}

absl::Status ReadPlanes(TextLines* lines, std::span<int32_t> cells) {
  for (size_t i = 0; i < cells.size(); i += Thumbnail::kCells) {
    absl::Status s =
        lines->Integers(0, kMostCell, cells.subspan(i, Thumbnail::kCells));
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

// "NAME 0" or "NAME 1".
absl::StatusOr<bool> ReadFlag(TextLines* lines, const char* name) {
  const std::string on = absl::StrCat(name, " 1");
  const std::string off = absl::StrCat(name, " 0");
  const std::string expected = absl::StrCat("'", off, "' or '", on, "'");
  const auto line = lines->Next(expected.c_str());
  if (!line.ok()) return line.status();
  if (*line != on && *line != off) return lines->Damage(expected, *line);
  return *line == on;
}

absl::StatusOr<uint64_t> ReadWhole(TextLines* lines, const char* expected) {
  const auto line = lines->Next(expected);
  if (!line.ok()) return line.status();
  uint64_t value = 0;
  if (!absl::SimpleAtoi(absl::string_view(line->data(), line->size()),
                        &value)) {
    return lines->Damage(expected, *line);
  }
  return value;
}

}  // namespace

void SkipHead::AppendText(std::string* text) const {
  absl::StrAppend(text, usual_, "\n", usual_seen_, "\n");
  AppendWeights(weights_, text);
  AppendPlanes(background_.mean, text);
  AppendPlanes(background_.stray, text);
}

absl::StatusOr<SkipHead> SkipHead::Read(TextLines* lines) {
  const auto usual = ReadWhole(lines, "the usual vote");
  if (!usual.ok()) return usual.status();
  const auto seen = ReadWhole(lines, "a number of pictures");
  if (!seen.ok()) return seen.status();
  if (*seen > static_cast<uint64_t>(internal::kMostSeen)) {
    return lines->Damage(
        absl::StrCat("at most ", internal::kMostSeen, " pictures"),
        absl::StrCat(*seen));
  }
  SkipHead head(*usual);
  head.usual_seen_ = static_cast<int64_t>(*seen);
  absl::Status s = ReadWeights(lines, head.weights_);
  if (s.ok()) s = ReadPlanes(lines, head.background_.mean);
  if (s.ok()) s = ReadPlanes(lines, head.background_.stray);
  if (!s.ok()) return s;
  head.prior_ = head.weights_;
  return head;
}

std::string ReusePredictor::Text() const {
  std::string text = absl::StrCat(internal::kFirstLine2, "\n");
  AppendWeights(weights_, &text);
  absl::StrAppend(&text, "thumbnail ", compares_thumbnails_ ? 1 : 0, "\nskip ",
                  skip_ ? 1 : 0, "\n");
  if (skip_) skip_->AppendText(&text);
  return text;
}

absl::StatusOr<ReusePredictor> ReusePredictor::Parse(std::string_view text) {
  if (text.size() > kMostText) {
    return absl::DataLossError(absl::StrCat("reuse filter: ", text.size(),
                                            " bytes, at most ", kMostText,
                                            " were expected"));
  }
  TextLines lines(text);
  const auto first = lines.Next("its name and version");
  if (!first.ok()) return first.status();
  ReusePredictor read;
  absl::Status s;
  if (*first == internal::kFirstLine1) {
    s = read.ReadVersion1(&lines);
  } else if (*first == internal::kFirstLine2) {
    s = read.ReadVersion2(&lines);
  } else {
    s = lines.Damage(absl::StrCat("'", internal::kFirstLine1, "' or '",
                                  internal::kFirstLine2, "'"),
                     *first);
  }
  if (s.ok()) s = lines.End();
  if (!s.ok()) return s;
  read.prior_ = read.weights_;
  return read;
}

absl::Status ReusePredictor::ReadVersion1(TextLines* lines) {
  constexpr size_t kOfEach = 8;
  const std::span<double> weights(weights_);
  absl::Status s = ReadWeights(lines, weights.first(kOfEach));
  if (!s.ok()) return s;
  return ReadWeights(lines, weights.subspan(kPair, kOfEach));
}

absl::Status ReusePredictor::ReadVersion2(TextLines* lines) {
  if (absl::Status s = ReadWeights(lines, weights_); !s.ok()) return s;
  const auto compares = ReadFlag(lines, "thumbnail");
  if (!compares.ok()) return compares.status();
  compares_thumbnails_ = *compares;
  const auto skips = ReadFlag(lines, "skip");
  if (!skips.ok()) return skips.status();
  if (!*skips) return absl::OkStatus();
  auto head = SkipHead::Read(lines);
  if (!head.ok()) return head.status();
  skip_ = *std::move(head);
  return absl::OkStatus();
}

}  // namespace fovea
