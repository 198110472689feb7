// SPDX-License-Identifier: GPL-2.0-or-later
//
// H.264 access units kept as they are. Units without a presentation time
// (bare Annex B, AVI) get one from their picture order count: the units
// from one IDR picture to the next are held, ranked, and given the ticks of
// their span in that order.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_stream_reader.h"

namespace fovea::av {
namespace {

// A span held for ranking ends here even without an IDR picture.
constexpr size_t kMaxHeldUnits = 1024;
constexpr size_t kMaxHeldBytes = 64U << 20;

constexpr int kIdrSlice = 5;

struct ParserDeleter {
  void operator()(AVCodecParserContext* parser) const {
    av_parser_close(parser);
  }
};

// Whether an Annex B unit holds an IDR slice.
bool HasIdr(const std::vector<uint8_t>& data) {
  for (size_t i = 0; i + 3 < data.size(); ++i) {
    if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 &&
        (data[i + 3] & 31) == kIdrSlice) {
      return true;
    }
  }
  return false;
}

class UnitReader final : public StreamReader {
 public:
  UnitReader(const AVStream& stream, const StreamReaderOptions& options)
      : options_(options), delay_(stream.codecpar->video_delay) {
    const AVRational rate = stream.avg_frame_rate;
    const AVRational guess = stream.r_frame_rate;
    if (rate.num > 0 && rate.den > 0) {
      rate_ = rate;
    } else if (guess.num > 0 && guess.den > 0) {
      rate_ = guess;
    }
    parser_.reset(av_parser_init(AV_CODEC_ID_H264));
    codec_.reset(avcodec_alloc_context3(nullptr));
    if (parser_ != nullptr) parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
    if (codec_ != nullptr) {
      avcodec_parameters_to_context(codec_.get(), stream.codecpar);
    }
  }

  void StartAt(int64_t shift_ns, int64_t start_ns) override {
    options_.clock.shift = options_.clock.Ticks(shift_ns);
    start_ns_ = start_ns;
  }
  void Read(const AVPacket& packet, ItemQueue* out) override;
  void Flush(ItemQueue* out) override { ReleaseHeld(out); }
  void Refine(Track* track, std::vector<std::string>* notes) const override;

 private:
  struct Held {
    AccessUnit unit;
    int64_t tick;  // decoding order
    int order;     // picture order count
  };

  bool Admit(const AVPacket& packet, ItemQueue* out) const;
  void Hold(const AVPacket& packet, AccessUnit unit, ItemQueue* out);
  void ReleaseHeld(ItemQueue* out);
  int OrderOf(const AVPacket& packet);
  void Deliver(AccessUnit unit, ItemQueue* out);

  StreamReaderOptions options_;
  int64_t delay_;
  AVRational rate_ = {25, 1};
  std::unique_ptr<AVCodecParserContext, ParserDeleter> parser_;
  CodecPtr codec_;
  bool seen_unit_ = false;
  bool derived_times_ = false;
  int64_t next_tick_ = 0;
  int64_t start_ns_ = 0;
  std::vector<Held> held_;
  size_t held_bytes_ = 0;
};

bool UnitReader::Admit(const AVPacket& packet, ItemQueue* out) const {
  std::string reason;
  if (packet.size > options_.limits.max_packet_bytes) {
    reason = absl::StrCat("is beyond the limit of ",
                          options_.limits.max_packet_bytes);
  } else if ((packet.flags & AV_PKT_FLAG_CORRUPT) != 0) {
    reason = "is cut short";
  } else if (packet.size <= 0) {
    reason = "is empty";
  }
  if (reason.empty()) return true;
  out->push_back(
      {options_.track,
       Rejected{1, absl::StrCat("access unit of ", packet.size,
                                " bytes at byte ", packet.pos, " ", reason)}});
  return false;
}

void UnitReader::Read(const AVPacket& packet, ItemQueue* out) {
  if (!Admit(packet, out)) return;
  AccessUnit unit;
  unit.data.assign(packet.data, packet.data + packet.size);
  unit.keyframe = (packet.flags & AV_PKT_FLAG_KEY) != 0;
  const bool has_pts = packet.pts != AV_NOPTS_VALUE;
  const bool has_dts = packet.dts != AV_NOPTS_VALUE;
  if (!seen_unit_ && !has_pts && !has_dts) {
    derived_times_ = true;
    options_.clock = {};  // zero is the first picture
    options_.clock.base = {rate_.den, rate_.num};
    next_tick_ = options_.clock.Ticks(start_ns_);
  }
  seen_unit_ = true;
  unit.duration_ns =
      options_.clock.Duration(derived_times_ ? 1 : packet.duration);
  if (!has_pts || derived_times_) {
    Hold(packet, std::move(unit), out);
    return;
  }
  ReleaseHeld(out);
  unit.pts = options_.clock.Pts(packet.pts);
  unit.dts = options_.clock.Pts(has_dts ? packet.dts : packet.pts);
  Deliver(std::move(unit), out);
}

void UnitReader::Hold(const AVPacket& packet, AccessUnit unit, ItemQueue* out) {
  if (HasIdr(unit.data) || held_.size() >= kMaxHeldUnits ||
      held_bytes_ >= kMaxHeldBytes) {
    ReleaseHeld(out);
  }
  int64_t tick = next_tick_;
  if (!derived_times_ && packet.dts != AV_NOPTS_VALUE) tick = packet.dts;
  next_tick_ = tick + 1;
  held_bytes_ += unit.data.size();
  held_.push_back({std::move(unit), tick, OrderOf(packet)});
}

int UnitReader::OrderOf(const AVPacket& packet) {
  if (parser_ == nullptr || codec_ == nullptr) return 0;
  uint8_t* whole = nullptr;
  int size = 0;
  av_parser_parse2(parser_.get(), codec_.get(), &whole, &size, packet.data,
                   packet.size, packet.pts, packet.dts, packet.pos);
  return parser_->output_picture_number;
}

void UnitReader::ReleaseHeld(ItemQueue* out) {
  std::vector<size_t> shown(held_.size());
  for (size_t i = 0; i < shown.size(); ++i) shown[i] = i;
  std::stable_sort(shown.begin(), shown.end(), [this](size_t a, size_t b) {
    return held_[a].order < held_[b].order;
  });
  for (size_t rank = 0; rank < shown.size(); ++rank) {
    held_[shown[rank]].unit.pts = options_.clock.Pts(held_[rank].tick);
  }
  for (Held& held : held_) {
    held.unit.dts =
        options_.clock.Pts(held.tick - (derived_times_ ? delay_ : 0));
    Deliver(std::move(held.unit), out);
  }
  held_.clear();
  held_bytes_ = 0;
}

void UnitReader::Deliver(AccessUnit unit, ItemQueue* out) {
  unit.time_ns = options_.clock.Time(unit.pts);
  out->push_back({options_.track, std::move(unit)});
}

void UnitReader::Refine(Track* track, std::vector<std::string>* notes) const {
  if (!derived_times_) return;
  track->camera.time_base = options_.clock.base;
  track->camera.frame_rate = {rate_.num, rate_.den};
  notes->push_back(absl::StrCat(track->suffix.empty() ? "video" : track->suffix,
                                ": no timestamps in the source; ", rate_.num,
                                "/", rate_.den, " frames per second assumed"));
}

}  // namespace

std::unique_ptr<StreamReader> MakeUnitReader(
    const AVStream& stream, const StreamReaderOptions& options) {
  return std::make_unique<UnitReader>(stream, options);
}

}  // namespace fovea::av
