// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/box_file.h"

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

enum Column { kFrame, kLeft, kTop, kRight, kBottom, kScore, kLabel, kColumns };
constexpr std::array<std::string_view, kColumns> kNames = {
    "frame", "left", "top", "right", "bottom", "score", "label"};
constexpr size_t kRequired = kBottom + 1;

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

class BoxParser {
 public:
  BoxParser(const std::string& name, std::string_view text,
            const CodecLimits& limits)
      : name_(name), lines_(text), limits_(limits) {}

  absl::StatusOr<BoxSequence> Parse() {
    std::string_view line;
    bool headed = false;
    while (lines_.Next(&line)) {
      if (line.size() > limits_.max_text_line_bytes) {
        return Exhausted(absl::StrCat("longer than ",
                                      limits_.max_text_line_bytes, " bytes"));
      }
      const std::string_view bare = Bare(line);
      if (bare.empty() || bare.front() == '#') continue;
      const auto fields = Fields(bare);
      if (!fields) return Fail("expected closed quotes and a comma after them");
      absl::Status s = headed ? TakeRow(*fields) : TakeHeader(*fields);
      if (!s.ok()) return s;
      headed = true;
    }
    if (!headed) {
      return Fail("expected 'frame,left,top,right,bottom', found nothing");
    }
    return std::move(sequence_);
  }

 private:
  absl::Status TakeHeader(const std::vector<std::string>& fields) {
    for (size_t column = 0; column < kColumns; ++column) {
      for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i] != kNames[column]) continue;
        if (place_[column]) {
          return Fail(absl::StrCat("column '", fields[i], "' comes twice"));
        }
        place_[column] = i;
      }
      if (column < kRequired && !place_[column]) {
        return Fail(absl::StrCat(
            "expected a column '", std::string(kNames[column]),
            "' in 'frame,left,top,right,bottom[,score[,label]]', found none"));
      }
    }
    fields_ = fields.size();
    return absl::OkStatus();
  }

  absl::Status TakeRow(const std::vector<std::string>& fields) {
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
    return Keep(*frame, value, fields);
  }

  absl::Status Keep(int64_t frame, const std::array<float, kColumns>& value,
                    const std::vector<std::string>& fields) {
    ScoredBox box;
    box.box = {value[kLeft], value[kTop], value[kRight], value[kBottom]};
    if (!(box.box.left < box.box.right && box.box.top < box.box.bottom)) {
      return Fail(absl::StrCat(
          "expected left < right and top < bottom (edges, not width and "
          "height), found ",
          box.box.left, ",", box.box.top, ",", box.box.right, ",",
          box.box.bottom));
    }
    if (place_[kScore]) box.score = value[kScore];
    if (place_[kLabel]) box.label = fields[*place_[kLabel]];
    if (box.label.size() > limits_.max_model_name_bytes ||
        ++boxes_ > limits_.max_boxes) {
      return Exhausted("a label too long or more boxes than the limits allow");
    }
    sequence_.frames[frame].push_back(std::move(box));
    if (sequence_.frames.size() > limits_.max_map_frames) {
      return Exhausted("boxes of more frames than the limits allow");
    }
    return absl::OkStatus();
  }

  std::string Place() const {
    return absl::StrCat(name_, ": line ", lines_.number(), ": ");
  }
  absl::Status Fail(const std::string& what) const {
    return absl::InvalidArgumentError(Place() + what);
  }
  absl::Status Exhausted(const std::string& what) const {
    return absl::ResourceExhaustedError(Place() + what);
  }
  static std::string Shown(const std::string& field) {
    return field.substr(0, 40);
  }

  static constexpr double kMostPixels = 1e9;

  const std::string& name_;
  TextLines lines_;
  const CodecLimits& limits_;
  std::array<std::optional<size_t>, kColumns> place_;
  size_t fields_ = 0;
  size_t boxes_ = 0;
  BoxSequence sequence_;
};

// The shortest text that reads as the same float.
std::string Number(float value) {
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

std::string Quoted(const std::string& label) {
  if (label.find_first_of(",\" \t#") == label.npos) return label;
  std::string quoted = "\"";
  for (const char c : label) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
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
  return BoxParser(name, text, limits).Parse();
}

std::string BoxesText(const BoxSequence& sequence) {
  std::string text = "frame,left,top,right,bottom,score,label\n";
  for (const auto& [frame, boxes] : sequence.frames) {
    for (const ScoredBox& box : boxes) {
      absl::StrAppend(&text, frame, ",", Number(box.box.left), ",",
                      Number(box.box.top), ",", Number(box.box.right), ",",
                      Number(box.box.bottom), ",", Number(box.score), ",",
                      Quoted(box.label), "\n");
    }
  }
  return text;
}

}  // namespace fovea
