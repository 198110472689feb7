// SPDX-License-Identifier: GPL-2.0-or-later
//
// {"images": [...], "annotations": [...], "categories": [...]}, a line per
// item. Boxes are [x, y, width, height]; `frame_index`, `track_id`, `score`
// and `attributes` are beyond COCO's own fields. There is no "segmentation":
// readers take an empty one for a mask.

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/annotation_files.h"
#include "codec/formats/internal/markup_text.h"

namespace fovea::codec_internal {
namespace {

std::string Image(const AnnotatedFrame& frame, size_t id,
                  const AnnotationWriteOptions& options) {
  std::string text = absl::StrCat(
      "{\"id\": ", id, ", \"file_name\": ", JsonText(AnnotatedFrameName(frame)),
      ", \"width\": ", options.width, ", \"height\": ", options.height);
  if (frame.index) absl::StrAppend(&text, ", \"frame_index\": ", *frame.index);
  return text + "}";
}

std::string Attributes(const AnnotatedBox& box) {
  std::string text;
  for (const auto& [name, value] : box.attributes) {
    if (name == "iscrowd") continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", JsonText(name), ": ",
                    JsonText(value));
  }
  return text.empty() ? "" : ", \"attributes\": {" + text + "}";
}

bool IsCrowd(const AnnotatedBox& box) {
  for (const auto& [name, value] : box.attributes) {
    if (name == "iscrowd") return value == "true";
  }
  return false;
}

std::string Annotation(const AnnotatedBox& box, size_t id, size_t image,
                       size_t category) {
  const double left = box.box.left, top = box.box.top;
  const double width = box.box.right - left, height = box.box.bottom - top;
  std::string text = absl::StrCat(
      "{\"id\": ", id, ", \"image_id\": ", image,
      ", \"category_id\": ", category, ", \"bbox\": [", NumberText(left), ", ",
      NumberText(top), ", ", NumberText(width), ", ", NumberText(height),
      "], \"area\": ", NumberText(width * height),
      ", \"iscrowd\": ", IsCrowd(box) ? 1 : 0);
  if (box.score != 1) {
    absl::StrAppend(&text, ", \"score\": ", NumberText(box.score));
  }
  if (box.track) absl::StrAppend(&text, ", \"track_id\": ", *box.track);
  return text + Attributes(box) + "}";
}

// Items of a list, with commas between them.
class ItemList {
 public:
  ItemList(const char* name, const char* before, PendingFile* file)
      : file_(file) {
    status_ = file_->Write(absl::StrCat(before, "\"", name, "\": ["));
  }
  void Add(const std::string& item) {
    if (status_.ok()) status_ = file_->Write((any_ ? ",\n" : "\n") + item);
    any_ = true;
  }
  absl::Status Close() { return status_.ok() ? file_->Write("\n]") : status_; }

 private:
  PendingFile* const file_;
  absl::Status status_;
  bool any_ = false;
};

}  // namespace

absl::Status WriteCoco(const Annotations& annotations,
                       const AnnotationWriteOptions& options,
                       PendingFile* file) {
  ItemList images("images", "{", file);
  size_t id = 0;
  for (const AnnotatedFrame& frame : annotations.frames) {
    images.Add(Image(frame, ++id, options));
  }
  if (absl::Status s = images.Close(); !s.ok()) return s;
  const auto labels = LabelsOf(annotations);
  ItemList boxes("annotations", ",\n", file);
  id = 0;
  size_t image = 0;
  for (const AnnotatedFrame& frame : annotations.frames) {
    ++image;
    for (const AnnotatedBox& box : frame.boxes) {
      boxes.Add(Annotation(box, ++id, image, labels.at(box.label) + 1));
    }
  }
  if (absl::Status s = boxes.Close(); !s.ok()) return s;
  ItemList categories("categories", ",\n", file);
  for (const auto& [label, place] : labels) {
    categories.Add(absl::StrCat("{\"id\": ", place + 1, ", \"name\": ",
                                JsonText(label), ", \"supercategory\": \"\"}"));
  }
  if (absl::Status s = categories.Close(); !s.ok()) return s;
  return file->Write("}\n");
}

}  // namespace fovea::codec_internal
