// SPDX-License-Identifier: GPL-2.0-or-later
//
// One recording to one H.264 file under a quality map, without a store.

#ifndef FOVEA_API_ENCODE_FILE_H_
#define FOVEA_API_ENCODE_FILE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/map_source.h"
#include "codec/formats/source.h"
#include "codec/video_encoder.h"

namespace fovea {

enum class SideDataPlace : uint8_t {
  kNone,
  kGop,    // with each keyframe, its map included
  kFrame,  // also wherever the map changes
};

struct EncodeFileOptions {
  std::string input;   // what OpenSource() takes
  std::string output;  // .mp4, .mov, .mkv, .h264
  SourceOptions source;

  // The camera is the input's. Budgets are those below.
  VideoEncoderOptions encoder;
  // Instead of encoder.crf, and as a ceiling; 0 is refused.
  std::optional<int64_t> bytes_per_second;
  std::optional<int64_t> max_bytes_per_second;

  MapSourceOptions map;
  SideDataPlace side_data = SideDataPlace::kGop;

  // Instead of encoder.tables.chroma_qp_offset; where unset, what the
  // sensitivities of the planes ask for goes before that.
  std::optional<int> chroma_qp_offset;

  // Still macroblocks keep the pixels sent last, never inside boxes. Unset:
  // under maps of models, which say how much error a block bears.
  std::optional<bool> freeze;
};

struct EncodeFileReport {
  CameraInfo camera;
  int64_t frames = 0;
  int64_t keyframes = 0;
  uint64_t bytes = 0;            // access units, side data included
  uint64_t side_data_bytes = 0;  // of those
  uint64_t file_bytes = 0;
  int64_t duration_ns = 0;
  int chroma_qp_offset = 0;  // that was used
  double mean_qp = 0;
  double mean_offset = 0;  // of the maps, over all macroblocks
  int64_t mapped_frames = 0;
  bool freeze = false;      // still blocks were frozen
  double frozen_share = 0;  // of all macroblocks
  std::string map;          // MapSource::description()
  bool stopped = false;     // by the caller; the file is whole up to there

  struct Skipped {
    int64_t frames = 0;
    std::string why;
  };
  std::vector<Skipped> skipped;
  std::vector<std::string> notes;
  absl::Status source_error;  // not OK: the source ended badly after this

  bool lossy() const { return !skipped.empty() || !source_error.ok(); }
};

// `progress` gets frames done and expected (0 unknown) and may be null; so
// may `stop`. Frames of another size than the first, or whose time does not
// move on, are skipped and counted. Errors: those of OpenSource(),
// OpenMapSource(), NewVideoEncoder(), VideoWriter; kInvalidArgument for a
// budget of 0. The output appears only when all went well.
absl::StatusOr<EncodeFileReport> EncodeFile(
    const EncodeFileOptions& options,
    const std::function<void(int64_t done, int64_t total)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_ENCODE_FILE_H_
