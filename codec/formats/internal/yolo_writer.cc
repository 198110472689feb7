// SPDX-License-Identifier: GPL-2.0-or-later
//
// obj.names and a text file per frame: class cx cy width height [score], as
// fractions of the picture. Boxes are cut at its borders, since readers
// refuse fractions beyond them.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/formats/internal/annotation_files.h"
#include "codec/formats/internal/markup_text.h"

namespace fovea::codec_internal {
namespace {

constexpr char kNamesFile[] = "obj.names";

absl::Status WriteText(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  errno = file == nullptr ? errno : 0;
  bool good = file != nullptr &&
              std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = errno;
  if (file != nullptr && std::fclose(file) != 0) good = false;
  return good ? absl::OkStatus()
              : absl::ErrnoToStatus(error != 0 ? error : errno,
                                    "cannot write " + path);
}

// Of the file, without suffix. A frame's number is in its name or nowhere.
std::string StemOf(const AnnotatedFrame& frame) {
  const auto stem = [](const std::string& name) {
    return std::filesystem::path(name).filename().stem().string();
  };
  const std::string own = stem(AnnotatedFrameName(frame));
  if (!frame.index || TrailingNumber(own) == static_cast<int64_t>(*frame.index))
    return own;
  AnnotatedFrame nameless;
  nameless.index = frame.index;
  return stem(AnnotatedFrameName(nameless));
}

std::string Line(const AnnotatedBox& box, size_t place,
                 const AnnotationWriteOptions& options) {
  const double width = options.width, height = options.height;
  const double left = std::max(0.0, double{box.box.left}) / width;
  const double top = std::max(0.0, double{box.box.top}) / height;
  const double right = std::min(width, double{box.box.right}) / width;
  const double bottom = std::min(height, double{box.box.bottom}) / height;
  std::string line =
      absl::StrCat(place, " ", NumberText((left + right) / 2), " ",
                   NumberText((top + bottom) / 2), " ",
                   NumberText(right - left), " ", NumberText(bottom - top));
  if (box.score != 1) absl::StrAppend(&line, " ", NumberText(box.score));
  return line + "\n";
}

}  // namespace

absl::Status WriteYolo(const Annotations& annotations,
                       const AnnotationWriteOptions& options,
                       const std::string& folder) {
  const auto labels = LabelsOf(annotations);
  std::string names;
  for (const auto& [label, place] : labels) {
    absl::StrAppend(&names, std::string(label), "\n");
  }
  absl::Status s = WriteText(absl::StrCat(folder, "/", kNamesFile), names);
  std::set<std::string> stems;
  for (const AnnotatedFrame& frame : annotations.frames) {
    if (!s.ok()) return s;
    const std::string stem = StemOf(frame);
    if (!stems.insert(stem).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two pictures are named '", stem, "'"));
    }
    std::string text;
    for (const AnnotatedBox& box : frame.boxes) {
      text += Line(box, labels.at(box.label), options);
    }
    s = WriteText(absl::StrCat(folder, "/", stem, ".txt"), text);
  }
  return s;
}

}  // namespace fovea::codec_internal
