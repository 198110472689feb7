// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/map_file.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/text_lines.h"

namespace fovea {
namespace {

constexpr char kMagic[] = "fovea-map";

class MapParser {
 public:
  MapParser(const std::string& name, std::string_view text,
            const CodecLimits& limits)
      : name_(name), lines_(text), limits_(limits) {}

  absl::StatusOr<MapSequence> Parse() {
    std::string_view line;
    while (lines_.Next(&line)) {
      if (line.size() > limits_.max_text_line_bytes) return TooLong();
      const auto words = Words(line.substr(0, line.find('#')));
      if (words.empty()) continue;
      if (absl::Status s = TakeLine(words); !s.ok()) return s;
    }
    if (sequence_.columns == 0) return Fail("expected 'fovea-map 1 C R'");
    if (absl::Status s = FinishMap(); !s.ok()) return s;
    return std::move(sequence_);
  }

 private:
  using WordList = std::vector<std::string_view>;

  absl::Status TakeLine(const WordList& words) {
    if (sequence_.columns == 0) return TakeHeader(words);
    if (words[0] == "frame") return TakeFrame(words);
    return TakeRow(words);
  }

  absl::Status TakeHeader(const WordList& words) {
    if (words[0] != kMagic || words.size() != 4) {
      return Fail("expected 'fovea-map 1 COLUMNS ROWS', found '" +
                  Shown(words[0]) + "'");
    }
    if (words[1] != "1") {
      return Fail("expected version 1, found '" + Shown(words[1]) + "'");
    }
    const int most = MacroblockCount(limits_.max_side);
    const auto columns = WholeNumber(words[2]);
    const auto rows = WholeNumber(words[3]);
    if (!columns || !rows || *columns < 1 || *rows < 1 || *columns > most ||
        *rows > most) {
      return Fail(absl::StrCat("expected 1 to ", most,
                               " columns and rows, found '", Shown(words[2]),
                               " ", Shown(words[3]), "'"));
    }
    sequence_.columns = static_cast<int>(*columns);
    sequence_.rows = static_cast<int>(*rows);
    return absl::OkStatus();
  }

  absl::Status TakeFrame(const WordList& words) {
    if (absl::Status s = FinishMap(); !s.ok()) return s;
    const int64_t frame =
        words.size() == 2 ? WholeNumber(words[1]).value_or(-1) : -1;
    const int64_t least = frame_ ? *frame_ + 1 : 0;
    if (frame < least || frame > limits_.max_frame_index) {
      return Fail(absl::StrCat(
          "expected 'frame N' with N from ", least, ", found '",
          Shown(words[0]), words.size() > 1 ? " " + Shown(words[1]) : "", "'"));
    }
    const size_t size = Blocks();
    if (sequence_.maps.size() >= limits_.max_map_frames ||
        size * (sequence_.maps.size() + 1) > limits_.max_map_bytes) {
      return absl::ResourceExhaustedError(Place() +
                                          "more maps than the limits allow");
    }
    frame_ = frame;
    map_ = {sequence_.columns, sequence_.rows, {}};
    map_.qp_offset.reserve(static_cast<size_t>(sequence_.columns));
    return absl::OkStatus();
  }

  absl::Status TakeRow(const WordList& words) {
    if (!frame_) return Fail("expected 'frame N' before the first row");
    if (map_.qp_offset.size() == Blocks()) {
      return Fail(absl::StrCat("expected ", sequence_.rows, " rows of frame ",
                               *frame_, ", found more"));
    }
    if (words.size() != static_cast<size_t>(sequence_.columns)) {
      return Fail(absl::StrCat("expected ", sequence_.columns,
                               " offsets, found ", words.size()));
    }
    for (const std::string_view word : words) {
      const auto offset = WholeNumber(word);
      if (!offset || *offset < 0 || *offset > kMaxQpOffset ||
          *offset % 2 != 0) {
        return Fail(absl::StrCat("expected even offsets of 0 to ", kMaxQpOffset,
                                 ", found '", Shown(word), "'"));
      }
      map_.qp_offset.push_back(static_cast<uint8_t>(*offset));
    }
    return absl::OkStatus();
  }

  absl::Status FinishMap() {
    if (!frame_) return absl::OkStatus();
    if (map_.qp_offset.size() != Blocks()) {
      return Fail(absl::StrCat(
          "expected ", sequence_.rows, " rows of frame ", *frame_, ", found ",
          map_.qp_offset.size() / static_cast<size_t>(sequence_.columns)));
    }
    sequence_.maps.emplace_hint(sequence_.maps.end(), *frame_, std::move(map_));
    return absl::OkStatus();
  }

  size_t Blocks() const {
    return static_cast<size_t>(sequence_.columns) *
           static_cast<size_t>(sequence_.rows);
  }
  std::string Place() const {
    return absl::StrCat(name_, ": line ", lines_.number(), ": ");
  }
  absl::Status Fail(const std::string& what) const {
    return absl::InvalidArgumentError(Place() + what);
  }
  absl::Status TooLong() const {
    return absl::ResourceExhaustedError(absl::StrCat(
        Place(), "longer than ", limits_.max_text_line_bytes, " bytes"));
  }
  static std::string Shown(std::string_view word) {
    return std::string(word.substr(0, 40));
  }

  const std::string& name_;
  TextLines lines_;
  const CodecLimits& limits_;
  MapSequence sequence_;
  std::optional<int64_t> frame_;
  QualityMap map_;
};

}  // namespace

const QualityMap* MapSequence::At(int64_t frame) const {
  const auto after = maps.upper_bound(frame);
  return after == maps.begin() ? nullptr : &std::prev(after)->second;
}

absl::StatusOr<MapSequence> ParseMaps(const std::string& name,
                                      std::string_view text,
                                      const CodecLimits& limits) {
  return MapParser(name, text, limits).Parse();
}

std::string MapsText(const MapSequence& sequence) {
  std::string text =
      absl::StrCat(kMagic, " 1 ", sequence.columns, " ", sequence.rows, "\n");
  for (const auto& [frame, map] : sequence.maps) {
    absl::StrAppend(&text, "frame ", frame, "\n");
    for (size_t i = 0; i < map.qp_offset.size(); ++i) {
      const bool last = (i + 1) % static_cast<size_t>(map.columns) == 0;
      absl::StrAppend(&text, static_cast<int>(map.qp_offset[i]),
                      last ? "\n" : " ");
    }
  }
  return text;
}

}  // namespace fovea
