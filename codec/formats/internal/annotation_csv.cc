// SPDX-License-Identifier: GPL-2.0-or-later
//
// A box table (codec/box_file.h) with two kinds of columns more: `track` and
// `attr.NAME`; an empty field is none.

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/box_file.h"
#include "codec/formats/csv_parser.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/formats/internal/annotation_files.h"
#include "codec/formats/internal/markup_text.h"
#include "codec/formats/internal/pending_file.h"
#include "codec/text_lines.h"

namespace fovea::codec_internal {
namespace {

constexpr std::string_view kTrack = "track";
constexpr std::string_view kAttribute = "attr.";

absl::Status TakeTrack(std::string_view text, AnnotatedBox* box) {
  if (text.empty()) return absl::OkStatus();
  const auto track = WholeNumber(text);
  if (!track || *track < 0 || box->track) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected one whole number as track, found '",
                     std::string(text.substr(0, 40)), "'"));
  }
  box->track = static_cast<uint64_t>(*track);
  return absl::OkStatus();
}

absl::Status TakeColumn(std::string_view name, std::string_view text,
                        AnnotatedBox* box, AnnotationBuilder* builder) {
  if (name == kTrack) return TakeTrack(text, box);
  if (name.substr(0, kAttribute.size()) == kAttribute) {
    return builder->AddAttribute(name.substr(kAttribute.size()), text, box);
  }
  if (!text.empty()) {
    builder->PassOver(absl::StrCat("column ", std::string(name)));
  }
  return absl::OkStatus();
}

absl::Status TakeRow(const BoxRow& row, AnnotationBuilder* builder) {
  const auto label = builder->Label(row.box.label);
  if (!label.ok()) return label.status();
  AnnotatedBox box;
  box.label = *label;
  box.score = row.box.score;
  for (const auto& [name, text] : row.others) {
    absl::Status s = TakeColumn(name, text, &box, builder);
    if (!s.ok()) return s;
  }
  const auto frame = builder->FrameAt(row.frame);
  if (!frame.ok()) return frame.status();
  const Box& edges = row.box.box;
  return builder->AddBox(*frame,
                         {edges.left, edges.top, edges.right, edges.bottom},
                         std::move(box));
}

std::string Row(const AnnotatedFrame& frame, const AnnotatedBox& box,
                bool tracks, const std::set<std::string>& attributes) {
  std::string row = absl::StrCat(
      *frame.index, ",", NumberText(box.box.left), ",", NumberText(box.box.top),
      ",", NumberText(box.box.right), ",", NumberText(box.box.bottom), ",",
      NumberText(box.score), ",", BoxTableField(box.label));
  if (tracks) row += ",";
  if (box.track) absl::StrAppend(&row, *box.track);
  auto own = box.attributes.begin();  // both sides are sorted by name
  for (const std::string& name : attributes) {
    row += ",";
    if (own == box.attributes.end() || own->first != name) continue;
    row += BoxTableField(own->second);
    ++own;
  }
  return row + "\n";
}

}  // namespace

absl::Status ReadAnnotationCsv(const std::string& path,
                               AnnotationBuilder* builder) {
  CodecLimits limits;
  limits.max_boxes = builder->limits().max_annotated_boxes;
  auto lines = LineReader::Open(path, limits.max_text_line_bytes);
  if (!lines.ok()) return lines.status();
  BoxTableReader table(path, limits, [builder](const BoxRow& row) {
    return TakeRow(row, builder);
  });
  std::string line;
  while ((*lines)->Next(&line)) {
    const int64_t number = (*lines)->line_number();
    if (!(*lines)->overlong().empty()) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": line ", number, ": ", (*lines)->overlong()));
    }
    absl::Status s = table.TakeLine(line, number);
    if (!s.ok()) return s;
  }
  if (!(*lines)->status().ok()) return (*lines)->status();
  return table.Finish();
}

absl::Status WriteAnnotationCsv(const Annotations& annotations,
                                const AnnotationWriteOptions&,
                                PendingFile* file) {
  bool tracks = false;
  std::set<std::string> attributes;
  for (const AnnotatedFrame& frame : annotations.frames) {
    if (!frame.index) {
      return absl::InvalidArgumentError(
          absl::StrCat("picture '", frame.name,
                       "' has no frame index, and the table has no names"));
    }
    for (const AnnotatedBox& box : frame.boxes) {
      tracks = tracks || box.track.has_value();
      for (const auto& [name, value] : box.attributes) attributes.insert(name);
    }
  }
  std::string header = "frame,left,top,right,bottom,score,label";
  if (tracks) absl::StrAppend(&header, ",", std::string(kTrack));
  for (const std::string& name : attributes) {
    header += "," + BoxTableField(std::string(kAttribute) + name);
  }
  if (header.size() > CodecLimits().max_text_line_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        attributes.size(), " attributes are too many columns for a table"));
  }
  absl::Status s = file->Write(header + "\n");
  for (const AnnotatedFrame& frame : annotations.frames) {
    for (const AnnotatedBox& box : frame.boxes) {
      if (!s.ok()) return s;
      s = file->Write(Row(frame, box, tracks, attributes));
    }
  }
  return s;
}

}  // namespace fovea::codec_internal
