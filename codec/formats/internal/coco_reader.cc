// SPDX-License-Identifier: GPL-2.0-or-later
//
// COCO's JSON, read as it streams by: no tree of it is ever in memory.
//
//   {"images": [{"id", "file_name", "width", "height",
//                "frame_index" or "frame_id", "video_id"}],
//    "annotations": [{"id", "image_id", "category_id", "bbox": [x, y, w, h],
//                     "score", "track_id" or "instance_id", "iscrowd",
//                     "segmentation", "keypoints", "attributes": {}}],
//    "categories": [{"id", "name"}]}
//
// Other fields are read over.

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/formats/internal/coco_book.h"
#include "codec/formats/internal/utf8.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kShownBytes = 200;
constexpr double kMostWhole = 9007199254740992.0;  // 2^53

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The file's bytes one by one; ends early when a single string or number
// grows beyond what the parser may gather in memory.
class ByteSource {
 public:
  ByteSource(std::FILE* file, size_t most) : file_(file), most_(most) {}

  bool AtEnd() {
    if (next_ == filled_ && !too_long_) {
      filled_ = std::fread(buffer_.data(), 1, buffer_.size(), file_);
      next_ = 0;
    }
    return too_long_ || next_ == filled_;
  }
  char Peek() const { return buffer_[next_]; }
  void Step() {
    const char c = buffer_[next_++];
    const bool ends = in_string_
                          ? c == '"' && !escaped_
                          : std::string_view("\",:[]{} \n\r\t").find(c) !=
                                std::string_view::npos;
    if (ends) in_string_ = !in_string_ && c == '"';
    escaped_ = in_string_ && c == '\\' && !escaped_;
    run_ = ends ? 0 : run_ + 1;
    too_long_ = run_ > most_;
  }
  bool too_long() const { return too_long_; }

 private:
  std::FILE* const file_;
  const size_t most_;
  std::array<char, 65536> buffer_;
  size_t next_ = 0;
  size_t filled_ = 0;
  size_t run_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool too_long_ = false;
};

// What nlohmann's parser reads from; all copies share the source.
class ByteIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  explicit ByteIterator(ByteSource* source) : source_(source) {}
  char operator*() const { return source_->Peek(); }
  ByteIterator& operator++() {
    source_->Step();
    return *this;
  }
  // One of the two is always the end.
  bool operator==(const ByteIterator& other) const {
    ByteSource* source = source_ != nullptr ? source_ : other.source_;
    return source == nullptr || source->AtEnd();
  }
  bool operator!=(const ByteIterator& other) const { return !(*this == other); }

 private:
  ByteSource* source_;  // null: the end
};

class CocoHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  CocoHandler(const std::string& path, AnnotationBuilder* builder,
              CocoBook* book)
      : path_(path), builder_(builder), book_(book) {}

  const absl::Status& status() const { return status_; }

  bool null() override { return TakeScalar(); }
  bool boolean(bool value) override {
    if (InAttributes()) return TakeAttribute(value ? "true" : "false");
    if (AtField() && key_ == "iscrowd" && value) return TakeCrowd();
    return TakeScalar();
  }
  bool number_integer(number_integer_t value) override {
    return TakeWhole(value, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(INT64_MAX)) {
      return TakeNumber(static_cast<double>(value), std::to_string(value));
    }
    return TakeWhole(static_cast<int64_t>(value), std::to_string(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    if (value == std::floor(value) && std::fabs(value) < kMostWhole) {
      return TakeWhole(static_cast<int64_t>(value), text);
    }
    return TakeNumber(value, text);
  }
  bool string(string_t& value) override {
    if (InAttributes()) return TakeAttribute(value);
    if (!AtField()) return TakeScalar();
    const bool name =
        (section_ == CocoSection::kImages && key_ == "file_name") ||
        (section_ == CocoSection::kCategories && key_ == "name");
    if (name) item_.name = value;
    if (!name && (WholeField() != nullptr || NumberField() != nullptr)) {
      return Fail(absl::StrCat("expected a number as ", key_, ", found '",
                               PrintableUtf8(value, 40), "'"));
    }
    return true;
  }
  bool binary(binary_t&) override { return true; }  // JSON has none

  bool start_object(std::size_t) override {
    if (depth_ == 3 && section_ == CocoSection::kAnnotations &&
        key_ == "segmentation") {
      item_.masked = true;
    }
    if (depth_ == 1 && section_ != CocoSection::kOther) {
      return Fail("expected a list, found an object");
    }
    if (InAttributes()) builder_->PassOver("attribute list");
    if (!Descend()) return false;
    if (depth_ == 3) item_ = CocoItem();
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0) {
      return Fail(
          "expected an object with 'images', 'annotations' and 'categories', "
          "found a list: results without their pictures cannot be read");
    }
    if (depth_ == 2 && section_ != CocoSection::kOther) {
      return Fail("expected an object, found a list");
    }
    if (InAttributes()) builder_->PassOver("attribute list");
    if (depth_ == 3 && key_ == "attributes") {
      builder_->PassOver("attribute list");
      key_.clear();
    }
    if (depth_ >= 3) item_.y_is_next = false;
    if (depth_ == 3 && key_ == "segmentation") item_.outlined = true;
    return Descend();
  }
  bool key(string_t& value) override {
    if (depth_ == 1) {
      section_ = SectionOf(value);
      if (section_ != CocoSection::kOther) book_->Open();
      place_ = 0;
    } else if (depth_ == 3) {
      key_ = value.substr(0, kShownBytes);
    } else if (depth_ == 4) {
      attribute_ = value;
    }
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ != 2 || section_ == CocoSection::kOther) return true;
    const absl::Status s = book_->Take(section_, place_, &item_);
    if (!s.ok()) return Fail(s);
    ++place_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception& error) override {
    std::string_view what = error.what();
    const size_t end = what.find("] ");
    if (end != what.npos) what.remove_prefix(end + 2);
    status_ = absl::InvalidArgumentError(
        absl::StrCat(path_, ": not JSON: ", PrintableUtf8(what, kShownBytes)));
    return false;
  }

 private:
  // Depths: 1 the whole, 2 a list, 3 an item, 4 and on what a field holds.
  bool AtField() const {
    return depth_ == 3 && section_ != CocoSection::kOther;
  }
  bool InAttributes() const {
    return depth_ >= 4 && section_ == CocoSection::kAnnotations &&
           key_ == "attributes";
  }
  bool InBox() const {
    return depth_ >= 4 && section_ == CocoSection::kAnnotations &&
           key_ == "bbox";
  }
  bool Descend() {
    if (++depth_ <= builder_->limits().max_annotation_depth) return true;
    status_ = absl::ResourceExhaustedError(
        absl::StrCat(path_, ": nested more than ",
                     builder_->limits().max_annotation_depth, " deep"));
    return false;
  }

  static CocoSection SectionOf(std::string_view key) {
    CocoSection section = CocoSection::kOther;
    if (key == "images") section = CocoSection::kImages;
    if (key == "annotations") section = CocoSection::kAnnotations;
    if (key == "categories") section = CocoSection::kCategories;
    return section;
  }

  std::string PlaceName() const {
    static constexpr const char* kNames[] = {"", "images", "annotations",
                                             "categories"};
    if (section_ == CocoSection::kOther) return path_;
    return absl::StrCat(path_, ": ", kNames[static_cast<int>(section_)], "[",
                        place_, "]");
  }
  bool Fail(const absl::Status& status) {
    status_ = At(PlaceName(), status);
    return false;
  }
  bool Fail(const std::string& what) {
    return Fail(absl::InvalidArgumentError(what));
  }

  // A value that means nothing here; a list may hold objects alone.
  bool TakeScalar() {
    if (depth_ == 0) return Fail("expected an object, found a value");
    if (depth_ <= 2 && section_ != CocoSection::kOther) {
      return Fail(depth_ == 1 ? "expected a list, found a value"
                              : "expected an object, found a value");
    }
    return !InBox() || Fail("expected 4 numbers as bbox, found other values");
  }

  std::optional<int64_t>* WholeField() {
    if (key_ == "id") return &item_.id;
    if (section_ == CocoSection::kImages) {
      if (key_ == "frame_index") return &item_.frame_index;
      if (key_ == "frame_id") return &item_.frame_id;
      if (key_ == "video_id") return &item_.video;
    }
    if (section_ == CocoSection::kAnnotations) {
      if (key_ == "image_id") return &item_.image;
      if (key_ == "category_id") return &item_.category;
      if (key_ == "track_id" || key_ == "instance_id") return &item_.track;
    }
    return nullptr;
  }
  double* NumberField() {
    if (section_ == CocoSection::kImages) {
      if (key_ == "width") return &item_.width;
      if (key_ == "height") return &item_.height;
    }
    const bool score = section_ == CocoSection::kAnnotations && key_ == "score";
    return score ? &item_.score : nullptr;
  }

  bool TakeWhole(int64_t value, const std::string& text) {
    if (InAttributes() && depth_ == 4 && attribute_ == "track_id") {
      if (!item_.track) item_.track = value;
      return true;
    }
    if (AtField() && key_ == "iscrowd" && value != 0) return TakeCrowd();
    std::optional<int64_t>* const field = AtField() ? WholeField() : nullptr;
    if (field == nullptr) {
      return TakeNumber(static_cast<double>(value), text);
    }
    *field = value;
    return true;
  }
  bool TakeNumber(double value, const std::string& text) {
    if (InAttributes()) return TakeAttribute(text);
    if (AtField()) {
      if (WholeField() != nullptr) {
        return Fail(absl::StrCat("expected a whole number as ", key_,
                                 ", found ", text.substr(0, 40)));
      }
      if (double* const field = NumberField()) *field = value;
      return true;
    }
    if (depth_ < 4 || (InBox() && depth_ > 4) ||
        section_ != CocoSection::kAnnotations) {
      return TakeScalar();
    }
    if (InBox() && item_.box.size() <= 4) item_.box.push_back(value);
    if (key_ == "keypoints") item_.keypoints = true;
    if (key_ == "segmentation" && item_.outlined) TakePoint(value);
    return true;
  }
  void TakePoint(double value) {
    if (item_.y_is_next) item_.outline.Add(item_.x, value);
    item_.x = value;
    item_.y_is_next = !item_.y_is_next;
  }
  bool TakeAttribute(const std::string& value) {
    if (depth_ > 4) return true;  // part of a list, which is counted
    // Tools say so of every box; only the other case tells something.
    if (attribute_ == "occluded" && value == "false") return true;
    const absl::Status s =
        builder_->AddAttribute(attribute_, value, &item_.kept);
    return s.ok() || Fail(s);
  }
  bool TakeCrowd() {
    const absl::Status s =
        builder_->AddAttribute("iscrowd", "true", &item_.kept);
    return s.ok() || Fail(s);
  }

  const std::string& path_;
  AnnotationBuilder* const builder_;
  CocoBook* const book_;
  absl::Status status_;
  int depth_ = 0;
  CocoSection section_ = CocoSection::kOther;
  size_t place_ = 0;       // in the section's list
  std::string key_;        // of the item's field
  std::string attribute_;  // of an object in that field
  CocoItem item_;
};

}  // namespace

absl::Status ReadCoco(const std::string& path, AnnotationBuilder* builder) {
  const std::unique_ptr<std::FILE, FileCloser> file(
      std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return absl::ErrnoToStatus(errno, path);
  const size_t most = builder->limits().max_annotation_token_bytes;
  auto source = std::make_unique<ByteSource>(file.get(), most);
  CocoBook book(builder);
  CocoHandler handler(path, builder, &book);
  nlohmann::json::sax_parse(ByteIterator(source.get()), ByteIterator(nullptr),
                            &handler);
  if (source->too_long()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        path, ": a string or number of more than ", most, " bytes"));
  }
  if (std::ferror(file.get()) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  }
  return handler.status().ok() ? At(path, book.Join()) : handler.status();
}

}  // namespace fovea::codec_internal
