// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/av_tracks.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_frame.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace fovea::av {
namespace {

constexpr uint32_t kGpmdTag = MKTAG('g', 'p', 'm', 'd');

// The tag as letters ("tmcd"), or "" when it is not made of letters.
std::string TagName(uint32_t tag) {
  std::string name;
  for (int i = 0; i < 4; ++i) {
    const auto c = static_cast<unsigned char>(tag >> (8 * i));
    if (std::isalnum(c) == 0) return "";
    name.push_back(static_cast<char>(std::tolower(c)));
  }
  return name;
}

std::string CodecName(const AVStream& stream) {
  if (IsGpmf(stream)) return "gpmf";
  const AVCodecParameters& codec = *stream.codecpar;
  if (codec.codec_id != AV_CODEC_ID_NONE &&
      codec.codec_id != AV_CODEC_ID_BIN_DATA) {
    return avcodec_get_name(codec.codec_id);
  }
  const std::string tag = TagName(codec.codec_tag);
  return tag.empty() ? "unknown" : tag;
}

std::string OpaqueSuffix(const AVStream& stream) {
  switch (stream.codecpar->codec_type) {
    case AVMEDIA_TYPE_AUDIO:
      return "audio";
    case AVMEDIA_TYPE_SUBTITLE:
      return "subtitle";
    case AVMEDIA_TYPE_ATTACHMENT:
      return "attachment";
    case AVMEDIA_TYPE_VIDEO:
      return "cover";
    default:
      break;
  }
  if (IsGpmf(stream)) return "gpmf";
  const std::string tag = TagName(stream.codecpar->codec_tag);
  return tag.empty() ? "data" : tag;
}

// Clockwise turn of the display matrix, to the nearest quarter.
int RotationOf(const AVStream& stream) {
  size_t size = 0;
  const uint8_t* matrix =
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (matrix == nullptr || size < 9 * sizeof(int32_t)) return 0;
  const double angle =
      av_display_rotation_get(reinterpret_cast<const int32_t*>(matrix));
  if (std::isnan(angle)) return 0;
  const int quarters = static_cast<int>(std::lround(-angle / 90.0));
  return ((quarters % 4) + 4) % 4 * 90;
}

bool IsInterlaced(AVFieldOrder order) {
  return order != AV_FIELD_UNKNOWN && order != AV_FIELD_PROGRESSIVE;
}

CameraInfo DescribeCamera(const AVStream& stream) {
  const AVCodecParameters& codec = *stream.codecpar;
  const auto pixels = static_cast<AVPixelFormat>(codec.format);
  CameraInfo camera;
  camera.width = codec.width;
  camera.height = codec.height;
  camera.time_base = ToRational(stream.time_base);
  camera.frame_rate = ToRational(stream.avg_frame_rate);
  const AVRational aspect = stream.sample_aspect_ratio.num > 0
                                ? stream.sample_aspect_ratio
                                : codec.sample_aspect_ratio;
  if (aspect.num > 0 && aspect.den > 0) {
    camera.sample_aspect = ToRational(aspect);
  }
  camera.rotation_degrees = RotationOf(stream);
  camera.color = DescribeColor(pixels, codec.color_range, codec.color_primaries,
                               codec.color_trc, codec.color_space);
  camera.bit_depth = DescribePixels(pixels).bit_depth;
  camera.interlaced = IsInterlaced(codec.field_order);
  return camera;
}

std::string SizeReason(const AVCodecParameters& codec,
                       const FormatLimits& limits) {
  const int64_t pixels = int64_t{codec.width} * codec.height;
  if (codec.width > limits.max_side || codec.height > limits.max_side ||
      pixels > limits.max_pixels) {
    return absl::StrCat("picture of ", codec.width, "x", codec.height,
                        " is beyond the limit of ", limits.max_side,
                        " pixels a side and ", limits.max_pixels, " in all");
  }
  return "";
}

std::string DecodeReason(const AVCodecParameters& codec,
                         const FormatLimits& limits) {
  if (avcodec_find_decoder(codec.codec_id) == nullptr) {
    return absl::StrCat("no decoder for ", avcodec_get_name(codec.codec_id),
                        ": convert it to H.264 first");
  }
  if (codec.width < 1 || codec.height < 1) {
    return absl::StrCat(avcodec_get_name(codec.codec_id),
                        " video without a picture size: no frame of it could "
                        "be read");
  }
  return SizeReason(codec, limits);
}

// Fills what --copy needs; returns why it is impossible, or "".
std::string DescribeUnits(const AVCodecParameters& codec,
                          const FormatLimits& limits, Track* track) {
  track->compressed = true;
  if (codec.codec_id != AV_CODEC_ID_H264) {
    return absl::StrCat(avcodec_get_name(codec.codec_id),
                        " is not H.264: drop --copy to re-encode");
  }
  if (codec.width < 1 || codec.height < 1) {
    return "h264 video without a picture size: drop --copy to re-encode";
  }
  if (codec.extradata_size > 0) {
    track->codec_config.assign(codec.extradata,
                               codec.extradata + codec.extradata_size);
  }
  if (codec.extradata_size >= 7 && codec.extradata[0] == 1) {
    track->framing = (codec.extradata[4] & 3) + 1;
    if (track->framing == 3) {
      return "H.264 with 3-byte lengths: drop --copy to re-encode";
    }
  }
  return SizeReason(codec, limits);
}

// What the index lists and the edit list shows; 0 unknown.
int64_t ExpectedSamples(AVStream* stream) {
  if (stream->nb_frames <= 0) return 0;
  int64_t shown = 0;
  const int entries = avformat_index_get_entries_count(stream);
  for (int i = 0; i < entries; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(stream, i);
    if ((entry->flags & AVINDEX_DISCARD_FRAME) == 0) ++shown;
  }
  return shown > 0 ? std::min(stream->nb_frames, shown) : stream->nb_frames;
}

}  // namespace

bool IsGpmf(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_DATA &&
         stream.codecpar->codec_tag == kGpmdTag;
}

std::vector<Track> DescribeTracks(const AVFormatContext& file,
                                  const SourceOptions& options) {
  std::vector<Track> tracks(file.nb_streams);
  SuffixSet suffixes;
  int videos = 0;
  for (unsigned i = 0; i < file.nb_streams; ++i) {
    const AVStream& stream = *file.streams[i];
    const AVCodecParameters& codec = *stream.codecpar;
    Track& track = tracks[i];
    track.codec = CodecName(stream);
    track.expected_samples = ExpectedSamples(file.streams[i]);
    const bool cover = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    if (codec.codec_type == AVMEDIA_TYPE_VIDEO && !cover) {
      track.kind = StreamKind::kCamera;
      if (videos > 0) track.suffix = absl::StrCat("video", videos);
      ++videos;
      track.camera = DescribeCamera(stream);
      track.rejected = options.copy
                           ? DescribeUnits(codec, options.limits, &track)
                           : DecodeReason(codec, options.limits);
      continue;
    }
    track.kind = StreamKind::kOpaque;
    track.suffix = suffixes.Unique(OpaqueSuffix(stream));
    track.opaque.time_base = ToRational(stream.time_base);
    if (codec.extradata_size > 0) {
      track.opaque.codec_config.assign(codec.extradata,
                                       codec.extradata + codec.extradata_size);
    }
  }
  return tracks;
}

int64_t OriginOf(const AVFormatContext& file,
                 const std::vector<Track>& tracks) {
  int64_t origin = std::numeric_limits<int64_t>::max();
  for (unsigned i = 0; i < file.nb_streams && i < tracks.size(); ++i) {
    const AVStream& stream = *file.streams[i];
    if (!tracks[i].rejected.empty()) continue;
    if (stream.start_time == AV_NOPTS_VALUE) continue;
    if (stream.time_base.num <= 0 || stream.time_base.den <= 0) continue;
    origin = std::min(
        origin, ToNanoseconds(stream.start_time, ToRational(stream.time_base)));
  }
  return origin == std::numeric_limits<int64_t>::max() ? 0 : origin;
}

std::string SuffixSet::Unique(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; std::find(taken_.begin(), taken_.end(), name) != taken_.end();
       ++i) {
    name = absl::StrCat(wanted, i);
  }
  taken_.push_back(name);
  return name;
}

}  // namespace fovea::av
