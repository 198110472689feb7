// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one file here that includes libav: it demuxes, and asks the codec's
// parser (not its decoder) for the picture type.

#include "bench/reuse/packets.h"

#include <algorithm>
#include <memory>

#include "absl/status/status.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace fovea::bench::reuse {
namespace {

struct FileCloser {
  void operator()(AVFormatContext* file) const { avformat_close_input(&file); }
};
struct ParserCloser {
  void operator()(AVCodecParserContext* parser) const {
    av_parser_close(parser);
  }
};
struct CodecCloser {
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct PacketFreer {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

using FilePtr = std::unique_ptr<AVFormatContext, FileCloser>;

PictureType TypeOf(int type) {
  switch (type) {
    case AV_PICTURE_TYPE_I:
    case AV_PICTURE_TYPE_SI:
      return PictureType::kIntra;
    case AV_PICTURE_TYPE_P:
    case AV_PICTURE_TYPE_S:
    case AV_PICTURE_TYPE_SP:
      return PictureType::kPredicted;
    case AV_PICTURE_TYPE_B:
      return PictureType::kBidirectional;
    default:
      return PictureType::kUnknown;
  }
}

// Tells picture types of one track's packets.
class TypeReader {
 public:
  explicit TypeReader(const AVCodecParameters& parameters)
      : codec_(avcodec_alloc_context3(nullptr)),
        parser_(av_parser_init(parameters.codec_id)) {
    if (codec_) avcodec_parameters_to_context(codec_.get(), &parameters);
    if (parser_) parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  }

  PictureType Read(const AVPacket& packet) {
    if (codec_ && parser_) {
      uint8_t* data = nullptr;
      int size = 0;
      av_parser_parse2(parser_.get(), codec_.get(), &data, &size, packet.data,
                       packet.size, packet.pts, packet.dts, packet.pos);
      const PictureType type = TypeOf(parser_->pict_type);
      if (type != PictureType::kUnknown) return type;
    }
    return (packet.flags & AV_PKT_FLAG_KEY) != 0 ? PictureType::kIntra
                                                 : PictureType::kPredicted;
  }

 private:
  std::unique_ptr<AVCodecContext, CodecCloser> codec_;
  std::unique_ptr<AVCodecParserContext, ParserCloser> parser_;
};

absl::StatusOr<FilePtr> OpenFile(const std::string& path) {
  av_log_set_level(AV_LOG_QUIET);
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, path.c_str(), nullptr, nullptr) < 0) {
    return absl::InvalidArgumentError(path + " cannot be opened");
  }
  FilePtr file(opened);
  if (avformat_find_stream_info(file.get(), nullptr) < 0) {
    return absl::InvalidArgumentError(path + " cannot be read");
  }
  return file;
}

struct TimedPacket {
  int64_t pts = 0;
  Packet packet;
};

}  // namespace

char PictureTypeLetter(PictureType type) {
  return "?IPB"[static_cast<int>(type)];
}

absl::StatusOr<std::vector<Packet>> ReadPackets(const std::string& path) {
  const auto file = OpenFile(path);
  if (!file.ok()) return file.status();
  const int track =
      av_find_best_stream(file->get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (track < 0) return absl::InvalidArgumentError(path + " has no video");
  TypeReader types(*(*file)->streams[track]->codecpar);
  const std::unique_ptr<AVPacket, PacketFreer> packet(av_packet_alloc());
  std::vector<TimedPacket> timed;
  while (packet && av_read_frame(file->get(), packet.get()) >= 0) {
    if (packet->stream_index == track && packet->size > 0) {
      const int64_t pts =
          packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
      timed.push_back({pts, {packet->size, types.Read(*packet)}});
    }
    av_packet_unref(packet.get());
  }
  std::ranges::stable_sort(timed, {}, &TimedPacket::pts);
  std::vector<Packet> packets;
  for (const TimedPacket& each : timed) packets.push_back(each.packet);
  return packets;
}

}  // namespace fovea::bench::reuse
