// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the video writer writes into: a container or a bare Annex B stream.
// Each writes one file from its beginning to its end.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_BITSTREAM_FILE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_BITSTREAM_FILE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/video_writer.h"
#include "codec/sample.h"

namespace fovea {

class BitstreamFile {
 public:
  virtual ~BitstreamFile() = default;
  virtual absl::Status Add(const AccessUnit& unit) = 0;
  // Everything is in the file afterwards.
  virtual absl::Status Finish() = 0;
};

// The bytes of `path` as Annex B. Units already in that form are written
// as they are.
absl::StatusOr<std::unique_ptr<BitstreamFile>> NewAnnexBFile(
    const std::string& path, const VideoWriterOptions& options);

// `container`: libavformat's name: "mp4", "mov", "matroska".
absl::StatusOr<std::unique_ptr<BitstreamFile>> NewMuxedFile(
    const std::string& path, const std::string& container,
    const VideoWriterOptions& options);

// Start-coded parameter sets of one Annex B access unit; empty if none.
std::vector<uint8_t> ParameterSetsOf(std::span<const uint8_t> annex_b);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_BITSTREAM_FILE_H_
