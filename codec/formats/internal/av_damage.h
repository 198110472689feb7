// SPDX-License-Identifier: GPL-2.0-or-later
//
// Says in one line what is wrong with a file libavformat refuses or that
// ends too early. libav itself only says "invalid data".

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_DAMAGE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_DAMAGE_H_

#include <cstdint>
#include <optional>
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

// Packets the demuxer marks as damaged on their way (holes in a transport
// stream). What the decoder makes of them is delivered, so they are no
// samples lost, but the user is told.
class DamageCount {
 public:
  void Note(const AVPacket& packet) {
    if ((packet.flags & AV_PKT_FLAG_CORRUPT) == 0) return;
    if (packets_++ == 0) first_at_ = packet.pos;
  }
  // A remark on the track, none without damage; starts anew.
  std::optional<Rejected> Take();

 private:
  int64_t packets_ = 0;
  int64_t first_at_ = -1;
};

// MP4 and its relatives, whose index lists every sample.
bool IsMov(const Demuxer& demuxer);

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_DAMAGE_H_
