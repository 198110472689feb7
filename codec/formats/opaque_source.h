// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any file as it is: one opaque track whose packets, joined, are its bytes.
// Packets end where the content says so, so that equal stretches of two
// files are equal packets.

#ifndef FOVEA_CODEC_FORMATS_OPAQUE_SOURCE_H_
#define FOVEA_CODEC_FORMATS_OPAQUE_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Packets are at time 0, numbered by their pts. kNotFound,
// kPermissionDenied, kInvalidArgument (no regular file, or empty).
absl::StatusOr<std::unique_ptr<Source>> OpenOpaqueSource(
    const std::string& path, const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_OPAQUE_SOURCE_H_
