// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/annotations.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/formats/internal/annotation_files.h"
#include "codec/formats/internal/pending_file.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormatNames[] = {"auto", "coco", "yolo", "cvat", "csv"};
constexpr size_t kSniffedBytes = 4096;

// By the first byte that is no blank. A table is what nothing else is: its
// reader says what it expects.
absl::StatusOr<AnnotationFormat> Detect(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return AnnotationFormat::kYolo;
  std::FILE* const file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return absl::ErrnoToStatus(errno, path);
  std::array<char, kSniffedBytes> buffer;
  const size_t size = std::fread(buffer.data(), 1, buffer.size(), file);
  std::fclose(file);
  std::string_view text(buffer.data(), size);
  if (text.substr(0, 4) == "PK\x03\x04") {
    return absl::InvalidArgumentError(
        path + ": is a zip archive; unpack it and name the file inside");
  }
  if (text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff") {
    return AnnotationFormat::kCvat;  // UTF-16, which XML alone may be in
  }
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), size_t{size}));
  if (text.empty()) return AnnotationFormat::kCsv;
  if (text[0] == '{' || text[0] == '[') return AnnotationFormat::kCoco;
  return text[0] == '<' ? AnnotationFormat::kCvat : AnnotationFormat::kCsv;
}

absl::Status CheckFile(const std::string& path, AnnotationFormat format,
                       const FormatLimits& limits) {
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  if (folder != (format == AnnotationFormat::kYolo)) {
    if (error) return absl::ErrnoToStatus(error.value(), path);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected ", folder ? "a file" : "a folder",
                     " for ", AnnotationFormatName(format), ", found ",
                     folder ? "a folder" : "a file"));
  }
  if (folder) return absl::OkStatus();
  const auto size = fs::file_size(path, error);
  if (!error && size > static_cast<uint64_t>(limits.max_annotation_bytes)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": ", size, " bytes, at most ",
                     limits.max_annotation_bytes, " are read"));
  }
  return absl::OkStatus();
}

absl::Status Read(const std::string& path, AnnotationFormat format,
                  codec_internal::AnnotationBuilder* builder) {
  switch (format) {
    case AnnotationFormat::kCoco:
      return codec_internal::ReadCoco(path, builder);
    case AnnotationFormat::kYolo:
      return codec_internal::ReadYolo(path, builder);
    case AnnotationFormat::kCvat:
      return codec_internal::ReadCvat(path, builder);
    default:
      return codec_internal::ReadAnnotationCsv(path, builder);
  }
}

absl::Status CheckText(const std::string& text, const std::string& what) {
  const std::string fault = codec_internal::TextFault(text);
  if (fault.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", fault));
}

absl::Status CheckBox(const AnnotatedBox& box,
                      const AnnotationWriteOptions& options) {
  const Box& edges = box.box;
  absl::Status s = CheckText(box.label, "label");
  for (const auto& [name, value] : box.attributes) {
    s.Update(CheckText(name, "attribute"));
    s.Update(CheckText(value, "attribute " + name));
  }
  const auto width = static_cast<float>(options.width);
  const auto height = static_cast<float>(options.height);
  const bool sound =
      edges.left < edges.right && edges.top < edges.bottom &&
      (options.width == 0 || (edges.right > 0 && edges.left < width)) &&
      (options.height == 0 || (edges.bottom > 0 && edges.top < height));
  if (box.track && *box.track > INT64_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("track ", *box.track, " is beyond 2^63"));
  }
  if (s.ok() && !sound) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the box ", edges.left, ",", edges.top, " to ", edges.right, ",",
        edges.bottom, " is empty or outside the picture"));
  }
  return s;
}

// What would make the reader of any format refuse what is written.
absl::Status CheckFrames(const Annotations& annotations,
                         const AnnotationWriteOptions& options) {
  std::set<std::string> names;
  const AnnotatedFrame* before = nullptr;
  for (const AnnotatedFrame& frame : annotations.frames) {
    const std::string name = AnnotatedFrameName(frame);
    if (!frame.index && frame.name.empty()) {
      return absl::InvalidArgumentError(
          "a frame has neither an index nor a name");
    }
    if (before != nullptr && before->index >= frame.index &&
        (frame.index || before->name >= frame.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("frame '", name, "' comes twice or out of order"));
    }
    absl::Status s = CheckText(frame.name, "name");
    if (!names.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two frames are named '", name, "'"));
    }
    for (const AnnotatedBox& box : frame.boxes) {
      if (s.ok()) s = CheckBox(box, options);
    }
    if (!s.ok()) return codec_internal::At(absl::StrCat("'", name, "'"), s);
    before = &frame;
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const Annotations& annotations, const std::string& path,
                       const AnnotationWriteOptions& options) {
  auto file = codec_internal::PendingFile::Create(path);
  if (!file.ok()) return file.status();
  absl::Status s;
  switch (options.format) {
    case AnnotationFormat::kCoco:
      s = codec_internal::WriteCoco(annotations, options, file->get());
      break;
    case AnnotationFormat::kCvat:
      s = codec_internal::WriteCvat(annotations, options, file->get());
      break;
    default:
      s = codec_internal::WriteAnnotationCsv(annotations, options, file->get());
  }
  return s.ok() ? (*file)->Finish() : s;
}

absl::Status WriteFolder(const Annotations& annotations,
                         const std::string& path,
                         const AnnotationWriteOptions& options) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, ": is there already; name a new folder"));
  }
  std::string folder = absl::StrCat(path, ".XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::ErrnoToStatus(errno, "cannot write " + path);
  }
  fs::permissions(folder,
                  fs::perms::owner_all | fs::perms::group_read |
                      fs::perms::group_exec | fs::perms::others_read |
                      fs::perms::others_exec,
                  ignored);
  absl::Status s = codec_internal::WriteYolo(annotations, options, folder);
  if (s.ok() && std::rename(folder.c_str(), path.c_str()) != 0) {
    s = absl::ErrnoToStatus(errno, "cannot write " + path);
  }
  if (!s.ok()) fs::remove_all(folder, ignored);
  return s;
}

}  // namespace

const char* AnnotationFormatName(AnnotationFormat format) {
  return kFormatNames[static_cast<size_t>(format)];
}

std::optional<AnnotationFormat> AnnotationFormatOf(std::string_view name) {
  for (size_t i = 0; i < std::size(kFormatNames); ++i) {
    if (name == kFormatNames[i]) return static_cast<AnnotationFormat>(i);
  }
  return std::nullopt;
}

std::string AnnotatedFrameName(const AnnotatedFrame& frame) {
  if (!frame.name.empty() || !frame.index) return frame.name;
  return absl::StrFormat("frame_%06d.jpg", *frame.index);
}

absl::StatusOr<Annotations> ReadAnnotations(const std::string& path,
                                            const AnnotationOptions& options,
                                            const FormatLimits& limits) {
  AnnotationFormat format = options.format;
  if (format == AnnotationFormat::kDetect) {
    const auto found = Detect(path);
    if (!found.ok()) return found.status();
    format = *found;
  }
  absl::Status s = CheckFile(path, format, limits);
  if (!s.ok()) return s;
  codec_internal::AnnotationBuilder builder(options, limits);
  s = Read(path, format, &builder);
  if (!s.ok()) return s;
  return std::move(builder).Finish();
}

absl::Status WriteAnnotations(const Annotations& annotations,
                              const std::string& path,
                              const AnnotationWriteOptions& options) {
  const bool sizeless = options.format == AnnotationFormat::kCsv;
  if (options.format == AnnotationFormat::kDetect ||
      (!sizeless && (options.width <= 0 || options.height <= 0))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot write ", path, " as ", AnnotationFormatName(options.format),
        " for pictures of ", options.width, "x", options.height));
  }
  absl::Status s = CheckFrames(annotations, options);
  if (s.ok()) {
    s = options.format == AnnotationFormat::kYolo
            ? WriteFolder(annotations, path, options)
            : WriteFile(annotations, path, options);
  }
  return s;
}

namespace codec_internal {

std::map<std::string_view, size_t> LabelsOf(const Annotations& annotations) {
  std::map<std::string_view, size_t> labels;
  for (const AnnotatedFrame& frame : annotations.frames) {
    for (const AnnotatedBox& box : frame.boxes) labels.emplace(box.label, 0);
  }
  size_t place = 0;
  for (auto& label : labels) label.second = place++;
  return labels;
}

}  // namespace codec_internal
}  // namespace fovea
