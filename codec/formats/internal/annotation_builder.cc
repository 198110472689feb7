// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/annotation_builder.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/utf8.h"
#include "codec/text_lines.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kShownBytes = 60;
constexpr size_t kMostDigits = 18;  // of a number in a name; fits an int64

std::string Shown(std::string_view text) {
  return absl::StrCat("'", PrintableUtf8(text, kShownBytes), "'");
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

std::string Shown(const Edges& edges) {
  return absl::StrCat(edges.left, ",", edges.top, " to ", edges.right, ",",
                      edges.bottom);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void Bounds::Add(double x, double y) {
  if (points_++ == 0) edges_ = {x, y, x, y};
  // NaN must not be lost in a comparison: it is found when the box is kept.
  edges_.left = std::isnan(x) ? x : std::min(edges_.left, x);
  edges_.right = std::max(edges_.right, x);
  edges_.top = std::isnan(y) ? y : std::min(edges_.top, y);
  edges_.bottom = std::max(edges_.bottom, y);
}

std::string TextFault(std::string_view text) {
  if (!IsUtf8(text)) {
    return absl::StrCat("expected UTF-8 text, found ", Shown(text));
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+FFFE and U+FFFF are no characters: XML has no way to say them.
    const bool none = text.substr(i, 2) == "\xef\xbf" && i + 2 < text.size() &&
                      static_cast<unsigned char>(text[i + 2]) >= 0xbe;
    if (c < 0x20 || c == 0x7f || none) {
      return absl::StrCat("expected text without control characters, found ",
                          Shown(text));
    }
  }
  return "";
}

std::optional<int64_t> TrailingNumber(std::string_view name) {
  const size_t slash = name.find_last_of("/\\");
  if (slash != name.npos) name.remove_prefix(slash + 1);
  const size_t dot = name.find_last_of('.');
  // "12.5" of a name without a suffix would be one; suffixes are letters.
  if (dot != name.npos && dot + 1 < name.size() && !IsDigit(name[dot + 1])) {
    name = name.substr(0, dot);
  }
  size_t begin = name.size();
  while (begin > 0 && IsDigit(name[begin - 1])) --begin;
  name.remove_prefix(begin);
  while (name.size() > 1 && name.front() == '0') name.remove_prefix(1);
  if (name.empty() || name.size() > kMostDigits) return std::nullopt;
  return WholeNumber(name);
}

absl::Status At(std::string_view place, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat(std::string(place), ": ", std::string(status.message())));
}

absl::Status AnnotationBuilder::CountText(size_t bytes) {
  text_bytes_ += bytes;
  if (text_bytes_ <= limits_.max_annotation_text_bytes) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("names, labels and attributes of more than ",
                   limits_.max_annotation_text_bytes, " bytes"));
}

absl::StatusOr<size_t> AnnotationBuilder::NewFrame(
    std::optional<uint64_t> index, std::string_view name) {
  if (result_.frames.size() >= limits_.max_annotated_frames) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", limits_.max_annotated_frames, " frames"));
  }
  if (absl::Status s = CountText(name.size()); !s.ok()) return s;
  const size_t place = result_.frames.size();
  if (index) by_index_[*index] = place;
  result_.frames.push_back({index, std::string(name), {}});
  return place;
}

absl::StatusOr<size_t> AnnotationBuilder::FrameAt(int64_t index) {
  if (index < 0 || static_cast<uint64_t>(index) > limits_.max_annotated_index) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a frame index of 0 to ",
                     limits_.max_annotated_index, ", found ", index));
  }
  const auto wanted = static_cast<uint64_t>(index);
  const auto found = by_index_.find(wanted);
  return found != by_index_.end() ? absl::StatusOr<size_t>(found->second)
                                  : NewFrame(wanted, "");
}

absl::StatusOr<size_t> AnnotationBuilder::Frame(std::optional<int64_t> own,
                                                std::string_view name) {
  if (name.size() > limits_.max_annotation_name_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a name of ", name.size(), " bytes"));
  }
  const std::string fault = TextFault(name);
  if (!fault.empty()) return absl::InvalidArgumentError(fault);
  if (!own && options_.need_index) {
    own = TrailingNumber(name);
    if (!own) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected a name that ends in the frame's number, as in "
                       "frame_000012.jpg, found ",
                       Shown(name)));
    }
    *own -= options_.first_number;
  }
  if (!own && name.empty()) {
    return absl::InvalidArgumentError(
        "expected a picture's name or a frame's number, found neither");
  }
  if (!name.empty()) {
    const bool fresh = by_name_.emplace(name, result_.frames.size()).second;
    if (!fresh) {
      return absl::InvalidArgumentError(
          absl::StrCat("picture ", Shown(name), " comes twice"));
    }
  }
  if (!own) return NewFrame(std::nullopt, name);
  const size_t before = result_.frames.size();
  const auto place = FrameAt(*own);
  if (!place.ok()) return place;
  AnnotatedFrame& frame = result_.frames[*place];
  // A track may have been on the frame before its name was known.
  const bool taken = *place < before && (!frame.name.empty() || name.empty());
  if (taken) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame ", *own, " comes twice (", Shown(frame.name),
                     " and ", Shown(name), ")"));
  }
  frame.name = std::string(name);
  if (absl::Status s = CountText(name.size()); !s.ok()) return s;
  return place;
}

absl::Status AnnotationBuilder::CheckSize(double width, double height) {
  if (options_.width <= 0 || options_.height <= 0 || !(width > 0) ||
      !(height > 0)) {
    return absl::OkStatus();
  }
  if (width == options_.width && height == options_.height) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("is for pictures of ", width, "x", height, ", these are ",
                   options_.width, "x", options_.height));
}

absl::StatusOr<std::string> AnnotationBuilder::Label(
    std::string_view text) const {
  text = Trimmed(text);
  const std::string fault = TextFault(text);
  if (!fault.empty()) return absl::InvalidArgumentError("label: " + fault);
  if (text.size() > limits_.max_annotation_label_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "label ", Shown(text), " of ", text.size(), " bytes; at most ",
        limits_.max_annotation_label_bytes, " can be stored"));
  }
  return std::string(text);
}

absl::Status AnnotationBuilder::AddAttribute(std::string_view name,
                                             std::string_view value,
                                             AnnotatedBox* box) {
  name = Trimmed(name);
  value = Trimmed(value);
  if (value.empty()) return absl::OkStatus();
  std::string fault = name.empty() ? "it has no name" : TextFault(name);
  if (fault.empty() && !IsUtf8(value)) fault = TextFault(value);
  if (!fault.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute ", Shown(name), ": ", fault));
  }
  if (!TextFault(value).empty()) {
    PassOver("attribute of several lines");
    return absl::OkStatus();
  }
  auto& all = box->attributes;
  if (all.size() >= limits_.max_attributes ||
      name.size() > limits_.max_attribute_name_bytes ||
      value.size() > limits_.max_attribute_value_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "attribute ", Shown(name), ": at most ", limits_.max_attributes,
        " of a box with names of ", limits_.max_attribute_name_bytes,
        " and values of ", limits_.max_attribute_value_bytes,
        " bytes can be stored"));
  }
  const auto place = std::lower_bound(
      all.begin(), all.end(), name,
      [](const auto& item, std::string_view key) { return item.first < key; });
  if (place != all.end() && place->first == name) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute ", Shown(name), " comes twice"));
  }
  all.emplace(place, name, value);
  return absl::OkStatus();
}

absl::Status AnnotationBuilder::CheckEdges(const Edges& edges, double width,
                                           double height) const {
  for (const double edge : {edges.left, edges.top, edges.right, edges.bottom}) {
    if (!(std::fabs(edge) <= limits_.max_annotated_edge)) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected edges within ", limits_.max_annotated_edge,
                       " pixels, found ", Shown(edges)));
    }
  }
  if (edges.right < edges.left || edges.bottom < edges.top) {
    return absl::InvalidArgumentError(
        absl::StrCat("the box ends before it begins: ", Shown(edges)));
  }
  if (width > 0 && height > 0 &&
      (edges.right <= 0 || edges.bottom <= 0 || edges.left >= width ||
       edges.top >= height)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the box lies outside the picture of ", width, "x", height,
                     ": ", Shown(edges)));
  }
  return absl::OkStatus();
}

absl::Status AnnotationBuilder::AddBox(size_t frame, const Edges& edges,
                                       AnnotatedBox box, double width,
                                       double height) {
  if (!(width > 0 && height > 0)) {
    width = options_.width;
    height = options_.height;
  }
  box.box = {static_cast<float>(edges.left), static_cast<float>(edges.top),
             static_cast<float>(edges.right), static_cast<float>(edges.bottom)};
  const bool ordered = edges.left <= edges.right && edges.top <= edges.bottom;
  if (ordered &&
      !(box.box.left < box.box.right && box.box.top < box.box.bottom)) {
    PassOver("box without area");
    return absl::OkStatus();
  }
  if (absl::Status s = CheckEdges(edges, width, height); !s.ok()) return s;
  if (!std::isfinite(box.score)) {
    return absl::InvalidArgumentError("expected a number as score");
  }
  if (++boxes_ > limits_.max_annotated_boxes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", limits_.max_annotated_boxes, " boxes"));
  }
  size_t text = box.label.size();
  for (const auto& [name, value] : box.attributes) {
    text += name.size() + value.size();
  }
  result_.frames[frame].boxes.push_back(std::move(box));
  return CountText(text);
}

Annotations AnnotationBuilder::Finish() && {
  std::sort(result_.frames.begin(), result_.frames.end(),
            [](const AnnotatedFrame& a, const AnnotatedFrame& b) {
              return std::tie(a.index, a.name) < std::tie(b.index, b.name);
            });
  return std::move(result_);
}

}  // namespace fovea::codec_internal
