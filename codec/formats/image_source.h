// SPDX-License-Identifier: GPL-2.0-or-later
//
// Folders, globs and single files of JPEG and PNG.

#ifndef FOVEA_CODEC_FORMATS_IMAGE_SOURCE_H_
#define FOVEA_CODEC_FORMATS_IMAGE_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// `location` is a folder (not searched deeper), a glob pattern or one file.
// Files are taken in the order of the numbers in their names. Pictures of
// one size whose names are nanoseconds (12 digits or more, no leading zero),
// or options.image_fps, make a camera track of frames; all else is a track
// of stills, one second apart, bytes kept. Files that are no whole picture
// are Rejected items by name.
absl::StatusOr<std::unique_ptr<Source>> OpenImageSource(
    const std::string& location, const SourceOptions& options);

// Whether `location` has a wildcard of the shell's: *, ? or [.
bool IsGlob(const std::string& location);

// Whether the file begins like a JPEG or PNG.
bool IsImageFile(const std::string& path);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_IMAGE_SOURCE_H_
