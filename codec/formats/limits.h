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

  // ULog: text of all formats, formats within formats, numbers in one
  // message, subscribed topics, channels of all of them together.
  size_t max_ulog_format_bytes = 4U << 20;
  int max_ulog_depth = 8;
  size_t max_ulog_fields = 1024;
  size_t max_ulog_topics = 1024;
  size_t max_ulog_channels = 16384;

  // MCAP: one record, and a chunk's records unpacked; one message that is
  // read; names; JSON Schemas of all series together.
  uint64_t max_mcap_record_bytes = 256U << 20;
  size_t max_mcap_message_bytes = 1U << 20;
  size_t max_mcap_name_bytes = 1024;
  size_t max_mcap_schema_bytes = 4U << 20;

  // Series files: one record; imu and series in a file.
  uint64_t max_series_record_bytes = 96U << 20;
  size_t max_series_file_tracks = 16384;

  int64_t max_probe_bytes = 32LL << 20;  // read before a format is given up

  // Annotation files. Labels and attributes are as the store can hold them.
  int64_t max_annotation_bytes = 1LL << 30;  // one file, or a folder's files
  size_t max_annotation_token_bytes = 1U << 20;  // one string or XML tag
  int max_annotation_depth = 32;                 // nesting of JSON and XML
  size_t max_annotated_boxes = 4U << 20;
  size_t max_annotated_frames = 4U << 20;
  size_t max_annotation_text_bytes = 512U << 20;  // names, labels, attributes
  size_t max_annotation_classes = 65536;
  uint64_t max_annotated_index = 1ULL << 40;
  double max_annotated_edge = 131072;  // pixels, either way
  size_t max_annotation_label_bytes = 64;
  size_t max_annotation_name_bytes = 1024;  // of pictures
  size_t max_attributes = 16;
  size_t max_attribute_name_bytes = 64;
  size_t max_attribute_value_bytes = 256;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_LIMITS_H_
