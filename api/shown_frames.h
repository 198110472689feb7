// SPDX-License-Identifier: GPL-2.0-or-later
//
// The frames of a camera that are shown in a stretch of time: which ones,
// from frame tables alone, and their pixels, decoding no GOP beyond the last
// frame wanted of it.

#ifndef FOVEA_API_SHOWN_FRAMES_H_
#define FOVEA_API_SHOWN_FRAMES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/gop_reader.h"
#include "api/stream_description.h"
#include "codec/sample.h"
#include "index/frame_index.h"
#include "store/store_reader.h"

namespace fovea {

// When a frame is shown: [time_ns, end_ns).
struct FrameTime {
  uint64_t index = 0;
  int64_t time_ns = 0;
  int64_t end_ns = 0;
};

// Of a GOP, by index: each frame from its time to that of the next, the last
// one to the GOP's end.
std::vector<FrameTime> ShownTimes(const GopRef& gop, const FrameTable& table);

// Frames from first to last rank, in presentation order, of one GOP.
struct ShownRanks {
  uint32_t first = 0;
  uint32_t last = 0;
};

// Those shown at some instant of [from_ns, to_ns). None: no value.
std::optional<ShownRanks> RanksShown(const GopRef& gop, const FrameTable& table,
                                     int64_t from_ns, int64_t to_ns);

// Reads one camera. Not thread-safe.
class ShownFrames {
 public:
  // All outlive this object.
  ShownFrames(StoreReader* store, StreamId stream,
              const StreamDescription* description, TimeOrder order)
      : stream_(stream),
        description_(description),
        order_(order),
        index_(store),
        reader_(store, description) {}

  // First and last index of frames shown in [from_ns, to_ns). kNotFound:
  // there is none. Reads two frame tables where times rise.
  struct Indexes {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  absl::StatusOr<Indexes> Find(int64_t from_ns, int64_t to_ns) const;

  // Visits them in index order until `visit` returns false. Of still streams
  // `still` is the file, and `frame` empty.
  using Visitor = std::function<bool(uint64_t index, const Frame& frame,
                                     const StillImage& still)>;
  absl::Status Read(int64_t from_ns, int64_t to_ns, const Visitor& visit);

  // Pictures decoded by Read() so far: those visited and the look-back of
  // their GOPs.
  int64_t frames_decoded() const { return reader_.frames_decoded(); }

 private:
  absl::StatusOr<std::optional<ShownRanks>> Shown(const GopRef& gop,
                                                  int64_t from_ns,
                                                  int64_t to_ns) const;

  const StreamId stream_;
  const StreamDescription* const description_;
  const TimeOrder order_;
  const FrameIndex index_;
  GopReader reader_;
};

}  // namespace fovea

#endif  // FOVEA_API_SHOWN_FRAMES_H_
