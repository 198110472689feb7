// SPDX-License-Identifier: GPL-2.0-or-later
//
// Containers through libavformat. Track times keep the source's ticks:
// the track's time scale is the denominator of the source's time base, and
// a start other than 0 becomes an edit list in that same scale.

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/mathematics.h>
}

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_handles.h"
#include "codec/formats/internal/bitstream_file.h"

namespace fovea {
namespace {

// MP4 keeps sample durations in 32 bits: with finer ticks a pause of a few
// seconds would not fit, so those are rounded to microseconds.
constexpr int kFinestScale = 10'000'000;
constexpr int kFallbackScale = 1'000'000;

struct MuxerDeleter {
  void operator()(AVFormatContext* context) const {
    avio_closep(&context->pb);
    avformat_free_context(context);
  }
};

absl::Status MuxError(int error, const std::string& what) {
  if (error == AVERROR(ENOSPC)) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": disk full"));
  }
  return av::ErrorStatus(error, what);
}

bool CopyBytes(std::span<const uint8_t> bytes, AVCodecParameters* codec) {
  const size_t size = bytes.size();
  codec->extradata =
      static_cast<uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
  if (codec->extradata == nullptr) return false;
  std::memcpy(codec->extradata, bytes.data(), size);
  codec->extradata_size = static_cast<int>(size);
  return true;
}

void SetColor(const ColorInfo& color, AVCodecParameters* codec) {
  codec->color_range = color.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  codec->color_primaries = static_cast<AVColorPrimaries>(color.primaries);
  codec->color_trc = static_cast<AVColorTransferCharacteristic>(color.transfer);
  codec->color_space = static_cast<AVColorSpace>(color.matrix);
}

bool SetRotation(int degrees, AVStream* stream) {
  if (degrees % 360 == 0) return true;
  auto* matrix = reinterpret_cast<int32_t*>(av_stream_new_side_data(
      stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t)));
  if (matrix == nullptr) return false;
  av_display_rotation_set(matrix, degrees);
  return true;
}

class MuxedFile : public BitstreamFile {
 public:
  MuxedFile(std::string path, const VideoWriterOptions& options)
      : path_(std::move(path)), options_(options) {}

  absl::Status Open(const std::string& container);
  absl::Status Add(const AccessUnit& unit) override;
  absl::Status Finish() override;

 private:
  absl::Status Begin(const AccessUnit& unit);
  absl::Status DescribeStream(std::span<const uint8_t> extradata);
  absl::Status WriteHeader();
  void SetTimes(const AccessUnit& unit);
  std::string Writing() const { return absl::StrCat("cannot write ", path_); }

  const std::string path_;
  const VideoWriterOptions options_;
  std::unique_ptr<AVFormatContext, MuxerDeleter> muxer_;
  av::PacketPtr packet_;
  AVStream* stream_ = nullptr;  // muxer_ owns it
  AVRational scale_ = {1, 1};   // ticks handed to libavformat
  bool begun_ = false;
  std::optional<int64_t> last_dts_;
};

absl::Status MuxedFile::Open(const std::string& container) {
  av::SilenceLog();
  AVFormatContext* context = nullptr;
  // The protocol is named: a colon in the path must not choose another.
  const std::string url = absl::StrCat("file:", path_);
  int error = avformat_alloc_output_context2(&context, nullptr,
                                             container.c_str(), url.c_str());
  if (error < 0) return MuxError(error, Writing());
  muxer_.reset(context);
  error = avio_open(&context->pb, url.c_str(), AVIO_FLAG_WRITE);
  if (error < 0) return MuxError(error, Writing());
  packet_.reset(av_packet_alloc());
  stream_ = avformat_new_stream(context, nullptr);
  if (packet_ == nullptr || stream_ == nullptr) {
    return absl::ResourceExhaustedError(Writing());
  }
  return absl::OkStatus();
}

absl::Status MuxedFile::DescribeStream(std::span<const uint8_t> extradata) {
  const CameraInfo& camera = options_.camera;
  AVCodecParameters* codec = stream_->codecpar;
  codec->codec_type = AVMEDIA_TYPE_VIDEO;
  codec->codec_id = AV_CODEC_ID_H264;
  codec->width = camera.width;
  codec->height = camera.height;
  codec->format = AV_PIX_FMT_YUV420P;
  const AVRational aspect = {camera.sample_aspect.num,
                             camera.sample_aspect.den};
  codec->sample_aspect_ratio = stream_->sample_aspect_ratio = aspect;
  SetColor(camera.color, codec);
  const Rational base = camera.time_base;
  scale_ = {1, base.den <= kFinestScale ? base.den : kFallbackScale};
  stream_->time_base = scale_;
  stream_->avg_frame_rate = {camera.frame_rate.num, camera.frame_rate.den};
  if (!CopyBytes(extradata, codec) ||
      !SetRotation(camera.rotation_degrees, stream_)) {
    return absl::ResourceExhaustedError(Writing());
  }
  return absl::OkStatus();
}

absl::Status MuxedFile::WriteHeader() {
  AVDictionary* settings = nullptr;
  av_dict_set(&settings, "movflags", "+faststart+write_colr", 0);
  av_dict_set(&settings, "use_editlist", "1", 0);
  av_dict_set_int(&settings, "video_track_timescale", scale_.den, 0);
  av_dict_set_int(&settings, "movie_timescale", scale_.den, 0);
  muxer_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
  // Bit-exact: no library version in the file, equal input equal bytes.
  muxer_->flags |= AVFMT_FLAG_BITEXACT;
  const int error = avformat_write_header(muxer_.get(), &settings);
  av_dict_free(&settings);
  if (error < 0) return MuxError(error, Writing());
  begun_ = true;
  return absl::OkStatus();
}

absl::Status MuxedFile::Begin(const AccessUnit& unit) {
  std::vector<uint8_t> config = options_.codec_config;
  if (options_.framing == kAnnexB) {
    std::vector<uint8_t> sets = ParameterSetsOf(unit.data);
    if (!sets.empty()) config = std::move(sets);
  }
  if (config.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        Writing(), ": the first picture comes without parameter sets"));
  }
  absl::Status status = DescribeStream(config);
  return status.ok() ? WriteHeader() : status;
}

// Containers want times that grow in decoding order and no picture shown
// before it is decoded. Sources that repeat a time are moved by a tick.
void MuxedFile::SetTimes(const AccessUnit& unit) {
  const AVRational base = {options_.camera.time_base.num,
                           options_.camera.time_base.den};
  int64_t pts = av_rescale_q(unit.pts, base, scale_);
  int64_t dts = std::min(av_rescale_q(unit.dts, base, scale_), pts);
  if (last_dts_ && dts <= *last_dts_) dts = *last_dts_ + 1;
  pts = std::max(pts, dts);
  last_dts_ = dts;
  packet_->pts = av_rescale_q(pts, scale_, stream_->time_base);
  packet_->dts = av_rescale_q(dts, scale_, stream_->time_base);
  packet_->duration =
      av_rescale_q(unit.duration_ns, {1, 1'000'000'000}, stream_->time_base);
}

absl::Status MuxedFile::Add(const AccessUnit& unit) {
  if (!begun_) {
    absl::Status status = Begin(unit);
    if (!status.ok()) return status;
  }
  if (av_new_packet(packet_.get(), static_cast<int>(unit.data.size())) < 0) {
    return absl::ResourceExhaustedError(Writing());
  }
  std::copy(unit.data.begin(), unit.data.end(), packet_->data);
  packet_->stream_index = 0;
  packet_->flags = unit.keyframe ? AV_PKT_FLAG_KEY : 0;
  SetTimes(unit);
  const int error = av_write_frame(muxer_.get(), packet_.get());
  av_packet_unref(packet_.get());
  return error < 0 ? MuxError(error, Writing()) : absl::OkStatus();
}

absl::Status MuxedFile::Finish() {
  int error = av_write_trailer(muxer_.get());
  // Buffered bytes that fail to reach the disk show only here.
  const int closed = avio_closep(&muxer_->pb);
  if (error >= 0) error = closed;
  return error < 0 ? MuxError(error, Writing()) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<BitstreamFile>> NewMuxedFile(
    const std::string& path, const std::string& container,
    const VideoWriterOptions& options) {
  auto file = std::make_unique<MuxedFile>(path, options);
  absl::Status status = file->Open(container);
  if (!status.ok()) return status;
  return std::unique_ptr<BitstreamFile>(std::move(file));
}

}  // namespace fovea
