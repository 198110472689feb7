// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of each picture of a GOP is known without reading its chunk: place,
// time, type, QP, means of the grid, what moves, fingerprint. Value of an
// ftab row; store/FORMAT.md draws it.

#ifndef FOVEA_STORE_FRAME_TABLE_H_
#define FOVEA_STORE_FRAME_TABLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea {

// One picture of a GOP, in decoding order.
struct FrameEntry {
  int64_t pts = 0;  // source ticks
  int64_t dts = 0;
  int64_t time_ns = 0;
  int64_t duration_ns = 0;
  uint32_t offset = 0;  // in the chunk
  uint32_t size = 0;
  uint8_t type = 0;  // PictureType
  uint8_t qp = 0;
  uint8_t mean_luma = 0;  // grid summary: averages over macroblocks
  uint8_t mean_texture = 0;
  uint8_t mean_difference = 0;
  uint8_t mean_residual = 0;
  bool leading = false;
  bool has_grid = false;  // the four means and the fingerprint count
  // Motion summary; all zero without has_motion, as in tables of version 1.
  bool has_motion = false;
  // Most of the picture changes: the camera moves, or the light was
  // switched. What moves in it is then not told.
  bool camera_moves = false;
  uint8_t moving = 0;  // share of macroblocks that move or change; 255: all
  // Which of 4 x 4 equal parts of the picture they lie in: bit row * 4 +
  // column, low bits first. Not 0 where `moving` is not.
  uint16_t moving_cells = 0;
  uint64_t fingerprint64 = 0;
  std::array<uint64_t, 4> fingerprint256 = {};
  friend bool operator==(const FrameEntry&, const FrameEntry&) = default;
};

// A GOP's pictures and the trim record that restores its source bytes.
struct FrameTable {
  uint8_t fingerprint_version = 0;
  std::vector<FrameEntry> frames;
  std::string trim;
  friend bool operator==(const FrameTable&, const FrameTable&) = default;
};
// kResourceExhausted, naming the limit, for a table beyond kRowLimits: ask
// before encoding footage that is not your own.
absl::Status CheckFrameTable(const FrameTable& table);
// Columns, delta-coded, then zstd: some 10 bytes a frame on still footage.
std::string EncodeFrameTable(const FrameTable& table);
absl::StatusOr<FrameTable> DecodeFrameTable(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_FRAME_TABLE_H_
