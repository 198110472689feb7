// SPDX-License-Identifier: GPL-2.0-or-later
//
// The packets of stored cameras as they came in, read from GOP rows and frame
// tables alone: of each camera in decoding order, of all of them together by
// time, a round of at most one of each after the other.

#ifndef FOVEA_API_PACKET_ROUNDS_H_
#define FOVEA_API_PACKET_ROUNDS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/look_spans.h"
#include "api/shown_frames.h"
#include "index/frame_index.h"
#include "store/frame_table.h"
#include "store/store_reader.h"

namespace fovea {

// A GOP and when its pictures are shown.
struct TimedGop {
  GopRef ref;
  FrameTable table;
  std::vector<uint32_t> ranks;   // of each picture, in decoding order
  std::vector<FrameTime> shown;  // by rank
};

struct StoredPacket {
  std::shared_ptr<const TimedGop> gop;
  uint32_t number = 0;  // of the picture in its GOP, in decoding order
  // When it came: the n-th packet of a GOP at the time of the n-th picture
  // shown, which is that of the source's clock but for a constant delay.
  // Never before the packet before it: what ran backward waits.
  int64_t time_ns = 0;

  const FrameEntry& entry() const { return gop->table.frames[number]; }
  uint32_t rank() const { return gop->ranks[number]; }
};

// Of one camera. Not thread-safe.
class PacketCursor {
 public:
  // Packets of the GOPs that touch any of `frames`, by index. `store` outlives
  // this.
  PacketCursor(StoreReader* store, StreamId stream,
               std::vector<FrameSpan> frames);

  // The next one, until Pop(); null at the end. GOPs that went meanwhile are
  // passed over, and those with tables that cannot be read. Errors of the
  // store.
  absl::StatusOr<const StoredPacket*> Peek();
  void Pop();

  // GOPs passed over since the last call because they cannot be read.
  using Unread = std::pair<uint64_t, absl::Status>;  // first index
  std::vector<Unread> TakeUnread() { return std::exchange(unread_, {}); }

 private:
  absl::Status FillPage();
  absl::Status OpenNext();
  absl::Status Open(const GopRef& gop);

  StoreReader* const store_;
  const StreamId stream_;
  std::vector<FrameSpan> frames_;
  size_t span_ = 0;    // of frames_, that comes next
  uint64_t done_ = 0;  // index up to which GOPs have been read
  std::deque<GopRef> page_;
  StoredPacket next_;
  std::vector<int64_t> times_;  // of its GOP's packets
  int64_t least_ns_ = INT64_MIN;
  std::vector<Unread> unread_;
};

struct RoundPacket {
  size_t camera = 0;
  StoredPacket packet;
};

struct PacketRound {
  int64_t time_ns = 0;  // of its latest packet; never before the last round's
  std::vector<RoundPacket> packets;
};

// Of several cameras. Not thread-safe.
class PacketRounds {
 public:
  // Cursors outlive this. A round ends where a camera brings its next packet,
  // or after `longest_ns`: best the time between two frames of the fastest.
  PacketRounds(std::vector<PacketCursor*> cameras, int64_t longest_ns);

  // Without packets: there are no more.
  absl::StatusOr<PacketRound> Next();

 private:
  const std::vector<PacketCursor*> cameras_;
  const int64_t longest_ns_;
  int64_t last_ns_ = INT64_MIN;
};

}  // namespace fovea

#endif  // FOVEA_API_PACKET_ROUNDS_H_
