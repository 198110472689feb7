// SPDX-License-Identifier: GPL-2.0-or-later
//
// What readers of foreign files refuse to go beyond. docs/LIMITS.md lists
// these for users.

#ifndef FOVEA_CODEC_FORMATS_LIMITS_H_
#define FOVEA_CODEC_FORMATS_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace fovea {

struct FormatLimits {
  int max_side = 16384;                       // pixels
  int64_t max_pixels = 64LL << 20;            // per picture
  int max_tracks = 64;                        // per file
  int64_t max_packet_bytes = 64LL << 20;      // one compressed packet
  int64_t max_image_file_bytes = 64LL << 20;  // one still; a chunk holds it
  size_t max_images = 1'000'000;              // files in a folder
  size_t max_csv_line_bytes = 4096;
  size_t max_csv_columns = 64;
  int max_gpmf_depth = 16;
  size_t max_gpmf_payload_bytes = 16U << 20;
  int64_t max_probe_bytes = 32LL << 20;  // read before a format is given up
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_LIMITS_H_
