// SPDX-License-Identifier: GPL-2.0-or-later
//
// People's labels: boxes drawn on pictures, as annotation tools export them
// and learning frameworks read them. docs/ANNOTATIONS.md says what each
// format holds and what of it is read.

#ifndef FOVEA_CODEC_FORMATS_ANNOTATIONS_H_
#define FOVEA_CODEC_FORMATS_ANNOTATIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/box.h"
#include "codec/formats/limits.h"

namespace fovea {

struct AnnotatedBox {
  Box box;            // pixels of the true picture; never empty
  std::string label;  // UTF-8 without control characters; may be empty
  float score = 1;    // 1 where the file has none
  std::optional<uint64_t> track;  // one object over frames; below 2^63
  // By rising name, each name once, no value empty.
  std::vector<std::pair<std::string, std::string>> attributes;
  friend bool operator==(const AnnotatedBox&, const AnnotatedBox&) = default;
};

struct AnnotatedFrame {
  std::optional<uint64_t> index;    // of the frame, from 0
  std::string name;                 // of the picture's file; may be empty
  std::vector<AnnotatedBox> boxes;  // none: looked at, and nothing seen
  friend bool operator==(const AnnotatedFrame&,
                         const AnnotatedFrame&) = default;
};

struct Annotations {
  // By rising index, then name; each index and each name at most once.
  std::vector<AnnotatedFrame> frames;

  // What the file holds besides, by kind: how many shapes became their
  // bounding boxes ("polygon"), and how many things were left out
  // ("keypoints").
  std::map<std::string, int64_t> made_boxes;
  std::map<std::string, int64_t> passed_over;
};

enum class AnnotationFormat {
  kDetect,  // when reading: by what the file or folder holds
  kCoco,    // COCO object detection, JSON
  kYolo,    // a folder with a text file per picture, and the classes' names
  kCvat,    // CVAT 1.1 for video or for images, XML
  kCsv,     // frame,left,top,right,bottom[,score[,label]]: codec/box_file.h
};

// "coco", "yolo", "cvat", "csv"; kDetect is "auto".
const char* AnnotationFormatName(AnnotationFormat format);
std::optional<AnnotationFormat> AnnotationFormatOf(std::string_view name);

struct AnnotationOptions {
  AnnotationFormat format = AnnotationFormat::kDetect;

  // Of the pictures, 0: unknown. YOLO's boxes are fractions of it and cannot
  // be read without. Where it is known, here or from the file, a box wholly
  // outside is a fault, and so is a file made for another size.
  int width = 0;
  int height = 0;

  // YOLO: the classes' names, one a line or a data.yaml. "": obj.names,
  // classes.txt or data.yaml in the folder or up to two above it.
  std::string names_file;

  // A frame that has no index of its own has the number its picture's name
  // ends in, less this: 1 for pictures counted from 1.
  int64_t first_number = 0;

  // False: pictures are told apart by name alone, numbers are not taken from
  // names, and a frame may have no index.
  bool need_index = true;

  // COCO files of several videos: the video_id to read.
  std::optional<int64_t> video;
};

// Reads a file, or for YOLO a folder. Memory is bounded by what is kept, not
// by the file. Every error names the file and the line or element. kNotFound,
// kPermissionDenied; kInvalidArgument: not the format, a box that ends before
// it begins, an id given twice, what belongs to nothing, text that is no
// UTF-8, a frame without a number; kResourceExhausted: beyond the limits.
absl::StatusOr<Annotations> ReadAnnotations(
    const std::string& path, const AnnotationOptions& options,
    const FormatLimits& limits = FormatLimits());

struct AnnotationWriteOptions {
  AnnotationFormat format = AnnotationFormat::kCoco;
  int width = 0;  // of the pictures; CSV does without
  int height = 0;
  uint64_t frames = 0;  // of the whole recording, 0: unknown
};

// Writes what ReadAnnotations() reads the same again, but for what the format
// has no place for (docs/ANNOTATIONS.md). Frames without a name get
// AnnotatedFrameName() where the format needs one. Only a complete file, or
// folder, appears under `path`; a file there is replaced, a folder is
// kAlreadyExists. kInvalidArgument: what the format cannot hold;
// kResourceExhausted: disk full.
absl::Status WriteAnnotations(const Annotations& annotations,
                              const std::string& path,
                              const AnnotationWriteOptions& options);

// "frame_000012.jpg" for a frame of index 12 that has no name of its own.
std::string AnnotatedFrameName(const AnnotatedFrame& frame);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_ANNOTATIONS_H_
