// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/box_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/text_lines.h"

namespace fovea {
namespace {

enum Column { kFrame, kLeft, kTop, kRight, kBottom, kScore, kLabel };
constexpr std::string_view kNames[] = {"frame",  "left",  "top",  "right",
                                       "bottom", "score", "label"};
constexpr size_t kRequired = kBottom + 1;
constexpr double kMostPixels = 1e9;

std::string_view Bare(std::string_view field) {
  while (!field.empty() && IsBlank(field.front())) field.remove_prefix(1);
  while (!field.empty() && IsBlank(field.back())) field.remove_suffix(1);
  return field;
}

// Fields between commas; a quoted one may hold commas and doubled quotes.
// nullopt: a quote is not closed.
std::optional<std::vector<std::string>> Fields(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    std::string field;
    const std::string_view bare = Bare(line);
    if (!bare.empty() && bare.front() == '"') {
      line = bare.substr(1);
      size_t i = 0;
      for (; i < line.size(); ++i) {
        if (line[i] != '"') {
          field += line[i];
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          field += line[i++];
        } else {
          break;
        }
      }
      if (i == line.size()) return std::nullopt;
      line.remove_prefix(i + 1);
      const size_t comma = line.find(',');
      if (!Bare(line.substr(0, comma)).empty()) return std::nullopt;
      fields.push_back(std::move(field));
      if (comma == line.npos) return fields;
      line.remove_prefix(comma + 1);
      continue;
    }
    const size_t comma = line.find(',');
    fields.emplace_back(Bare(line.substr(0, comma)));
    if (comma == line.npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

// The shortest text that reads as the same float.
std::string Number(float value) {
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

std::string Shown(std::string_view field) {
  return std::string(field.substr(0, 40));
}

}  // namespace

std::vector<Box> BoxSequence::At(int64_t frame, int64_t hold,
                                 float least_score) const {
  std::vector<Box> boxes;
  const auto after = frames.upper_bound(frame);
  if (after == frames.begin()) return boxes;
  const auto last = std::prev(after);
  if (frame - last->first > hold) return boxes;
  for (const ScoredBox& box : last->second) {
    if (box.score >= least_score) boxes.push_back(box.box);
  }
  return boxes;
}

absl::StatusOr<BoxSequence> ParseBoxes(const std::string& name,
                                       std::string_view text,
                                       const CodecLimits& limits) {
  BoxSequence sequence;
  BoxTableReader reader(name, limits, [&](BoxRow row) {
    sequence.frames[row.frame].push_back(std::move(row.box));
    return sequence.frames.size() <= limits.max_map_frames
               ? absl::OkStatus()
               : absl::ResourceExhaustedError(
                     "boxes of more frames than the limits allow");
  });
  TextLines lines(text);
  std::string_view line;
  while (lines.Next(&line)) {
    absl::Status s = reader.TakeLine(line, lines.number());
    if (!s.ok()) return s;
  }
  if (absl::Status s = reader.Finish(); !s.ok()) return s;
  return sequence;
}

std::string BoxesText(const BoxSequence& sequence) {
  std::string text = "frame,left,top,right,bottom,score,label\n";
  for (const auto& [frame, boxes] : sequence.frames) {
    for (const ScoredBox& box : boxes) {
      absl::StrAppend(&text, frame, ",", Number(box.box.left), ",",
                      Number(box.box.top), ",", Number(box.box.right), ",",
                      Number(box.box.bottom), ",", Number(box.score), ",",
                      BoxTableField(box.label), "\n");
    }
  }
  return text;
}

BoxTableReader::BoxTableReader(std::string name, const CodecLimits& limits,
                               Taker take)
    : name_(std::move(name)), limits_(limits), take_(std::move(take)) {}

absl::Status BoxTableReader::TakeLine(std::string_view line, int64_t number) {
  line_ = number;
  if (line.size() > limits_.max_text_line_bytes) {
    return Fault(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat("longer than ", limits_.max_text_line_bytes, " bytes"));
  }
  const std::string_view bare = Bare(line);
  if (bare.empty() || bare.front() == '#') return absl::OkStatus();
  const auto fields = Fields(bare);
  if (!fields) return Fail("expected closed quotes and a comma after them");
  return fields_ == 0 ? TakeHeader(*fields) : TakeRow(*fields);
}

absl::Status BoxTableReader::Finish() {
  if (fields_ > 0) return absl::OkStatus();
  return Fail("expected 'frame,left,top,right,bottom', found nothing");
}

absl::Status BoxTableReader::TakeHeader(
    const std::vector<std::string>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto known = std::find(std::begin(kNames), std::end(kNames),
                                 std::string_view(fields[i]));
    if (known == std::end(kNames)) {
      others_.emplace_back(fields[i], i);
      continue;
    }
    auto& place = place_[static_cast<size_t>(known - std::begin(kNames))];
    if (place) {
      return Fail(absl::StrCat("column '", fields[i], "' comes twice"));
    }
    place = i;
  }
  for (size_t column = 0; column < kRequired; ++column) {
    if (place_[column]) continue;
    return Fail(absl::StrCat(
        "expected a column '", std::string(kNames[column]),
        "' in 'frame,left,top,right,bottom[,score[,label]]', found none"));
  }
  fields_ = fields.size();
  return absl::OkStatus();
}

absl::Status BoxTableReader::TakeRow(const std::vector<std::string>& fields) {
  if (fields.size() != fields_) {
    return Fail(
        absl::StrCat("expected ", fields_, " fields, found ", fields.size()));
  }
  const auto frame = WholeNumber(fields[*place_[kFrame]]);
  if (!frame || *frame < 0 || *frame > limits_.max_frame_index) {
    return Fail(absl::StrCat("expected a frame index of 0 or more, found '",
                             Shown(fields[*place_[kFrame]]), "'"));
  }
  std::array<float, kColumns> value{};
  for (const Column column : {kLeft, kTop, kRight, kBottom, kScore}) {
    if (!place_[column]) continue;
    const auto number = FiniteNumber(fields[*place_[column]]);
    if (!number || std::fabs(*number) > kMostPixels) {
      return Fail(absl::StrCat("expected a number as ",
                               std::string(kNames[column]), ", found '",
                               Shown(fields[*place_[column]]), "'"));
    }
    value[column] = static_cast<float>(*number);
  }
  return Give(*frame, value, fields);
}

absl::Status BoxTableReader::Give(int64_t frame,
                                  const std::array<float, kColumns>& value,
                                  const std::vector<std::string>& fields) {
  BoxRow row;
  row.frame = frame;
  row.box.box = {value[kLeft], value[kTop], value[kRight], value[kBottom]};
  const Box& box = row.box.box;
  if (!(box.left < box.right && box.top < box.bottom)) {
    return Fail(absl::StrCat(
        "expected left < right and top < bottom (edges, not width and "
        "height), found ",
        box.left, ",", box.top, ",", box.right, ",", box.bottom));
  }
  if (place_[kScore]) row.box.score = value[kScore];
  if (place_[kLabel]) row.box.label = fields[*place_[kLabel]];
  if (row.box.label.size() > limits_.max_model_name_bytes ||
      ++boxes_ > limits_.max_boxes) {
    return Fault(absl::StatusCode::kResourceExhausted,
                 "a label too long or more boxes than the limits allow");
  }
  for (const auto& [name, place] : others_) {
    row.others.emplace_back(name, fields[place]);
  }
  const absl::Status taken = take_(std::move(row));
  return taken.ok() ? taken : Fault(taken.code(), std::string(taken.message()));
}

absl::Status BoxTableReader::Fault(absl::StatusCode code,
                                   std::string_view what) const {
  return absl::Status(
      code, absl::StrCat(name_, ": line ", line_, ": ", std::string(what)));
}

absl::Status BoxTableReader::Fail(std::string_view what) const {
  return Fault(absl::StatusCode::kInvalidArgument, what);
}

std::string BoxTableField(std::string_view text) {
  if (text.find_first_of(",\" \t#") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace fovea
