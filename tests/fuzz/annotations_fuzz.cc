// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as annotations of the format that the first one chooses; what
// reads is written as COCO and has as many frames and boxes then.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "codec/formats/annotations.h"

namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 640, kHeight = 480;

void Put(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
}

// What to read: a file, or a folder whose labels or names are `text`.
std::string Lay(const fs::path& folder, char choice, const std::string& text) {
  if (choice != 'l' && choice != 'y') {
    Put(folder / "file", text);
    return folder / "file";
  }
  fs::create_directory(folder / "labels");
  const bool labels = choice == 'l';
  Put(folder / "labels" / "frame_1.txt",
      labels ? text : "0 0.5 0.5 0.5 0.5\n1 0.2 0.2 0.1 0.1\n");
  Put(folder / "labels" / "data.yaml", labels ? "names: [a, b, c]" : text);
  return folder / "labels";
}

size_t Boxes(const fovea::Annotations& annotations) {
  size_t boxes = 0;
  for (const auto& frame : annotations.frames) boxes += frame.boxes.size();
  return boxes;
}

void Check(const fs::path& folder, const std::string& path, char choice) {
  fovea::AnnotationOptions options;
  options.width = kWidth;
  options.height = kHeight;
  if (choice == 'j') options.format = fovea::AnnotationFormat::kCoco;
  if (choice == 'x') options.format = fovea::AnnotationFormat::kCvat;
  if (choice == 'c') options.format = fovea::AnnotationFormat::kCsv;
  fovea::FormatLimits limits;
  limits.max_annotated_boxes = 1000;
  limits.max_annotated_frames = 1000;
  const auto found = fovea::ReadAnnotations(path, options, limits);
  if (!found.ok()) return;
  fovea::AnnotationWriteOptions writing;
  writing.width = kWidth;
  writing.height = kHeight;
  const std::string again = folder / "again.json";
  const auto written = fovea::WriteAnnotations(*found, again, writing);
  // Two frames may come to the same name.
  if (written.code() == absl::StatusCode::kInvalidArgument) return;
  if (!written.ok()) std::abort();
  options.format = fovea::AnnotationFormat::kCoco;
  const auto same = fovea::ReadAnnotations(again, options);
  if (!same.ok() || same->frames.size() != found->frames.size() ||
      Boxes(*same) != Boxes(*found)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const fs::path folder =
      fs::temp_directory_path() /
      ("fovea-annotations-fuzz-" + std::to_string(getpid()));
  fs::create_directory(folder);
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const char choice = static_cast<char>(data[0]);
  Check(folder, Lay(folder, choice, text), choice);
  fs::remove_all(folder);
  return 0;
}
