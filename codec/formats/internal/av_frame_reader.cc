// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decoding stream reader. Every picture the decoder gives is delivered
// once, in presentation order; every packet it refuses is a Rejected item.

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_frame.h"
#include "codec/formats/internal/av_stream_reader.h"

namespace fovea::av {
namespace {

// Without any time in the source and any rate in the stream.
constexpr AVRational kAssumedRate = {25, 1};

bool IsUsable(AVRational rate) {
  return rate.num > 0 && rate.den > 0 && rate.num / rate.den < 100'000;
}

AVRational RateOf(const AVStream& stream) {
  if (IsUsable(stream.avg_frame_rate)) return stream.avg_frame_rate;
  if (IsUsable(stream.r_frame_rate)) return stream.r_frame_rate;
  return kAssumedRate;
}

class FrameReader final : public StreamReader {
 public:
  FrameReader(const AVStream& stream, const StreamReaderOptions& options)
      : options_(options),
        rate_(RateOf(stream)),
        width_(options.width),
        height_(options.height) {}

  absl::Status Open(const AVStream& stream);
  void StartAt(int64_t shift_ns, int64_t start_ns) override {
    options_.clock.shift = options_.clock.Ticks(shift_ns);
    start_ns_ = start_ns;
  }
  void Read(const AVPacket& packet, ItemQueue* out) override;
  void Flush(ItemQueue* out) override;
  void Refine(Track* track, std::vector<std::string>* notes) const override;
  std::string size_change() const override { return size_change_; }

 private:
  void Drain(ItemQueue* out);
  void Deliver(FramePtr picture, ItemQueue* out);
  bool SizeFits(const AVFrame& picture, ItemQueue* out);
  void LearnFrom(const AVFrame& picture);
  void Stamp(int64_t pts, int64_t duration, Frame* frame);
  void Reject(const std::string& reason, ItemQueue* out);

  StreamReaderOptions options_;
  AVRational rate_;
  CodecPtr codec_;
  FrameConverter converter_;
  int width_;
  int height_;
  bool seen_picture_ = false;
  bool derived_times_ = false;  // the source has none
  int64_t next_pts_ = 0;        // for pictures without a time
  int64_t start_ns_ = 0;
  CameraInfo camera_;  // as the first picture tells it
  std::string pixel_note_;
  std::string size_change_;
};

absl::Status FrameReader::Open(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (decoder == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("no decoder for ", avcodec_get_name(parameters.codec_id)));
  }
  codec_.reset(avcodec_alloc_context3(decoder));
  if (codec_ == nullptr) return absl::ResourceExhaustedError("no memory");
  int result = avcodec_parameters_to_context(codec_.get(), &parameters);
  codec_->pkt_timebase = stream.time_base;
  codec_->thread_count = std::max(options_.threads, 1);
  codec_->max_pixels = options_.limits.max_pixels;
  if (result >= 0) result = avcodec_open2(codec_.get(), decoder, nullptr);
  if (result < 0) return ErrorStatus(result, decoder->name);
  return absl::OkStatus();
}

void FrameReader::Read(const AVPacket& packet, ItemQueue* out) {
  const int result = avcodec_send_packet(codec_.get(), &packet);
  if (result < 0) {
    Reject(absl::StrCat("packet of ", packet.size, " bytes at byte ",
                        packet.pos, ": ", ErrorText(result)),
           out);
  }
  Drain(out);
}

void FrameReader::Flush(ItemQueue* out) {
  avcodec_send_packet(codec_.get(), nullptr);
  Drain(out);
}

void FrameReader::Drain(ItemQueue* out) {
  while (true) {
    FramePtr picture(av_frame_alloc());
    if (picture == nullptr) return;
    const int result = avcodec_receive_frame(codec_.get(), picture.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    if (result < 0) {
      Reject(absl::StrCat("decoder: ", ErrorText(result)), out);
      // A threaded decoder reports an old packet's error here and has more
      // to give; any other has nothing.
      if ((codec_->active_thread_type & FF_THREAD_FRAME) == 0) return;
      continue;
    }
    Deliver(std::move(picture), out);
  }
}

void FrameReader::Deliver(FramePtr picture, ItemQueue* out) {
  if (!SizeFits(*picture, out)) return;
  if (!seen_picture_) LearnFrom(*picture);
  const int64_t pts = picture->pts != AV_NOPTS_VALUE
                          ? picture->pts
                          : picture->best_effort_timestamp;
  const int64_t duration = picture->pkt_duration;
  auto frame = converter_.Convert(std::move(picture));
  if (!frame.ok()) {
    Reject(std::string(frame.status().message()), out);
    return;
  }
  Stamp(pts, duration, &*frame);
  out->push_back({options_.track, *std::move(frame)});
}

bool FrameReader::SizeFits(const AVFrame& picture, ItemQueue* out) {
  if (width_ == 0) {
    width_ = picture.width;
    height_ = picture.height;
  }
  if (picture.width > options_.limits.max_side ||
      picture.height > options_.limits.max_side) {
    Reject(absl::StrCat("picture of ", picture.width, "x", picture.height,
                        " is beyond the limit of ", options_.limits.max_side),
           out);
    return false;
  }
  if (picture.width == width_ && picture.height == height_) return true;
  size_change_ =
      absl::StrCat("picture size changed from ", width_, "x", height_, " to ",
                   picture.width, "x", picture.height);
  Reject(size_change_, out);
  return false;
}

void FrameReader::LearnFrom(const AVFrame& picture) {
  seen_picture_ = true;
  const auto format = static_cast<AVPixelFormat>(picture.format);
  camera_.width = picture.width;
  camera_.height = picture.height;
  camera_.color =
      DescribeColor(format, picture.color_range, picture.color_primaries,
                    picture.color_trc, picture.colorspace);
  camera_.bit_depth = DescribePixels(format).bit_depth;
  camera_.interlaced = picture.interlaced_frame != 0;
  pixel_note_ = DescribePixels(format).note;
  if (picture.pts == AV_NOPTS_VALUE &&
      picture.best_effort_timestamp == AV_NOPTS_VALUE) {
    derived_times_ = true;
    options_.clock = {};  // zero is the first picture
    options_.clock.base = {rate_.den, rate_.num};
    next_pts_ = options_.clock.Ticks(start_ns_);
  }
}

void FrameReader::Stamp(int64_t pts, int64_t duration, Frame* frame) {
  const StreamClock& clock = options_.clock;
  if (derived_times_) {
    pts = next_pts_;
    duration = 1;
  } else if (pts == AV_NOPTS_VALUE) {
    pts = next_pts_;
  }
  if (duration <= 0) {
    duration =
        av_rescale_q(1, av_inv_q(rate_), {clock.base.num, clock.base.den});
  }
  frame->pts = clock.Pts(pts);
  frame->time_ns = clock.Time(frame->pts);
  frame->duration_ns = clock.Duration(duration);
  const int64_t room = std::numeric_limits<int64_t>::max() - duration;
  next_pts_ = std::min(pts, room) + duration;
}

void FrameReader::Reject(const std::string& reason, ItemQueue* out) {
  out->push_back({options_.track, Rejected{1, reason}});
}

void FrameReader::Refine(Track* track, std::vector<std::string>* notes) const {
  if (!seen_picture_) return;
  const std::string name = track->suffix.empty() ? "video" : track->suffix;
  track->camera.width = camera_.width;
  track->camera.height = camera_.height;
  track->camera.color = camera_.color;
  track->camera.bit_depth = camera_.bit_depth;
  track->camera.interlaced |= camera_.interlaced;
  if (!pixel_note_.empty())
    notes->push_back(absl::StrCat(name, ": ", pixel_note_));
  if (track->camera.interlaced) {
    notes->push_back(absl::StrCat(
        name, ": interlaced; fields are kept woven, as they came"));
  }
  if (derived_times_) {
    track->camera.time_base = options_.clock.base;
    track->camera.frame_rate = {rate_.num, rate_.den};
    notes->push_back(absl::StrCat(name, ": no timestamps in the source; ",
                                  rate_.num, "/", rate_.den,
                                  " frames per second assumed"));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<StreamReader>> MakeFrameReader(
    const AVStream& stream, const StreamReaderOptions& options) {
  auto reader = std::make_unique<FrameReader>(stream, options);
  if (auto opened = reader->Open(stream); !opened.ok()) return opened;
  return reader;
}

}  // namespace fovea::av
