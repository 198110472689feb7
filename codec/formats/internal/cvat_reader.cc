// SPDX-License-Identifier: GPL-2.0-or-later
//
// CVAT's XML, version 1.1, for video (tracks) and for images. Both may be in
// one file. Document types and the entities they could define are refused.

#include <expat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/formats/internal/cvat_tracks.h"
#include "codec/text_lines.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kChunkBytes = 65536;
constexpr size_t kMaxMetaBytes = 64;  // of a number in <meta>
constexpr int64_t kMostFrame = 1LL << 40;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct ParserFreer {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, ParserFreer>;

// The attributes of an XML tag.
class Tag {
 public:
  explicit Tag(const char** pairs) : pairs_(pairs) {}

  std::optional<std::string_view> Text(std::string_view name) const {
    for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
      if (name == *pair) return std::string_view(pair[1]);
    }
    return std::nullopt;
  }
  bool IsTrue(std::string_view name) const {
    const auto text = Text(name);
    return text && (*text == "1" || *text == "true" || *text == "True");
  }
  absl::StatusOr<double> Number(std::string_view name) const {
    const auto text = Text(name);
    const auto number = text ? FiniteNumber(*text) : std::nullopt;
    if (!number) return Bad("a number", name, text);
    return *number;
  }
  absl::StatusOr<int64_t> Whole(std::string_view name,
                                int64_t most = kMostFrame) const {
    const auto text = Text(name);
    const auto number = text ? WholeNumber(*text) : std::nullopt;
    if (!number || *number < 0 || *number > most) {
      return Bad("a whole number", name, text);
    }
    return *number;
  }

 private:
  static absl::Status Bad(const char* wanted, std::string_view name,
                          std::optional<std::string_view> found) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", wanted, " as ", std::string(name), ", found ",
        found ? absl::StrCat("'", std::string(found->substr(0, 40)), "'")
              : "none"));
  }

  const char** const pairs_;
};

// "x,y;x,y" of an outline.
absl::StatusOr<Edges> OutlineOf(const Tag& tag) {
  std::string_view points = tag.Text("points").value_or("");
  Bounds bounds;
  while (!points.empty()) {
    const std::string_view point = points.substr(0, points.find(';'));
    points.remove_prefix(std::min(point.size() + 1, points.size()));
    const size_t comma = std::min(point.find(','), point.size());
    const auto x = FiniteNumber(point.substr(0, comma));
    const auto y = comma < point.size() ? FiniteNumber(point.substr(comma + 1))
                                        : std::nullopt;
    if (!x || !y) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected points as x,y;x,y, found '",
                       std::string(point.substr(0, 40)), "'"));
    }
    bounds.Add(*x, *y);
  }
  if (bounds.empty()) {
    return absl::InvalidArgumentError("expected points, found none");
  }
  return bounds.edges();
}

// Four numbers of a tag, by name.
absl::StatusOr<std::array<double, 4>> Four(
    const Tag& tag, const std::array<const char*, 4>& names) {
  std::array<double, 4> values;
  for (size_t i = 0; i < 4; ++i) {
    const auto value = tag.Number(names[i]);
    if (!value.ok()) return value.status();
    values[i] = *value;
  }
  return values;
}

absl::StatusOr<Edges> EllipseOf(const Tag& tag, double rotation) {
  const auto of = Four(tag, {"cx", "cy", "rx", "ry"});
  if (!of.ok()) return of.status();
  const auto [x, y, rx, ry] = *of;
  const double angle = rotation * std::acos(-1.0) / 180;
  const double width = std::hypot(rx * std::cos(angle), ry * std::sin(angle));
  const double height = std::hypot(rx * std::sin(angle), ry * std::cos(angle));
  return Edges{x - width, y - height, x + width, y + height};
}

absl::StatusOr<Edges> MaskOf(const Tag& tag) {
  const auto of = Four(tag, {"left", "top", "width", "height"});
  if (!of.ok()) return of.status();
  const auto [left, top, width, height] = *of;
  return Edges{left, top, left + width, top + height};
}

class CvatReader {
 public:
  CvatReader(const std::string& path, AnnotationBuilder* builder)
      : path_(path), builder_(builder), parser_(XML_ParserCreate(nullptr)) {}

  absl::Status Read() {
    const std::unique_ptr<std::FILE, FileCloser> file(
        std::fopen(path_.c_str(), "rbe"));
    if (file == nullptr) return absl::ErrnoToStatus(errno, path_);
    if (parser_ == nullptr) return absl::ResourceExhaustedError("memory");
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), OnStart, OnEnd);
    XML_SetCharacterDataHandler(parser_.get(), OnText);
    XML_SetStartDoctypeDeclHandler(parser_.get(), OnDoctype);
    bool last = false;
    while (status_.ok() && !last) last = ReadChunk(file.get());
    return status_;
  }

 private:
  // True after the last one.
  bool ReadChunk(std::FILE* file) {
    void* const buffer = XML_GetBuffer(parser_.get(), kChunkBytes);
    if (buffer == nullptr) {
      status_ = absl::ResourceExhaustedError(path_ + ": out of memory");
      return true;
    }
    const size_t size = std::fread(buffer, 1, kChunkBytes, file);
    const bool last = size == 0;
    fed_ += static_cast<int64_t>(size);
    const auto result =
        XML_ParseBuffer(parser_.get(), static_cast<int>(size), last);
    if (!status_.ok()) return true;
    if (result != XML_STATUS_OK) {
      Fail(absl::InvalidArgumentError(absl::StrCat(
          "not XML: ", XML_ErrorString(XML_GetErrorCode(parser_.get())))));
      return true;
    }
    // What the parser has not given away yet is one tag.
    const int64_t held = fed_ - XML_GetCurrentByteIndex(parser_.get());
    const size_t most = builder_->limits().max_annotation_token_bytes;
    if (!last && held > static_cast<int64_t>(most + kChunkBytes)) {
      Fail(absl::ResourceExhaustedError(
          absl::StrCat("a tag of more than ", most, " bytes")));
    }
    return last;
  }

  static CvatReader* Self(void* data) { return static_cast<CvatReader*>(data); }
  static void OnStart(void* data, const char* name, const char** pairs) {
    CvatReader* const self = Self(data);
    if (self->status_.ok()) self->Fail(self->Start(name, Tag(pairs)));
  }
  static void OnEnd(void* data, const char* name) {
    CvatReader* const self = Self(data);
    if (self->status_.ok()) self->Fail(self->End(name));
  }
  static void OnText(void* data, const char* text, int size) {
    CvatReader* const self = Self(data);
    const size_t most =
        self->builder_->limits().max_attribute_value_bytes + kMaxMetaBytes;
    if (self->text_.size() <= most) {
      self->text_.append(text, static_cast<size_t>(size));
    }
  }
  static void OnDoctype(void* data, const char*, const char*, const char*,
                        int) {
    Self(data)->Fail(absl::InvalidArgumentError(
        "a document type declaration, which is refused; remove it"));
  }

  // Ends the parsing unless `status` is OK.
  void Fail(const absl::Status& status) {
    if (status.ok()) return;
    status_ = At(
        absl::StrCat(path_, ": line ", XML_GetCurrentLineNumber(parser_.get())),
        status);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  // Depths: 1 <annotations>, 2 <meta>, <image>, <track>, 3 shapes.
  absl::Status Start(std::string_view name, const Tag& tag) {
    if (++depth_ > builder_->limits().max_annotation_depth) {
      return absl::ResourceExhaustedError(
          absl::StrCat("nested more than ",
                       builder_->limits().max_annotation_depth, " deep"));
    }
    text_.clear();
    if (depth_ == 1 && name != "annotations") {
      return absl::InvalidArgumentError(
          absl::StrCat("expected <annotations>, found <",
                       std::string(name.substr(0, 40)), ">"));
    }
    if (depth_ == 2) {
      in_ = std::string(name);
      if (name == "image") return StartImage(tag);
      if (name == "track") return StartTrack(tag);
    }
    if (in_ == "meta" && (name == "task" || name == "job")) ++tasks_;
    if (depth_ == 3) return StartShape(name, tag);
    if (depth_ == 4 && name == "attribute") {
      attribute_ = std::string(tag.Text("name").value_or(""));
    }
    return absl::OkStatus();
  }

  absl::Status End(std::string_view name) {
    --depth_;
    absl::Status s;
    if (in_ == "meta") EndMeta(name);
    if (depth_ == 3 && name == "attribute" && shape_) s = EndAttribute();
    if (depth_ == 2 && shape_) s = EndShape();
    if (depth_ == 1 && in_ == "track") s = EndTrack();
    if (depth_ == 1) in_.clear();
    text_.clear();
    return s;
  }

  // Only what is said of one task holds for all the file.
  void EndMeta(std::string_view name) {
    const auto number = WholeNumber(Bare());
    const bool sound = number && *number >= 0 && *number <= kMostFrame;
    if (name == "size" && sound) frame_count_ = *number;
    if (name == "start_frame" && sound) frames_.first = *number;
    if (name == "frame_filter") TakeFilter();
    if (name == "width" && sound) frames_.width = static_cast<double>(*number);
    if (name == "height" && sound)
      frames_.height = static_cast<double>(*number);
    if (name != "meta") return;
    if (tasks_ > 1) {
      frames_ = {};
    } else if (frame_count_ > 0) {
      frames_.last = frames_.first + (frame_count_ - 1) * frames_.step;
    }
  }
  void TakeFilter() {
    constexpr std::string_view kStep = "step=";
    const std::string_view text = Bare();
    if (text.substr(0, kStep.size()) != kStep) return;
    const auto step = WholeNumber(text.substr(kStep.size()));
    if (step && *step >= 1 && *step <= kMostStep) frames_.step = *step;
  }
  std::string_view Bare() const {
    std::string_view text = text_;
    while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') {
      text.remove_prefix(1);
    }
    while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') {
      text.remove_suffix(1);
    }
    return text;
  }

  absl::Status StartImage(const Tag& tag) {
    const auto id = tag.Whole("id");
    if (!id.ok()) return id.status();
    if (!image_ids_.insert(*id).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("image id ", *id, " comes twice"));
    }
    const std::string_view name = tag.Text("name").value_or("");
    std::optional<int64_t> own;
    if (tag.Text("frame")) {
      const auto frame = tag.Whole("frame");
      if (!frame.ok()) return frame.status();
      own = *frame;
    } else if (builder_->options().need_index && !TrailingNumber(name)) {
      own = *id;
    }
    const auto frame = builder_->Frame(own, name);
    if (!frame.ok()) return frame.status();
    image_frame_ = *frame;
    image_size_ = {};
    if (!tag.Text("width") && !tag.Text("height")) return absl::OkStatus();
    const auto width = tag.Whole("width");
    const auto height = tag.Whole("height");
    if (!width.ok() || !height.ok()) {
      return width.ok() ? height.status() : width.status();
    }
    image_size_ = {static_cast<double>(*width), static_cast<double>(*height)};
    return builder_->CheckSize(image_size_.first, image_size_.second);
  }

  absl::Status StartTrack(const Tag& tag) {
    const auto id = tag.Whole("id", INT64_MAX);
    if (!id.ok()) return id.status();
    const auto label = builder_->Label(tag.Text("label").value_or(""));
    if (!label.ok()) return label.status();
    const std::string task(tag.Text("task_id").value_or(""));
    if (!track_ids_.empty() && task != task_) {
      return absl::InvalidArgumentError(
          "tracks of several tasks, whose frames cannot be told apart; export "
          "each task by itself");
    }
    task_ = task;
    if (!track_ids_.emplace(*id, *label).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("track ", *id, " of '", *label, "' comes twice"));
    }
    track_ = static_cast<uint64_t>(*id);
    label_ = *label;
    keys_.clear();
    return builder_->CheckSize(frames_.width, frames_.height);
  }

  absl::Status StartShape(std::string_view name, const Tag& tag) {
    shape_.reset();
    if (in_ != "image" && in_ != "track") return absl::OkStatus();
    if (name == "attribute") return absl::OkStatus();
    CvatKey shape;
    if (tag.Text("rotation")) {
      const auto rotation = tag.Number("rotation");
      if (!rotation.ok()) return rotation.status();
      shape.rotation = *rotation;
    }
    const auto edges = EdgesOf(name, tag, &shape.rotation);
    if (!edges.ok())
      return At(absl::StrCat("<", std::string(name), ">"), edges.status());
    if (!edges->has_value()) {
      builder_->PassOver(std::string(name.substr(0, 40)));
      return absl::OkStatus();
    }
    shape.edges = **edges;
    shape.outside = tag.IsTrue("outside");
    if (in_ == "track") {
      const auto frame = tag.Whole("frame");
      if (!frame.ok()) return frame.status();
      shape.frame = *frame;
    } else {
      const auto label = builder_->Label(tag.Text("label").value_or(""));
      if (!label.ok()) return label.status();
      shape.box.label = *label;
    }
    shape_ = std::move(shape);
    if (!tag.IsTrue("occluded")) return absl::OkStatus();
    return builder_->AddAttribute("occluded", "true", &shape_->box);
  }

  // nullopt: no shape with a box.
  absl::StatusOr<std::optional<Edges>> EdgesOf(std::string_view name,
                                               const Tag& tag,
                                               double* rotation) {
    if (name == "box") {
      const auto of = Four(tag, {"xtl", "ytl", "xbr", "ybr"});
      if (!of.ok()) return of.status();
      if (*rotation != 0) builder_->MadeBox("turned box");
      return Edges{(*of)[0], (*of)[1], (*of)[2], (*of)[3]};
    }
    const double turned = std::exchange(*rotation, 0);
    absl::StatusOr<Edges> edges = Edges();
    if (name == "polygon") {
      edges = OutlineOf(tag);
    } else if (name == "ellipse") {
      edges = EllipseOf(tag, turned);
    } else if (name == "mask") {
      edges = MaskOf(tag);
    } else {
      return std::optional<Edges>();
    }
    if (!edges.ok()) return edges.status();
    builder_->MadeBox(std::string(name));
    return *edges;
  }

  absl::Status EndAttribute() {
    if (attribute_ == "score") {
      const auto score = FiniteNumber(Bare());
      if (score) {
        shape_->box.score = static_cast<float>(*score);
        return absl::OkStatus();
      }
    }
    const bool cleared = Bare().empty();
    if (cleared && shape_->cleared.size() < builder_->limits().max_attributes) {
      shape_->cleared.push_back(attribute_);
    }
    return builder_->AddAttribute(attribute_, text_, &shape_->box);
  }

  absl::Status EndShape() {
    CvatKey shape = *std::move(shape_);
    shape_.reset();
    if (in_ == "track") {
      if (keys_.size() >= builder_->limits().max_annotated_boxes) {
        return absl::ResourceExhaustedError("more boxes than are allowed");
      }
      keys_.push_back(std::move(shape));
      return absl::OkStatus();
    }
    return builder_->AddBox(image_frame_, Turned(shape.edges, shape.rotation),
                            std::move(shape.box), image_size_.first,
                            image_size_.second);
  }

  absl::Status EndTrack() {
    return At(
        absl::StrCat("track ", track_),
        AddTrack(std::exchange(keys_, {}), frames_, label_, track_, builder_));
  }

  static constexpr int64_t kMostStep = 1 << 20;

  const std::string& path_;
  AnnotationBuilder* const builder_;
  const Parser parser_;
  absl::Status status_;
  int64_t fed_ = 0;
  int depth_ = 0;
  std::string in_;  // the element at depth 2
  std::string text_;
  std::string attribute_;

  int tasks_ = 0;
  int64_t frame_count_ = 0;
  CvatFrames frames_;

  std::set<int64_t> image_ids_;
  size_t image_frame_ = 0;
  std::pair<double, double> image_size_;

  std::set<std::pair<int64_t, std::string>> track_ids_;
  std::string task_;
  std::string label_;
  uint64_t track_ = 0;
  std::vector<CvatKey> keys_;
  std::optional<CvatKey> shape_;
};

}  // namespace

absl::Status ReadCvat(const std::string& path, AnnotationBuilder* builder) {
  return CvatReader(path, builder).Read();
}

}  // namespace fovea::codec_internal
