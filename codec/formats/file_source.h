// SPDX-License-Identifier: GPL-2.0-or-later
//
// Video files of any container libavformat opens, and pipes of them.

#ifndef FOVEA_CODEC_FORMATS_FILE_SOURCE_H_
#define FOVEA_CODEC_FORMATS_FILE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Every track of the file becomes a track: the first video the main camera,
// GoPro telemetry both series and an opaque track, all else opaque. Times
// start at the first presented sample of the file; audio that primes a
// decoder before it has times below zero. At the end of damaged files Next()
// returns kDataLoss naming the place, after all that could be read.
absl::StatusOr<std::unique_ptr<Source>> OpenFileSource(
    const std::string& path, const SourceOptions& options);

// The same over memory; `bytes` outlives the source. For tests.
absl::StatusOr<std::unique_ptr<Source>> OpenMemorySource(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options);

// The same from a pipe, read in order without dropping: Annex B, Y4M, or
// another container that needs no seeking. `descriptor` stays open.
absl::StatusOr<std::unique_ptr<Source>> OpenPipeSource(
    const std::string& name, int descriptor, const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_FILE_SOURCE_H_
