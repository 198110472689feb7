// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stream readers that keep packets as they are: H.264 access units for
// --copy, and opaque tracks.

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_stream_reader.h"

namespace fovea::av {
namespace {

std::vector<uint8_t> BytesOf(const AVPacket& packet) {
  if (packet.size <= 0) return {};
  return {packet.data, packet.data + packet.size};
}

// Whether the packet may be kept; pushes the reason when not.
bool Admit(const AVPacket& packet, const StreamReaderOptions& options,
           ItemQueue* out) {
  if (packet.size <= options.limits.max_packet_bytes) return true;
  out->push_back(
      {options.track,
       Rejected{1, absl::StrCat("packet of ", packet.size, " bytes at byte ",
                                packet.pos, " is beyond the limit of ",
                                options.limits.max_packet_bytes)}});
  return false;
}

class OpaqueReader final : public StreamReader {
 public:
  explicit OpaqueReader(const StreamReaderOptions& options)
      : options_(options) {}

  void StartAt(int64_t shift_ns, int64_t /*start_ns*/) override {
    options_.clock.shift = options_.clock.Ticks(shift_ns);
  }

  void Read(const AVPacket& packet, ItemQueue* out) override {
    if (!Admit(packet, options_, out)) return;
    OpaquePacket item;
    item.data = BytesOf(packet);
    int64_t pts = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (pts == AV_NOPTS_VALUE) pts = next_pts_;
    const int64_t duration = std::max<int64_t>(packet.duration, 0);
    next_pts_ = pts > std::numeric_limits<int64_t>::max() - duration
                    ? pts
                    : pts + duration;
    item.pts = options_.clock.Pts(pts);
    item.time_ns = options_.clock.Time(item.pts);
    item.duration_ns = options_.clock.Duration(duration);
    out->push_back({options_.track, std::move(item)});
  }

 private:
  StreamReaderOptions options_;
  int64_t next_pts_ = 0;
};

}  // namespace

int64_t StreamClock::Pts(int64_t raw) const {
  int64_t sum = 0;
  if (!__builtin_add_overflow(raw, shift, &sum)) return sum;
  return raw > 0 ? std::numeric_limits<int64_t>::max()
                 : std::numeric_limits<int64_t>::min();
}

int64_t StreamClock::Time(int64_t pts) const {
  const int64_t time = ToNanoseconds(pts, base);
  int64_t difference = 0;
  if (!__builtin_sub_overflow(time, origin_ns, &difference)) return difference;
  return time > 0 ? std::numeric_limits<int64_t>::max()
                  : std::numeric_limits<int64_t>::min();
}

int64_t StreamClock::Duration(int64_t ticks) const {
  return ticks > 0 ? ToNanoseconds(ticks, base) : 0;
}

int64_t StreamClock::Ticks(int64_t ns) const {
  return av_rescale_q(ns, {1, 1'000'000'000}, {base.num, base.den});
}

std::unique_ptr<StreamReader> MakeOpaqueReader(
    const AVStream& /*stream*/, const StreamReaderOptions& options) {
  return std::make_unique<OpaqueReader>(options);
}

}  // namespace fovea::av
