// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/coco_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

absl::Status Missing(const char* field) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected a field '", field, "', found none"));
}

absl::Status Twice(int64_t id) {
  return absl::InvalidArgumentError(absl::StrCat("id ", id, " comes twice"));
}

}  // namespace

absl::Status CocoBook::Take(CocoSection section, size_t place, CocoItem* item) {
  if (section == CocoSection::kImages) return TakeImage(*item);
  if (section == CocoSection::kCategories) return TakeCategory(*item);
  return TakeAnnotation(place, item);
}

absl::Status CocoBook::TakeImage(const CocoItem& item) {
  if (!item.id) return Missing("id");
  const auto picture = PictureOf(item);
  if (!picture.ok()) return picture.status();
  return pictures_.emplace(*item.id, *picture).second ? absl::OkStatus()
                                                      : Twice(*item.id);
}

absl::StatusOr<CocoBook::Picture> CocoBook::PictureOf(const CocoItem& item) {
  Picture picture{kNoFrame, item.width, item.height};
  const auto& wanted = builder_->options().video;
  if (wanted && item.video != wanted) {
    builder_->PassOver("picture of another video");
    return picture;
  }
  if (!wanted && item.video && video_ && *video_ != *item.video) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file holds videos ", *video_, " and ", *item.video,
                     "; choose one of them"));
  }
  if (item.video) video_ = item.video;
  absl::Status s = builder_->CheckSize(item.width, item.height);
  if (!s.ok()) return s;
  const auto frame = builder_->Frame(
      item.frame_index ? item.frame_index : item.frame_id, item.name);
  if (!frame.ok()) return frame.status();
  picture.frame = *frame;
  return picture;
}

absl::Status CocoBook::TakeCategory(const CocoItem& item) {
  if (!item.id) return Missing("id");
  const auto label = builder_->Label(item.name);
  if (!label.ok()) return label.status();
  const size_t most = builder_->limits().max_annotation_classes;
  if (labels_.size() >= most) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", most, " categories"));
  }
  return labels_.emplace(*item.id, *label).second ? absl::OkStatus()
                                                  : Twice(*item.id);
}

absl::Status CocoBook::TakeAnnotation(size_t place, CocoItem* item) {
  if (!item->image) return Missing("image_id");
  if (!item->category) return Missing("category_id");
  if (item->track && *item->track < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a track of 0 or more, found ", *item->track));
  }
  const size_t most = builder_->limits().max_annotated_boxes;
  if (place >= most) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", most, " annotations"));
  }
  if (item->id) annotation_ids_.push_back(*item->id);
  if (item->keypoints) builder_->PassOver("keypoints");
  const auto edges = EdgesOf(*item);
  if (!edges.ok() || !edges->has_value()) return edges.status();
  item->kept.score = static_cast<float>(item->score);
  if (item->track) item->kept.track = static_cast<uint64_t>(*item->track);
  records_.push_back(
      {place, *item->image, *item->category, **edges, std::move(item->kept)});
  return absl::OkStatus();
}

// nullopt: there is no box, and that is counted.
absl::StatusOr<std::optional<Edges>> CocoBook::EdgesOf(const CocoItem& item) {
  const std::vector<double>& box = item.box;
  if (box.size() == 4) {
    if (!item.outline.empty()) builder_->PassOver("polygon beside a box");
    if (item.masked) builder_->PassOver("mask beside a box");
    return Edges{box[0], box[1], box[0] + box[2], box[1] + box[3]};
  }
  if (!box.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a bbox of 4 numbers, found ",
                     box.size() > 4 ? "more" : absl::StrCat(box.size())));
  }
  if (!item.outline.empty()) {
    builder_->MadeBox("polygon");
    return item.outline.edges();
  }
  builder_->PassOver(item.masked ? "mask without a box"
                                 : "annotation without a box");
  return std::optional<Edges>();
}

absl::Status CocoBook::Join() {
  if (!any_) {
    return absl::InvalidArgumentError(
        "expected lists 'images', 'annotations' and 'categories', found none");
  }
  std::sort(annotation_ids_.begin(), annotation_ids_.end());
  const auto twin =
      std::adjacent_find(annotation_ids_.begin(), annotation_ids_.end());
  if (twin != annotation_ids_.end()) return At("annotations", Twice(*twin));
  for (; !records_.empty(); records_.pop_front()) {
    Record& record = records_.front();
    absl::Status s = Place(&record);
    if (!s.ok()) return At(absl::StrCat("annotations[", record.place, "]"), s);
  }
  return absl::OkStatus();
}

absl::Status CocoBook::Place(Record* record) {
  const auto picture = pictures_.find(record->image);
  if (picture == pictures_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("image_id ", record->image, " is not among the images"));
  }
  const auto label = labels_.find(record->category);
  if (label == labels_.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "category_id ", record->category, " is not among the categories"));
  }
  const Picture& on = picture->second;
  if (on.frame == kNoFrame) {
    builder_->PassOver("box of another video");
    return absl::OkStatus();
  }
  record->box.label = label->second;
  return builder_->AddBox(on.frame, record->edges, std::move(record->box),
                          on.width, on.height);
}

}  // namespace fovea::codec_internal
