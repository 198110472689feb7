// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stored GOP coded again, coarse where another camera looks.

#ifndef FOVEA_API_OVERLAP_ENCODE_H_
#define FOVEA_API_OVERLAP_ENCODE_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_geometry.h"
#include "codec/canonical_gop.h"
#include "codec/quality_side_data.h"
#include "codec/sample.h"

namespace fovea {

struct ReduceOptions {
  CameraInfo camera;
  double crf = 23;
  std::string preset = "veryfast";
  int threads = 1;
  int qp_offset = 0;
  int chroma_qp_offset = -6;
  // What the GOP's first picture said, if anything; its map is replaced.
  std::optional<QualitySideData> side_data;
};

// Settings a stream was encoded with, from its description's `encoder`
// ("x264 preset=veryfast crf=23 threads=2"); defaults where it says nothing.
void ReadEncoderText(const std::string& text, ReduceOptions* options);

// One closed GOP of `frames`, in presentation order with their pts, under
// one mask per frame. nullopt: the encoder made more than one GOP of it.
absl::StatusOr<std::optional<CanonicalGop>> ReduceGop(
    const ReduceOptions& options, std::span<const Frame> frames,
    std::span<const MacroblockMask> masks);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_ENCODE_H_
