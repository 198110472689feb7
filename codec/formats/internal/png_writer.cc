// SPDX-License-Identifier: GPL-2.0-or-later
//
// libpng's simplified interface: it reports errors without longjmp.

#include "codec/formats/internal/png_writer.h"

#include <png.h>

#include <cassert>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {

absl::StatusOr<std::vector<uint8_t>> WritePng(int width, int height,
                                              std::span<const uint8_t> rgb) {
  assert(rgb.size() ==
         3 * static_cast<size_t>(width) * static_cast<size_t>(height));
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  // An upper bound saves compressing twice to learn the size.
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<uint8_t> file(size);
  if (png_image_write_to_memory(&image, file.data(), &size, 0, rgb.data(), 0,
                                nullptr) == 0) {
    const std::string reason = image.message;
    png_image_free(&image);
    return absl::InternalError(
        absl::StrCat("PNG of ", width, "x", height, ": ", reason));
  }
  file.resize(size);
  return file;
}

}  // namespace fovea
