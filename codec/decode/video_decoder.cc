// SPDX-License-Identifier: GPL-2.0-or-later
//
// H.264 decoding through libavcodec, which hands pictures out in the order in
// which they are shown, and not before that is certain. In decoding order they
// are taken from the buffers that it asks for to decode into. Damage is an
// error, never a repaired picture: a caller that wanted pixels must not get
// guesses. libavcodec's log level is process-wide; the first decoder of the
// process turns it off, because what it would print goes into the status
// instead.

#include "codec/decode/video_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/video_enc_params.h>
}

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/decode/internal/motion_vectors.h"
#include "codec/decode/internal/to_yuv420.h"
#include "codec/h264_syntax.h"

namespace fovea {
namespace {

constexpr int kMaxThreads = 64;

struct ContextDeleter {
  void operator()(AVCodecContext* context) const {
    avcodec_free_context(&context);
  }
};
struct PacketDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

void FreeFrame(AVFrame* frame) { av_frame_free(&frame); }

// Keeps hold of what is being decoded into: of the last picture begun, since
// those that stand for missing ones are begun before it.
int KeepBuffer(AVCodecContext* context, AVFrame* frame, int flags) {
  const int error = avcodec_default_get_buffer2(context, frame, flags);
  if (error < 0) return error;
  auto* kept = static_cast<AVFrame*>(context->opaque);
  av_frame_unref(kept);
  return av_frame_ref(kept, frame);
}

std::string AvMessage(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof(text));
  return text;
}

void SilenceOnce() {
  static const bool done = [] {
    av_log_set_level(AV_LOG_QUIET);
    return true;
  }();
  static_cast<void>(done);
}

absl::Status ToStatus(int error, int64_t pts) {
  const std::string what =
      absl::StrCat("H.264 picture at pts ", pts, ": ", AvMessage(error));
  return error == AVERROR(ENOMEM) ? absl::ResourceExhaustedError(what)
                                  : absl::DataLossError(what);
}

absl::Status CheckWhole(const AVFrame& picture) {
  if (picture.decode_error_flags == 0 &&
      (picture.flags & AV_FRAME_FLAG_CORRUPT) == 0) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat("H.264 picture at pts ", picture.pts,
                                          ": slices are missing or damaged"));
}

bool IsPlanar420(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P;
}

// FFmpeg lists blocks in raster order; a picture may come without any.
MacroblockQps QpsOf(const AVFrame& picture) {
  MacroblockQps qps;
  const AVFrameSideData* side =
      av_frame_get_side_data(&picture, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
  if (side == nullptr) return qps;
  auto* params = reinterpret_cast<AVVideoEncParams*>(side->data);
  for (unsigned i = 0; i < params->nb_blocks; ++i) {
    const AVVideoBlockParams* block = av_video_enc_params_block(params, i);
    qps.qp.push_back(static_cast<int8_t>(params->qp + block->delta_qp));
    if (block->src_y == 0) ++qps.columns;
  }
  if (qps.columns > 0) {
    qps.rows = static_cast<int>(qps.qp.size()) / qps.columns;
  }
  return qps;
}

// The picture as it is, sharing libavcodec's buffers.
Frame Share(const std::shared_ptr<AVFrame>& picture) {
  Frame frame;
  frame.width = picture->width;
  frame.height = picture->height;
  frame.y = {picture->data[0], picture->linesize[0]};
  frame.u = {picture->data[1], picture->linesize[1]};
  frame.v = {picture->data[2], picture->linesize[2]};
  frame.pixels = picture;
  return frame;
}

}  // namespace

class VideoDecoder::State {
 public:
  explicit State(const VideoDecoderOptions& options) : options_(options) {}

  absl::Status Open(bool strict);
  absl::Status Send(std::span<const uint8_t> unit, int64_t pts,
                    std::vector<Frame>* out);
  absl::Status Drain(std::vector<Frame>* out);
  std::vector<MacroblockQps> TakeQps() { return std::exchange(qps_, {}); }
  std::vector<CodedMotion> TakeMotion() { return std::exchange(motion_, {}); }

 private:
  absl::Status Begin(std::span<const uint8_t> unit);
  absl::Status Receive(std::vector<Frame>* out, bool* more);
  absl::Status ReceiveAll(std::vector<Frame>* out);
  absl::StatusOr<Frame> ToFrame(std::shared_ptr<AVFrame> picture);
  absl::Status Crop(Frame* frame) const;
  absl::Status TakeDecoded(std::vector<Frame>* out);

  const VideoDecoderOptions options_;
  std::unique_ptr<AVCodecContext, ContextDeleter> context_;
  std::unique_ptr<AVPacket, PacketDeleter> packet_;
  std::shared_ptr<AVFrame> decoded_;  // null unless decoding_order
  ToYuv420 converter_;
  std::vector<MacroblockQps> qps_;
  std::vector<CodedMotion> motion_;
  int64_t last_pts_ = 0;  // names the place in errors
  bool strict_ = false;
  bool empty_ = true;  // nothing was fed since the last flush
};

absl::Status VideoDecoder::State::Open(bool strict) {
  SilenceOnce();
  strict_ = strict;
  const AVCodec* codec = avcodec_find_decoder(AV_CODEC_ID_H264);
  if (codec == nullptr) {
    return absl::UnimplementedError("this libavcodec has no H.264 decoder");
  }
  context_.reset(avcodec_alloc_context3(codec));
  packet_.reset(av_packet_alloc());
  if (context_ == nullptr || packet_ == nullptr) {
    return absl::ResourceExhaustedError("no memory for an H.264 decoder");
  }
  context_->thread_count = options_.threads;
  context_->err_recognition = AV_EF_BITSTREAM | AV_EF_BUFFER;
  if (strict) context_->err_recognition |= AV_EF_EXPLODE;
  // Without this a stream that does not state its reorder depth starts at
  // depth 0 and gives its first B-pictures late and out of order.
  context_->strict_std_compliance = FF_COMPLIANCE_STRICT;
  if (options_.read_qp) {
    context_->export_side_data |= AV_CODEC_EXPORT_DATA_VIDEO_ENC_PARAMS;
  }
  if (options_.export_motion) context_->flags2 |= AV_CODEC_FLAG2_EXPORT_MVS;
  if (options_.decoding_order) {
    decoded_.reset(av_frame_alloc(), FreeFrame);
    if (decoded_ == nullptr) {
      return absl::ResourceExhaustedError("no memory for a picture");
    }
    context_->opaque = decoded_.get();
    context_->get_buffer2 = KeepBuffer;
  }
  // Crop rectangles exactly as the SPS has them, not rounded for SIMD.
  context_->flags |= AV_CODEC_FLAG_UNALIGNED;
  const int error = avcodec_open2(context_.get(), codec, nullptr);
  if (error < 0) {
    return absl::InternalError(
        absl::StrCat("H.264 decoder does not open: ", AvMessage(error)));
  }
  return absl::OkStatus();
}

// A stream joined at a recovery point goes on naming pictures from before
// it (to drop them, clause 8.2.5.4), which a strict libavcodec refuses.
// There, damage still shows as a flag on the picture. Frame threads do not
// take the setting over once they run, hence a new context.
absl::Status VideoDecoder::State::Begin(std::span<const uint8_t> unit) {
  empty_ = false;
  bool strict = true;
  if (const auto split = SplitAccessUnit(unit, kAnnexB, {}); split.ok()) {
    strict = std::any_of(split->pieces.begin(), split->pieces.end(),
                         [unit](const NalPiece& piece) {
                           return NalTypeOf(unit.subspan(piece.offset)) ==
                                  kNalIdrSlice;
                         });
  }
  return strict == strict_ ? absl::OkStatus() : Open(strict);
}

absl::Status VideoDecoder::State::Send(std::span<const uint8_t> unit,
                                       int64_t pts, std::vector<Frame>* out) {
  last_pts_ = pts;
  // libavcodec reads past the end in words; av_new_packet adds the padding.
  if (unit.empty() || unit.size() > (1U << 30)) {
    return absl::DataLossError(absl::StrCat("H.264 access unit at pts ", pts,
                                            " has ", unit.size(), " bytes"));
  }
  if (empty_) {
    if (absl::Status begun = Begin(unit); !begun.ok()) return begun;
  }
  if (av_new_packet(packet_.get(), static_cast<int>(unit.size())) < 0) {
    return absl::ResourceExhaustedError("no memory for an access unit");
  }
  std::copy(unit.begin(), unit.end(), packet_->data);
  packet_->pts = pts;
  packet_->dts = AV_NOPTS_VALUE;
  if (decoded_ != nullptr) av_frame_unref(decoded_.get());
  const int error = avcodec_send_packet(context_.get(), packet_.get());
  av_packet_unref(packet_.get());
  const absl::Status received = ReceiveAll(out);
  if (error < 0) return ToStatus(error, pts);
  if (!received.ok() || decoded_ == nullptr) return received;
  return TakeDecoded(out);
}

absl::Status VideoDecoder::State::TakeDecoded(std::vector<Frame>* out) {
  std::shared_ptr<AVFrame> picture(av_frame_alloc(), FreeFrame);
  if (picture == nullptr) {
    return absl::ResourceExhaustedError("no memory for a picture");
  }
  av_frame_move_ref(picture.get(), decoded_.get());
  if (picture->buf[0] == nullptr) {
    return absl::DataLossError(absl::StrCat("H.264 access unit at pts ",
                                            last_pts_, " brings no picture"));
  }
  const int error =
      av_frame_apply_cropping(picture.get(), AV_FRAME_CROP_UNALIGNED);
  if (error < 0) return ToStatus(error, last_pts_);
  picture->pts = last_pts_;
  auto frame = ToFrame(std::move(picture));
  if (!frame.ok()) return frame.status();
  out->push_back(*std::move(frame));
  return absl::OkStatus();
}

absl::Status VideoDecoder::State::Drain(std::vector<Frame>* out) {
  const int error = avcodec_send_packet(context_.get(), nullptr);
  absl::Status status = absl::OkStatus();
  if (error < 0 && error != AVERROR_EOF) status = ToStatus(error, last_pts_);
  const absl::Status received = ReceiveAll(out);
  avcodec_flush_buffers(context_.get());
  empty_ = true;
  return status.ok() ? received : status;
}

absl::Status VideoDecoder::State::ReceiveAll(std::vector<Frame>* out) {
  // A damaged picture is reported once and the sound ones behind it still
  // come out, so that a caller can go on.
  absl::Status first = absl::OkStatus();
  bool more = true;
  while (more) first.Update(Receive(out, &more));
  return first;
}

absl::Status VideoDecoder::State::Receive(std::vector<Frame>* out, bool* more) {
  std::shared_ptr<AVFrame> picture(av_frame_alloc(), FreeFrame);
  if (picture == nullptr) {
    *more = false;
    return absl::ResourceExhaustedError("no memory for a picture");
  }
  const int error = avcodec_receive_frame(context_.get(), picture.get());
  *more = error != AVERROR(EAGAIN) && error != AVERROR_EOF &&
          error != AVERROR(ENOMEM);
  if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) {
    return absl::OkStatus();
  }
  if (error < 0) return ToStatus(error, last_pts_);
  if (absl::Status s = CheckWhole(*picture); !s.ok()) return s;
  if (decoded_ == nullptr) {
    auto frame = ToFrame(picture);
    if (!frame.ok()) return frame.status();
    out->push_back(*std::move(frame));
  }
  if (options_.read_qp) qps_.push_back(QpsOf(*picture));
  if (options_.export_motion) motion_.push_back(MotionOf(*picture));
  return absl::OkStatus();
}

absl::StatusOr<Frame> VideoDecoder::State::ToFrame(
    std::shared_ptr<AVFrame> picture) {
  Frame frame;
  if (IsPlanar420(picture->format)) {
    frame = Share(picture);
  } else {
    auto converted = converter_.Convert(*picture);
    if (!converted.ok()) return converted.status();
    frame = *std::move(converted);
  }
  frame.pts = picture->pts;
  if (absl::Status status = Crop(&frame); !status.ok()) return status;
  return frame;
}

absl::Status VideoDecoder::State::Crop(Frame* frame) const {
  const int width = options_.width > 0 ? options_.width : frame->width;
  const int height = options_.height > 0 ? options_.height : frame->height;
  if (width > frame->width || height > frame->height) {
    return absl::DataLossError(absl::StrCat(
        "H.264 picture at pts ", frame->pts, " is ", frame->width, "x",
        frame->height, ", expected at least ", width, "x", height));
  }
  frame->width = width;
  frame->height = height;
  return absl::OkStatus();
}

VideoDecoder::VideoDecoder(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
VideoDecoder::~VideoDecoder() = default;

absl::StatusOr<std::unique_ptr<VideoDecoder>> VideoDecoder::Create(
    const VideoDecoderOptions& options) {
  const int most_threads = options.decoding_order ? 1 : kMaxThreads;
  if (options.width < 0 || options.height < 0 || options.threads < 1 ||
      options.threads > most_threads) {
    return absl::InvalidArgumentError(absl::StrCat(
        "video decoder: ", options.width, "x", options.height, " with ",
        options.threads, " threads; sides must be >= 0, threads 1 to ",
        most_threads));
  }
  auto state = std::make_unique<State>(options);
  if (absl::Status status = state->Open(/*strict=*/true); !status.ok())
    return status;
  return std::unique_ptr<VideoDecoder>(new VideoDecoder(std::move(state)));
}

absl::Status VideoDecoder::Decode(std::span<const uint8_t> access_unit,
                                  int64_t pts, std::vector<Frame>* out) {
  return state_->Send(access_unit, pts, out);
}

absl::Status VideoDecoder::Flush(std::vector<Frame>* out) {
  return state_->Drain(out);
}

std::vector<MacroblockQps> VideoDecoder::TakeQps() { return state_->TakeQps(); }

std::vector<CodedMotion> VideoDecoder::TakeMotion() {
  return state_->TakeMotion();
}

}  // namespace fovea
