// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/frame_export.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "api/whole_file.h"
#include "codec/formats/image_reader.h"
#include "codec/formats/image_writer.h"

namespace fovea {
namespace {

struct ImageFile {
  std::vector<uint8_t> bytes;
  const char* suffix = "";
};

// The pixels and how to read them; stills are decoded when they came as
// files only.
absl::StatusOr<DecodedImage> Pixels(const ReadFrame& frame,
                                    const StreamDescription& description) {
  if (frame.frame.y.data != nullptr) {
    return DecodedImage{frame.frame, description.camera.color};
  }
  return DecodeImage(frame.still.file, FormatLimits());
}

absl::StatusOr<ImageFile> Encode(const ReadFrame& frame,
                                 const StreamDescription& description,
                                 const FrameImageOptions& options) {
  const bool still = !frame.still.file.empty();
  if (still && options.format == FrameImageFormat::kAsStored) {
    return ImageFile{frame.still.file,
                     frame.still.format == "jpeg" ? ".jpg" : ".png"};
  }
  auto pixels = Pixels(frame, description);
  if (!pixels.ok()) return pixels.status();
  const bool jpeg = options.format == FrameImageFormat::kJpeg;
  auto bytes =
      jpeg ? EncodeJpeg(pixels->frame, pixels->color, options.jpeg_quality)
           : EncodePng(pixels->frame, pixels->color);
  if (!bytes.ok()) return bytes.status();
  return ImageFile{*std::move(bytes), jpeg ? ".jpg" : ".png"};
}

}  // namespace

absl::StatusOr<std::string> WriteFrameImage(
    const ReadFrame& frame, const StreamDescription& description,
    const FrameImageOptions& options, const std::string& path_stem) {
  auto image = Encode(frame, description, options);
  if (!image.ok()) {
    return absl::Status(image.status().code(),
                        absl::StrCat("frame ", frame.index, ": ",
                                     std::string(image.status().message())));
  }
  const std::string path = path_stem + image->suffix;
  if (absl::Status written = WriteWholeFile(path, image->bytes);
      !written.ok()) {
    return written;
  }
  return path;
}

}  // namespace fovea
