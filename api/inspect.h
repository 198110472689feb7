// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an H.264 stream really holds: its pictures and GOPs, the QPs its
// macroblocks were coded with, the side data it carries.

#ifndef FOVEA_API_INSPECT_H_
#define FOVEA_API_INSPECT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "codec/decode/video_decoder.h"
#include "codec/quality_side_data.h"
#include "codec/sample.h"
#include "store/frame_table.h"

namespace fovea {

struct InspectedFrame {
  int64_t index = -1;  // in presentation order; -1: did not decode
  int64_t pts = 0;
  int64_t time_ns = 0;
  uint64_t bytes = 0;
  char type = '?';  // I, P, B
  bool keyframe = false;
  // Mean over the macroblocks read back; of the slice headers where the
  // picture did not decode; below zero when unknown.
  double mean_qp = -1;
  // As its frame table has it; of streams of a store alone.
  std::optional<FrameEntry> noted;
};

struct InspectedGop {
  size_t first = 0;  // of Inspection::frames
  size_t frames = 0;
  uint64_t bytes = 0;
  double mean_qp = -1;
};

struct FoundSideData {
  size_t frame = 0;  // of Inspection::frames
  QualitySideData data;
};

// The frame a picture is wanted of.
struct InspectedPicture {
  Frame frame;
  MacroblockQps qps;
};

struct Inspection {
  std::string name;
  std::string container;  // "store" for streams
  CameraInfo camera;
  uint64_t bytes = 0;                  // all access units
  std::vector<InspectedFrame> frames;  // in decoding order
  std::vector<InspectedGop> gops;
  std::vector<FoundSideData> side_data;
  std::optional<InspectedPicture> picture;
  bool stopped = false;             // by the caller; what is told is partial
  std::vector<std::string> notes;   // tracks passed over
  std::vector<std::string> damage;  // one line each; at most 32
  int64_t damaged = 0;              // all of them
};

struct InspectOptions {
  std::optional<int64_t> picture;  // presentation index
  int threads = 1;                 // of the decoder
};

using InspectProgress = std::function<void(int64_t done, int64_t total)>;

// Reads and decodes everything. kInvalidArgument: not H.264; kNotFound: no
// such file, stream or frame. Damage is told in the result.
absl::StatusOr<Inspection> InspectFile(const std::string& path,
                                       const InspectOptions& options,
                                       const InspectProgress& progress,
                                       const std::atomic<bool>* stop);
absl::StatusOr<Inspection> InspectStream(Store* store,
                                         const std::string& stream,
                                         const InspectOptions& options,
                                         const InspectProgress& progress,
                                         const std::atomic<bool>* stop);

// A PNG of `inspection.picture`: the frame and, beside it, its QPs.
absl::StatusOr<std::vector<uint8_t>> DrawQps(const Inspection& inspection);

}  // namespace fovea

#endif  // FOVEA_API_INSPECT_H_
