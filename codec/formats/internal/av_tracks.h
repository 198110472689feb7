// SPDX-License-Identifier: GPL-2.0-or-later
//
// The streams of an opened container as tracks: kind, name, codec, colour,
// framing, and for those that cannot be delivered the reason.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_TRACKS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_TRACKS_H_

#include <string>
#include <vector>

#include "codec/formats/internal/av_handles.h"
#include "codec/formats/source.h"

namespace fovea::av {

// One track per stream, in stream order, so that track i is stream i. The
// first video has the suffix "".
std::vector<Track> DescribeTracks(const AVFormatContext& file,
                                  const SourceOptions& options);

// GoPro's telemetry: its packets are GPMF payloads.
bool IsGpmf(const AVStream& stream);

// The smallest first time of the streams delivered, which becomes zero.
int64_t OriginOf(const AVFormatContext& file, const std::vector<Track>& tracks);

// Appends a number to suffixes already taken: "audio", "audio1", "audio2".
class SuffixSet {
 public:
  std::string Unique(const std::string& wanted);

 private:
  std::vector<std::string> taken_;
};

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_TRACKS_H_
