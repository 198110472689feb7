// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a COCO file's three lists say, put together: they may stand in any
// order, so annotations wait for their pictures and categories.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_COCO_BOOK_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_COCO_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/internal/annotation_builder.h"

namespace fovea::codec_internal {

enum class CocoSection { kOther, kImages, kAnnotations, kCategories };

// One object of the three lists while it is being read.
struct CocoItem {
  std::optional<int64_t> id, image, category, track;
  std::optional<int64_t> frame_index, frame_id, video;
  double width = 0, height = 0, score = 1;
  std::string name;
  std::vector<double> box;
  Bounds outline;
  double x = 0;  // of an outline's point whose y is to come
  bool y_is_next = false;
  bool outlined = false;  // has a segmentation that is a list
  bool masked = false;    // has a run-length coded one
  bool keypoints = false;
  AnnotatedBox kept;  // its attributes
};

// Messages are without the file; Take()'s without the place in it too.
class CocoBook {
 public:
  explicit CocoBook(AnnotationBuilder* builder) : builder_(builder) {}

  // One of the lists begins.
  void Open() { any_ = true; }

  // `item` is number `place` of the section's list; it is used up.
  absl::Status Take(CocoSection section, size_t place, CocoItem* item);

  // Once all is read: gives annotations to their frames.
  absl::Status Join();

 private:
  static constexpr size_t kNoFrame = SIZE_MAX;
  struct Picture {
    size_t frame = kNoFrame;  // that: of a video not asked for
    double width = 0;
    double height = 0;
  };
  struct Record {
    size_t place = 0;
    int64_t image = 0;
    int64_t category = 0;
    Edges edges;
    AnnotatedBox box;
  };

  absl::Status TakeImage(const CocoItem& item);
  absl::StatusOr<Picture> PictureOf(const CocoItem& item);
  absl::Status TakeCategory(const CocoItem& item);
  absl::Status TakeAnnotation(size_t place, CocoItem* item);
  absl::StatusOr<std::optional<Edges>> EdgesOf(const CocoItem& item);
  absl::Status Place(Record* record);

  AnnotationBuilder* const builder_;
  bool any_ = false;
  std::optional<int64_t> video_;
  std::unordered_map<int64_t, Picture> pictures_;
  std::unordered_map<int64_t, std::string> labels_;
  std::vector<int64_t> annotation_ids_;
  std::deque<Record> records_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_COCO_BOOK_H_
