// SPDX-License-Identifier: GPL-2.0-or-later
//
// <image> for frames that have a name, boxes without a track, or no box at
// all; <track> for all other boxes: each one a key frame, and an outside key
// after the last of a row of frames, which closes it.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/annotation_files.h"
#include "codec/formats/internal/markup_text.h"

namespace fovea::codec_internal {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

struct Key {
  uint64_t frame = 0;
  const AnnotatedBox* box = nullptr;
};
using Tracks =
    std::map<std::pair<uint64_t, std::string_view>, std::vector<Key>>;

std::string Meta(const AnnotationWriteOptions& options,
                 const Annotations& annotations) {
  std::string text = "  <meta>\n    <task>\n";
  if (options.frames > 0) {
    absl::StrAppend(&text, "      <size>", options.frames, "</size>\n");
  }
  text += "      <mode>interpolation</mode>\n      <labels>\n";
  for (const auto& [label, place] : LabelsOf(annotations)) {
    absl::StrAppend(&text, "        <label><name>", XmlText(label),
                    "</name><attributes></attributes></label>\n");
  }
  absl::StrAppend(&text,
                  "      </labels>\n      <original_size>\n        <width>",
                  options.width, "</width>\n        <height>", options.height,
                  "</height>\n      </original_size>\n    </task>\n"
                  "  </meta>\n");
  return text;
}

std::string Attribute(std::string_view name, std::string_view value) {
  return absl::StrCat("      <attribute name=\"", XmlText(name), "\">",
                      XmlText(value), "</attribute>\n");
}

bool Has(const Attributes& attributes, const std::string& name) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const auto& item) { return item.first == name; });
}

bool IsOccluded(const AnnotatedBox& box) {
  const std::pair<std::string, std::string> hidden("occluded", "true");
  return std::find(box.attributes.begin(), box.attributes.end(), hidden) !=
         box.attributes.end();
}

// `before`: attributes of the track's last key, which would go on unless
// this one names them.
std::string BoxText(const AnnotatedBox& box, const std::string& fields,
                    const Attributes& before) {
  std::string text = absl::StrCat(
      "    <box ", fields, " occluded=\"", IsOccluded(box) ? 1 : 0, "\" xtl=\"",
      NumberText(box.box.left), "\" ytl=\"", NumberText(box.box.top),
      "\" xbr=\"", NumberText(box.box.right), "\" ybr=\"",
      NumberText(box.box.bottom), "\" z_order=\"0\">\n");
  if (box.score != 1) text += Attribute("score", NumberText(box.score));
  for (const auto& [name, value] : box.attributes) {
    if (name != "occluded" || value != "true") text += Attribute(name, value);
  }
  for (const auto& [name, value] : before) {
    if (!Has(box.attributes, name)) text += Attribute(name, "");
  }
  return text + "    </box>\n";
}

std::string KeyFields(uint64_t frame, bool outside) {
  return absl::StrCat("frame=\"", frame, "\" keyframe=\"1\" outside=\"",
                      outside ? 1 : 0, "\"");
}

std::string TrackText(const Tracks::value_type& track, uint64_t frames) {
  const auto& [name, keys] = track;
  std::string text =
      absl::StrCat("  <track id=\"", name.first, "\" label=\"",
                   XmlText(name.second), "\" source=\"manual\">\n");
  static const Attributes kNone;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto& [frame, box] = keys[i];
    text += BoxText(*box, KeyFields(frame, false),
                    i > 0 ? keys[i - 1].box->attributes : kNone);
    const bool goes_on = i + 1 < keys.size()
                             ? keys[i + 1].frame == frame + 1
                             : frames > 0 && frame + 1 >= frames;
    if (goes_on) continue;
    AnnotatedBox end;
    end.box = box->box;
    text += BoxText(end, KeyFields(frame + 1, true), kNone);
  }
  return text + "  </track>\n";
}

std::string ImageText(const AnnotatedFrame& frame, uint64_t id,
                      const AnnotationWriteOptions& options) {
  std::string text = absl::StrCat("  <image id=\"", id, "\" name=\"",
                                  XmlText(frame.name), "\"");
  if (frame.index) absl::StrAppend(&text, " frame=\"", *frame.index, "\"");
  absl::StrAppend(&text, " width=\"", options.width, "\" height=\"",
                  options.height, "\">\n");
  for (const AnnotatedBox& box : frame.boxes) {
    if (box.track) continue;
    text +=
        BoxText(box, absl::StrCat("label=\"", XmlText(box.label), "\""), {});
  }
  return text + "  </image>\n";
}

absl::StatusOr<Tracks> TracksOf(const Annotations& annotations) {
  Tracks tracks;
  for (const AnnotatedFrame& frame : annotations.frames) {
    for (const AnnotatedBox& box : frame.boxes) {
      if (!box.track) continue;
      if (!frame.index) {
        return absl::InvalidArgumentError(
            absl::StrCat("picture '", frame.name,
                         "' has a box of a track but no frame index"));
      }
      auto& keys = tracks[{*box.track, box.label}];
      if (!keys.empty() && keys.back().frame == *frame.index) {
        return absl::InvalidArgumentError(
            absl::StrCat("frame ", *frame.index, " has track ", *box.track,
                         " of '", box.label, "' twice"));
      }
      keys.push_back({*frame.index, &box});
    }
  }
  return tracks;
}

bool NeedsImage(const AnnotatedFrame& frame) {
  const bool tracked = std::all_of(
      frame.boxes.begin(), frame.boxes.end(),
      [](const AnnotatedBox& box) { return box.track.has_value(); });
  return !frame.name.empty() || frame.boxes.empty() || !tracked;
}

}  // namespace

absl::Status WriteCvat(const Annotations& annotations,
                       const AnnotationWriteOptions& options,
                       PendingFile* file) {
  const auto tracks = TracksOf(annotations);
  if (!tracks.ok()) return tracks.status();
  absl::Status s = file->Write(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n"
      "  <version>1.1</version>\n" +
      Meta(options, annotations));
  const auto& frames = annotations.frames;
  // Frames without an index come first; their ids follow all indexes.
  uint64_t next_id = frames.empty() ? 0 : frames.back().index.value_or(0) + 1;
  for (const AnnotatedFrame& frame : frames) {
    if (!s.ok()) return s;
    if (!NeedsImage(frame)) continue;
    const uint64_t id = frame.index ? *frame.index : next_id++;
    s = file->Write(ImageText(frame, id, options));
  }
  for (const auto& track : *tracks) {
    if (!s.ok()) return s;
    s = file->Write(TrackText(track, options.frames));
  }
  return s.ok() ? file->Write("</annotations>\n") : s;
}

}  // namespace fovea::codec_internal
