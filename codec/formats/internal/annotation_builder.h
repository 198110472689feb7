// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where all readers of annotations put what they find: it checks what is the
// same for every format, keeps to the limits and sorts in the end.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ANNOTATION_BUILDER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ANNOTATION_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/annotations.h"
#include "codec/formats/limits.h"

namespace fovea::codec_internal {

// Edges as a file says them, before they are known to be sound.
struct Edges {
  double left = 0, top = 0, right = 0, bottom = 0;
};

// A shape's bounding box, grown point by point.
class Bounds {
 public:
  void Add(double x, double y);
  bool empty() const { return points_ == 0; }
  const Edges& edges() const { return edges_; }

 private:
  Edges edges_;
  int64_t points_ = 0;
};

// "" when `text` may be part of an annotation, else why not: it is no UTF-8
// or holds what no XML or line of text can.
std::string TextFault(std::string_view text);

// The number `name` ends in before its suffix: 12 of "a/frame_0012.jpg".
std::optional<int64_t> TrailingNumber(std::string_view name);

// Messages of all its errors are without the file and the place in it, which
// the readers put before them with At().
class AnnotationBuilder {
 public:
  AnnotationBuilder(const AnnotationOptions& options,
                    const FormatLimits& limits)
      : options_(options), limits_(limits) {}

  const AnnotationOptions& options() const { return options_; }
  const FormatLimits& limits() const { return limits_; }

  // Where frame `number` of a file, or one that only has a name, is kept:
  // made when it is new. `own` is an index the file itself gives.
  absl::StatusOr<size_t> Frame(std::optional<int64_t> own,
                               std::string_view name);
  // Where frame `index` is, made without a name when it is new.
  absl::StatusOr<size_t> FrameAt(int64_t index);

  // The picture's size as the file says it; 0 for unknown.
  absl::Status CheckSize(double width, double height);

  // Trims blanks. Faults: no UTF-8, too long.
  absl::StatusOr<std::string> Label(std::string_view text) const;

  // Adds to `box`; an empty value says nothing and is left out.
  absl::Status AddAttribute(std::string_view name, std::string_view value,
                            AnnotatedBox* box);

  // Takes all of `box` but its edges, which are `edges`. A box without area
  // is passed over. `width`, `height`: of this picture, 0: the options'.
  absl::Status AddBox(size_t frame, const Edges& edges, AnnotatedBox box,
                      double width = 0, double height = 0);

  void MadeBox(const std::string& kind) { ++result_.made_boxes[kind]; }
  void PassOver(const std::string& kind, int64_t count = 1) {
    result_.passed_over[kind] += count;
  }

  Annotations Finish() &&;

 private:
  absl::StatusOr<size_t> NewFrame(std::optional<uint64_t> index,
                                  std::string_view name);
  absl::Status CountText(size_t bytes);
  absl::Status CheckEdges(const Edges& edges, double width,
                          double height) const;

  const AnnotationOptions& options_;
  const FormatLimits& limits_;
  Annotations result_;
  std::map<uint64_t, size_t> by_index_;
  std::map<std::string, size_t, std::less<>> by_name_;
  size_t boxes_ = 0;
  size_t text_bytes_ = 0;
};

// `status` with `place` and ": " before its message; OK stays OK.
absl::Status At(std::string_view place, const absl::Status& status);

absl::Status ReadCoco(const std::string& path, AnnotationBuilder* builder);
absl::Status ReadYolo(const std::string& path, AnnotationBuilder* builder);
absl::Status ReadCvat(const std::string& path, AnnotationBuilder* builder);
absl::Status ReadAnnotationCsv(const std::string& path,
                               AnnotationBuilder* builder);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ANNOTATION_BUILDER_H_
