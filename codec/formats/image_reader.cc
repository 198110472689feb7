// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/image_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/jpeg_reader.h"
#include "codec/formats/internal/png_reader.h"

namespace fovea {
namespace {

constexpr uint8_t kPngSignature[] = {0x89, 'P',  'N',  'G',
                                     '\r', '\n', 0x1a, '\n'};
constexpr uint8_t kMatrixBt601 = 5;  // ITU-R BT.470BG, as JFIF has it

int Read16(std::span<const uint8_t> bytes, size_t at) {
  return bytes[at] << 8 | bytes[at + 1];
}

int64_t Read32(std::span<const uint8_t> bytes, size_t at) {
  return int64_t{Read16(bytes, at)} << 16 | Read16(bytes, at + 2);
}

bool IsPng(std::span<const uint8_t> file) {
  return file.size() >= sizeof(kPngSignature) &&
         std::memcmp(file.data(), kPngSignature, sizeof(kPngSignature)) == 0;
}

bool IsJpeg(std::span<const uint8_t> file) {
  return file.size() >= 3 && file[0] == 0xff && file[1] == 0xd8 &&
         file[2] == 0xff;
}

absl::Status CheckSize(const std::string& format, int64_t width, int64_t height,
                       const FormatLimits& limits) {
  if (width < 1 || height < 1) {
    return absl::DataLossError(
        absl::StrCat(format, " of ", width, "x", height, " pixels"));
  }
  if (width <= limits.max_side && height <= limits.max_side &&
      width * height <= limits.max_pixels) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      format, " of ", width, "x", height, " is beyond the limit of ",
      limits.max_side, " pixels a side and ", limits.max_pixels, " in all"));
}

// Start of frame, but not DHT, JPG and DAC, which share the range.
bool IsStartOfFrame(int marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
         marker != 0xcc;
}

absl::StatusOr<ImageHeader> ReadJpegHeader(std::span<const uint8_t> file) {
  size_t at = 2;
  while (file.size() - at >= 4) {
    if (file[at] != 0xff) break;
    const int marker = file[at + 1];
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    const auto length = static_cast<size_t>(Read16(file, at + 2));
    if (length < 2 || length > file.size() - at - 2) break;
    if (IsStartOfFrame(marker)) {
      if (length < 7) break;
      return ImageHeader{"jpeg", Read16(file, at + 7), Read16(file, at + 5)};
    }
    at += 2 + length;
  }
  return absl::DataLossError(
      absl::StrCat("JPEG without a frame header: damaged or cut at byte ", at));
}

absl::StatusOr<ImageHeader> ReadPngHeader(std::span<const uint8_t> file,
                                          const FormatLimits& limits) {
  if (file.size() < 24 || std::memcmp(file.data() + 12, "IHDR", 4) != 0) {
    return absl::DataLossError("PNG without a header chunk at byte 8");
  }
  const int64_t width = Read32(file, 16);
  const int64_t height = Read32(file, 20);
  if (auto size = CheckSize("PNG", width, height, limits); !size.ok()) {
    return size;
  }
  return ImageHeader{"png", static_cast<int>(width), static_cast<int>(height)};
}

}  // namespace

absl::StatusOr<ImageHeader> ReadImageHeader(std::span<const uint8_t> file,
                                            const FormatLimits& limits) {
  if (IsPng(file)) return ReadPngHeader(file, limits);
  if (!IsJpeg(file)) {
    return absl::InvalidArgumentError(file.empty()
                                          ? "empty file, expected a JPEG or PNG"
                                          : "neither JPEG nor PNG");
  }
  auto header = ReadJpegHeader(file);
  if (!header.ok()) return header;
  auto size = CheckSize("JPEG", header->width, header->height, limits);
  if (!size.ok()) return size;
  return header;
}

absl::StatusOr<DecodedImage> DecodeImage(std::span<const uint8_t> file,
                                         const FormatLimits& limits) {
  auto header = ReadImageHeader(file, limits);
  if (!header.ok()) return header.status();
  auto frame = header->format == "png" ? DecodePng(file, limits)
                                       : DecodeJpeg(file, limits);
  if (!frame.ok()) return frame.status();
  DecodedImage image;
  image.frame = *std::move(frame);
  image.color.full_range = true;
  image.color.matrix = kMatrixBt601;
  return image;
}

}  // namespace fovea
