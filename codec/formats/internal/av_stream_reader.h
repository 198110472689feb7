// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packets of one container stream turned into the items of its track:
// decoded frames, H.264 access units as they are, or opaque packets. Used
// alike for files and live feeds.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_STREAM_READER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_STREAM_READER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/internal/av_handles.h"
#include "codec/formats/source.h"

namespace fovea::av {

using ItemQueue = std::deque<SourceItem>;

// Source ticks to stream time. Live feeds that reconnect shift the ticks,
// so that pts goes on rising over the gap.
struct StreamClock {
  Rational base{1, 1'000'000'000};
  int64_t shift = 0;      // ticks added to what the source says
  int64_t origin_ns = 0;  // stream time zero

  int64_t Pts(int64_t raw) const;  // saturates
  int64_t Time(int64_t pts) const;
  int64_t Duration(int64_t ticks) const;  // 0 unless positive
  int64_t Ticks(int64_t ns) const;        // rounded
};

// Not thread-safe. Damage is a Rejected item, never an error.
class StreamReader {
 public:
  virtual ~StreamReader() = default;

  // Before the first packet: adds `shift_ns` to the times of the source.
  // Pictures of a source without times start at `start_ns`.
  virtual void StartAt(int64_t shift_ns, int64_t start_ns) = 0;

  virtual void Read(const AVPacket& packet, ItemQueue* out) = 0;

  // Appends what is still inside; the last call.
  virtual void Flush(ItemQueue* /*out*/) {}

  // What the first picture told better than the container did: size,
  // colour, time base. Adds notes for the user.
  virtual void Refine(Track* /*track*/,
                      std::vector<std::string>* /*notes*/) const {}

  // Not empty after pictures of another size came: names both sizes.
  virtual std::string size_change() const { return ""; }
};

struct StreamReaderOptions {
  int track = 0;
  StreamClock clock;
  int threads = 1;
  FormatLimits limits;
  int width = 0;  // pictures of another size are rejected; 0: as the first
  int height = 0;
};

// Decodes every packet. kInvalidArgument when the decoder does not open.
absl::StatusOr<std::unique_ptr<StreamReader>> MakeFrameReader(
    const AVStream& stream, const StreamReaderOptions& options);

std::unique_ptr<StreamReader> MakeUnitReader(
    const AVStream& stream, const StreamReaderOptions& options);

std::unique_ptr<StreamReader> MakeOpaqueReader(
    const AVStream& stream, const StreamReaderOptions& options);

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_STREAM_READER_H_
