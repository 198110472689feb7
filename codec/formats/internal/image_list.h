// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which picture files a folder or glob holds, in the order of their
// numbers, with sizes and the times their names tell.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_IMAGE_LIST_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_IMAGE_LIST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/image_reader.h"
#include "codec/formats/limits.h"
#include "codec/formats/source.h"

namespace fovea {

struct ImageFile {
  std::string path;
  ImageHeader header;
  int64_t bytes = 0;
};

struct ImageList {
  std::vector<ImageFile> files;
  std::vector<Rejected> rejected;  // by name, no picture
};

// Files whose names start with a dot are passed over. kNotFound when
// nothing matches, kResourceExhausted beyond limits.max_images, kCancelled
// by options.stop.
absl::StatusOr<ImageList> ListImages(const std::string& location,
                                     const SourceOptions& options);

// Digits compare by value, the rest by byte: "f9" < "f10".
bool NaturalLess(std::string_view a, std::string_view b);

// The nanoseconds a name is made of ("1403715275912143104.png"), or -1.
int64_t NanosecondsInName(const std::string& path);

// Whole file; errors name it.
absl::StatusOr<std::vector<uint8_t>> ReadImageBytes(const std::string& path,
                                                    const FormatLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_IMAGE_LIST_H_
