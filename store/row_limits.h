// SPDX-License-Identifier: GPL-2.0-or-later
//
// What catalogue rows refuse to go beyond; docs/LIMITS.md lists these for
// users. Encoding more is a broken caller, decoding more is damage.

#ifndef FOVEA_STORE_ROW_LIMITS_H_
#define FOVEA_STORE_ROW_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace fovea {

struct RowLimits {
  uint32_t max_table_frames = 1U << 17;  // 73 minutes in one GOP at 30 fps
  size_t max_trim_bytes = 8U << 20;      // of one GOP
  size_t max_parameter_set_bytes = 1U << 20;
  size_t max_gop_parameter_sets = 512;
  size_t max_name_bytes = 1024;  // of a stream; longer reasons are cut
  size_t max_description_bytes = 1U << 20;
  size_t max_reasons = 1U << 16;       // distinct ones, per stream
  size_t max_gaps = 1U << 18;          // per stream
  size_t max_ingest_times = 1U << 12;  // per stream
  size_t max_policy_bytes = 64U << 10;
  size_t max_coding_table_bytes = 64U << 10;
  size_t max_device_tables = 16;  // per device and kind
  size_t max_device_bytes = 256;  // of its name
  size_t max_label_bytes = 64;    // of an observation
  size_t max_observation_bytes = 1U << 20;
  size_t max_look_spans = 1U << 12;  // per stream and model
  size_t max_presence_bytes = 8U << 10;
  size_t max_audit_state_bytes = 256U << 10;
  size_t max_feature_cells = 8192;     // of a result
  size_t max_answer_bytes = 1U << 20;  // of a result
  size_t max_result_bytes = (1U << 20) + 16384;
  size_t max_row_decisions = 512;
  size_t max_decision_bytes = 48U << 10;  // of a row, before zstd and behind
  size_t max_prior_bytes = 2U << 20;  // 16,384 x 16,384 pixels, badly packed
};
inline constexpr RowLimits kRowLimits;

}  // namespace fovea

#endif  // FOVEA_STORE_ROW_LIMITS_H_
