// SPDX-License-Identifier: GPL-2.0-or-later
//
// Says in one line what is wrong with a file libavformat refuses or that
// ends too early. libav itself only says "invalid data".

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_DAMAGE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_DAMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "codec/formats/internal/av_demuxer.h"
#include "codec/formats/internal/av_input.h"

namespace fovea::av {

// Why the bytes did not open, with a next step. `reason` is libav's.
std::string ExplainUnopened(const Input& input, const std::string& reason);

// How a file that was read to its end misses what its index promises.
struct Truncation {
  int64_t offset = -1;  // where the bytes end; -1: nothing is missing
  std::string detail;
  std::vector<int64_t> missing;  // samples per stream
};
Truncation FindTruncation(Demuxer& demuxer);

// MP4 and its relatives, whose index lists every sample.
bool IsMov(const Demuxer& demuxer);

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_DAMAGE_H_
