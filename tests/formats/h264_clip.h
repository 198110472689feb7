// SPDX-License-Identifier: GPL-2.0-or-later
//
// The H.264 access units of a file, straight from libavformat, and its
// frames as the ffmpeg program decodes them: the second opinion that the
// canonical GOPs, the decoder and the writer are held against.

#ifndef FOVEA_TESTS_FORMATS_H264_CLIP_H_
#define FOVEA_TESTS_FORMATS_H264_CLIP_H_

#include <gtest/gtest.h>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/md5.h>
}

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "codec/canonical_gop.h"
#include "codec/decode/video_decoder.h"
#include "codec/sample.h"
#include "tests/support/ffmpeg_tool.h"

namespace fovea::testing {

struct Clip {
  std::vector<AccessUnit> units;
  std::vector<uint8_t> config;
  NalFraming framing = kAnnexB;
  CameraInfo camera;
};

inline void FillCamera(const AVStream& stream, Clip* clip) {
  const AVCodecParameters& codec = *stream.codecpar;
  clip->camera.width = codec.width;
  clip->camera.height = codec.height;
  clip->camera.time_base = {stream.time_base.num, stream.time_base.den};
  if (codec.sample_aspect_ratio.num > 0) {
    clip->camera.sample_aspect = {codec.sample_aspect_ratio.num,
                                  codec.sample_aspect_ratio.den};
  }
  clip->camera.color.full_range = codec.color_range == AVCOL_RANGE_JPEG;
  clip->camera.color.primaries = static_cast<uint8_t>(codec.color_primaries);
  clip->camera.color.transfer = static_cast<uint8_t>(codec.color_trc);
  clip->camera.color.matrix = static_cast<uint8_t>(codec.color_space);
  if (codec.extradata_size > 0) {
    clip->config.assign(codec.extradata,
                        codec.extradata + codec.extradata_size);
    if (clip->config[0] == 1) clip->framing = (clip->config[4] & 3) + 1;
  }
}

inline Clip ReadClip(const std::string& path) {
  Clip clip;
  AVFormatContext* format = nullptr;
  if (avformat_open_input(&format, path.c_str(), nullptr, nullptr) < 0 ||
      avformat_find_stream_info(format, nullptr) < 0) {
    ADD_FAILURE() << "libavformat does not open " << path;
    return clip;
  }
  const int video =
      av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  EXPECT_GE(video, 0) << path;
  FillCamera(*format->streams[video], &clip);
  AVPacket* packet = av_packet_alloc();
  while (av_read_frame(format, packet) >= 0) {
    if (packet->stream_index == video) {
      AccessUnit unit;
      unit.data.assign(packet->data, packet->data + packet->size);
      unit.pts = packet->pts;
      unit.dts = packet->dts;
      unit.duration_ns = ToNanoseconds(packet->duration, clip.camera.time_base);
      unit.keyframe = (packet->flags & AV_PKT_FLAG_KEY) != 0;
      clip.units.push_back(std::move(unit));
    }
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  avformat_close_input(&format);
  EXPECT_FALSE(clip.units.empty()) << path;
  return clip;
}

using Digest = std::array<uint8_t, 16>;

// Parameter sets by name, as a catalogue would keep them.
class ParameterSetShelf {
 public:
  ParameterSetNamer Namer() const {
    return [](std::span<const uint8_t> nal) {
      Digest digest;
      av_md5_sum(digest.data(), nal.data(), nal.size());
      ParameterSetName name = {};
      std::copy(digest.begin(), digest.end(), name.begin());
      return name;
    };
  }
  ParameterSetLookup Lookup() const {
    return [this](const ParameterSetName& name)
               -> absl::StatusOr<std::vector<uint8_t>> {
      const auto found = sets_.find(name);
      if (found == sets_.end()) return absl::NotFoundError("parameter set");
      return found->second;
    };
  }
  void Keep(const CanonicalGop& gop) {
    for (const auto& set : gop.parameter_sets) sets_[set.name] = set.nal;
  }
  size_t size() const { return sets_.size(); }

 private:
  std::map<ParameterSetName, std::vector<uint8_t>> sets_;
};

struct CutClip {
  std::vector<CanonicalGop> gops;
  ParameterSetShelf shelf;
};

inline CutClip Cut(const Clip& clip) {
  CutClip cut;
  auto assembler =
      GopAssembler::Create(clip.framing, clip.config, cut.shelf.Namer());
  if (!assembler.ok()) {
    ADD_FAILURE() << assembler.status();
    return cut;
  }
  const auto keep = [&cut](absl::StatusOr<std::optional<CanonicalGop>> gop) {
    if (!gop.ok()) {
      ADD_FAILURE() << gop.status();
    } else if (gop->has_value()) {
      cut.shelf.Keep(**gop);
      cut.gops.push_back(*std::move(*gop));
    }
  };
  for (const AccessUnit& unit : clip.units) keep((*assembler)->Add(unit));
  keep((*assembler)->Finish());
  return cut;
}

inline Digest DigestOf(const Frame& frame) {
  AVMD5* md5 = av_md5_alloc();
  av_md5_init(md5);
  const Plane planes[3] = {frame.y, frame.u, frame.v};
  for (int i = 0; i < 3; ++i) {
    const int width = i == 0 ? frame.width : frame.chroma_width();
    const int height = i == 0 ? frame.height : frame.chroma_height();
    for (int row = 0; row < height; ++row) {
      av_md5_update(md5, planes[i].data + int64_t{row} * planes[i].stride,
                    static_cast<size_t>(width));
    }
  }
  Digest digest;
  av_md5_final(md5, digest.data());
  av_free(md5);
  return digest;
}

inline std::string Hex(const Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// MD5 of every frame the ffmpeg program gives, in presentation order.
inline std::vector<std::string> FfmpegFrameDigests(const std::string& path) {
  std::istringstream lines(RunTool("ffmpeg -v error -i '" + path +
                                   "' -map 0:v:0 -vsync passthrough -f "
                                   "framemd5 -"));
  std::vector<std::string> digests;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    digests.push_back(line.substr(line.find_last_of(' ') + 1));
  }
  return digests;
}

inline std::unique_ptr<VideoDecoder> NewDecoder(int threads = 1) {
  VideoDecoderOptions options;
  options.threads = threads;
  auto decoder = VideoDecoder::Create(options);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return decoder.ok() ? *std::move(decoder) : nullptr;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_FORMATS_H264_CLIP_H_
