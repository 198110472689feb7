// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds frames: from an index or a time to the GOP that holds it, with one
// ordered seek. Rows were written in the same commit as the bytes.

#ifndef FOVEA_INDEX_FRAME_INDEX_H_
#define FOVEA_INDEX_FRAME_INDEX_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/frame_table.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// A GOP row with its place.
struct GopRef {
  StreamId stream = 0;
  ViewId view = 0;
  uint64_t first_index = 0;
  GopRow row;
};

// A frame's place: its GOP and its rank in presentation order inside it.
struct FrameRef {
  GopRef gop;
  uint32_t rank = 0;
};

// Whether the times of a stream rise with its indexes. kRising: none is
// before the one before it, and of frames none is the same.
enum class TimeOrder : uint8_t { kUnknown, kRising };

// Of a camera with these counts.
inline TimeOrder OrderOfFrames(const StreamCounts& counts) {
  const bool rising = counts.times_backward == 0 && counts.times_repeated == 0;
  return rising ? TimeOrder::kRising : TimeOrder::kUnknown;
}

// Which entry of the table (decoding order) is shown first, second, ...:
// by pts, and by decoding order where pts repeat.
std::vector<uint32_t> PresentationOrder(const FrameTable& table);

// Reads one store. Thread-safe. Every call fails with kDataLoss, naming
// stream and GOP, where a row is damaged or missing its counterpart.
class FrameIndex {
 public:
  explicit FrameIndex(StoreReader* store) : store_(store) {}

  // kNotFound when the stream has no such frame.
  absl::StatusOr<FrameRef> AtIndex(StreamId stream, uint64_t index) const;

  // The frame shown at `time_ns`: the last one that starts at or before
  // it. kNotFound before the first frame. Times may repeat or run backward
  // in a stream, so precisely: of the GOPs with start_ns <= time_ns the one
  // that starts latest (of equal starts, the one of greatest index), and in
  // it the last frame in presentation order with time_ns at or before the
  // one asked for, or else its first.
  absl::StatusOr<FrameRef> AtTime(StreamId stream, int64_t time_ns) const;

  // GOPs that touch [from_ns, to_ns), in index order. Reads all GOP rows
  // of the stream, since where times run backward any of them may; those in
  // between alone where the caller knows that they never do.
  absl::StatusOr<std::vector<GopRef>> Gops(
      StreamId stream, int64_t from_ns, int64_t to_ns,
      TimeOrder order = TimeOrder::kUnknown) const;

  // Calls `visit` for each GOP of view 0 in index order, from the last one
  // that begins at or before `index`, until false.
  absl::Status ForEachGop(StreamId stream,
                          const std::function<bool(const GopRef&)>& visit,
                          uint64_t index = 0) const;

  absl::StatusOr<FrameTable> Table(const GopRef& gop) const;

  // One past the last index; 0 for a stream without frames.
  absl::StatusOr<uint64_t> EndIndex(StreamId stream) const;

 private:
  StoreReader* store_;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_FRAME_INDEX_H_
