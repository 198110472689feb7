// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the codec's parsers refuse to go beyond. docs/LIMITS.md lists these
// for users.

#ifndef FOVEA_CODEC_LIMITS_H_
#define FOVEA_CODEC_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace fovea {

struct CodecLimits {
  size_t max_nal_units = 4096;             // per access unit
  size_t max_gop_pictures = 4096;          // per canonical GOP
  size_t max_gop_bytes = 64U << 20;        // payload, and restored original
  size_t max_trim_bytes = 8U << 20;        // per canonical GOP
  size_t max_trim_rows = 1024;             // parameter sets and small literals
  size_t max_trim_pieces = 1U << 20;       // over all patterns
  size_t max_gop_pieces = 4U << 20;        // over all access units
  size_t max_sei_bytes = 65536;            // searched for a recovery point
  size_t max_parameter_sets = 576;         // in force at once: 2 x (32 + 256)
  size_t max_parameter_set_bytes = 65535;  // what an avcC length can say

  // Maps, sensitivities and boxes.
  int max_side = 16384;                 // pixels of the picture they belong to
  size_t max_models = 16;               // behind one map
  size_t max_model_name_bytes = 255;    // also of box labels
  int64_t max_frame_index = 1LL << 40;  // also of what is written
  size_t max_map_frames = 1U << 20;     // in one map or box file
  size_t max_map_bytes = 1U << 30;      // of one map file's maps in memory
  size_t max_boxes = 4U << 20;          // in one box file
  size_t max_text_line_bytes = 65536;   // 1024 columns of a map and more
  size_t max_side_data_bytes = 1U << 20;

  // Sensitivities of a series.
  size_t max_series_channels = 64;
  size_t max_channel_name_bytes = 255;  // also of units
  int max_window = 65536;               // samples
  size_t max_bands = 256;               // per channel
  size_t max_series_sensitivity_bytes = 1U << 20;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_LIMITS_H_
