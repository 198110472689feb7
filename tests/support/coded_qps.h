// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an encoder did with a map, read back from its bitstream.

#ifndef FOVEA_TESTS_SUPPORT_CODED_QPS_H_
#define FOVEA_TESTS_SUPPORT_CODED_QPS_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/decode/video_decoder.h"
#include "codec/video_encoder.h"

namespace fovea::testing {

struct CodedQps {
  std::vector<bool> keyframe;
  std::vector<MacroblockQps> pictures;
};

// Encodes and decodes `frames`; kInternal when not all came back.
absl::StatusOr<CodedQps> EncodeAndReadQps(const VideoEncoderOptions& options,
                                          std::span<const Frame> frames,
                                          const QualityMap* map);

// Mean of |crf + map - QP| over all macroblocks, of keyframes only or of all
// pictures. For exact mode.
double MeanQpError(const CodedQps& coded, double crf, const QualityMap& map,
                   bool keyframes_only);

// Of the map with the QP change it makes on keyframes; 0 for none.
double MapCorrelation(const CodedQps& with, const CodedQps& without,
                      const QualityMap& map);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_CODED_QPS_H_
