// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a stream is made of, as kept (in JSON) in its registry row.

#ifndef FOVEA_API_STREAM_DESCRIPTION_H_
#define FOVEA_API_STREAM_DESCRIPTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_geometry.h"
#include "codec/sample.h"
#include "store/rows.h"

namespace fovea {

// Of a camera part of whose view another camera keeps: that part is coarse
// here. Also how far the job that made it so has come.
struct OverlapNote {
  StreamId with_id = 0;
  std::string with;       // its name when this was noted
  Homography homography;  // from its pictures to these
  MacroblockMask mask;    // where it is asked instead
  int qp_offset = 0;

  bool at_ingest = false;   // coded so from the first, not coded again
  uint64_t next_index = 0;  // GOPs before it have been decided on
  bool done = false;
  int64_t gops_reduced = 0, gops_kept = 0;
  int64_t bytes_before = 0, bytes_after = 0;  // of GOPs decided on
  friend bool operator==(const OverlapNote&, const OverlapNote&) = default;
};

struct StreamDescription {
  StreamKind kind = StreamKind::kCamera;
  CameraInfo camera;    // kind == kCamera
  SeriesInfo series;    // kind == kImu, kSeries
  OpaqueInfo opaque;    // kind == kOpaque
  bool stills = false;  // camera of still files

  std::string source;         // as given, credentials removed
  std::string source_codec;   // "hevc", "csv"
  std::string source_digest;  // of size and first MiB; "" for live
  int64_t source_bytes = 0;

  bool copied = false;                // H.264 kept as it came
  NalFraming framing = kAnnexB;       // of the source, for copied streams
  std::vector<uint8_t> codec_config;  // of the source, for copied streams
  std::string encoder;                // "x264 crf=23 preset=veryfast threads=2"
  std::string coding;                 // of samples, "" for exactly as they came
  std::string level;                  // of imu and series: "normal"
  std::string sensitivity;            // "proxy:texture-motion/1" or ""

  std::optional<OverlapNote> overlap;

  std::vector<std::string> notes;  // tracks rejected, policies applied
};

// JSON text, and back. kDataLoss when it does not parse.
std::string EncodeStreamDescription(const StreamDescription& description);
absl::StatusOr<StreamDescription> DecodeStreamDescription(
    const std::string& json);

}  // namespace fovea

#endif  // FOVEA_API_STREAM_DESCRIPTION_H_
