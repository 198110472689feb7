// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/packet_rounds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "api/run_plan.h"

namespace fovea {
namespace {

constexpr size_t kGopsAtOnce = 64;  // of which rows are held

bool IsAfter(int64_t time_ns, int64_t start_ns, int64_t length_ns) {
  return static_cast<__int128>(time_ns) - start_ns >= length_ns;
}

}  // namespace

PacketCursor::PacketCursor(StoreReader* store, StreamId stream,
                           std::vector<FrameSpan> frames)
    : store_(store), stream_(stream), frames_(std::move(frames)) {}

absl::StatusOr<const StoredPacket*> PacketCursor::Peek() {
  while (next_.gop == nullptr) {
    if (page_.empty()) {
      if (absl::Status s = FillPage(); !s.ok()) return s;
      if (page_.empty()) return nullptr;
    }
    if (absl::Status s = OpenNext(); !s.ok()) return s;
  }
  return &next_;
}

void PacketCursor::Pop() {
  if (++next_.number == times_.size()) {
    next_.gop.reset();
    return;
  }
  next_.time_ns = times_[next_.number];
}

absl::Status PacketCursor::FillPage() {
  while (page_.empty() && span_ < frames_.size()) {
    FrameSpan rest = frames_[span_];
    rest.first_index = std::max(rest.first_index, done_);
    const auto gops = GopsOf(store_, stream_, rest, kGopsAtOnce);
    if (!gops.ok()) return gops.status();
    page_.assign(gops->begin(), gops->end());
    if (page_.empty()) {
      ++span_;
    } else {
      done_ = page_.back().first_index + page_.back().row.frames;
    }
  }
  return absl::OkStatus();
}

absl::Status PacketCursor::OpenNext() {
  const GopRef gop = std::move(page_.front());
  page_.pop_front();
  const absl::Status opened = Open(gop);
  if (opened.ok()) return opened;
  if (!absl::IsDataLoss(opened) && !absl::IsNotFound(opened)) return opened;
  const auto there = FrameIndex(store_).AtIndex(stream_, gop.first_index);
  if (!absl::IsNotFound(there.status())) {
    unread_.emplace_back(gop.first_index, opened);
  }
  return absl::OkStatus();
}

absl::Status PacketCursor::Open(const GopRef& ref) {
  auto table = FrameIndex(store_).Table(ref);
  if (!table.ok()) return table.status();
  const size_t pictures = table->frames.size();
  if (pictures == 0 || pictures != ref.row.frames) {
    return absl::DataLossError(
        absl::StrCat("GOP at index ", ref.first_index, ": frame table has ",
                     pictures, " entries, its row says ", ref.row.frames));
  }
  auto gop = std::make_shared<TimedGop>();
  gop->ref = ref;
  gop->shown = ShownTimes(ref, *table);
  gop->ranks.resize(pictures);
  const std::vector<uint32_t> order = PresentationOrder(*table);
  for (uint32_t rank = 0; rank < order.size(); ++rank) {
    gop->ranks[order[rank]] = rank;
  }
  gop->table = *std::move(table);
  times_.clear();
  for (const FrameTime& frame : gop->shown) {
    least_ns_ = std::max(least_ns_, frame.time_ns);
    times_.push_back(least_ns_);
  }
  next_ = {std::move(gop), 0, times_.front()};
  return absl::OkStatus();
}

PacketRounds::PacketRounds(std::vector<PacketCursor*> cameras,
                           int64_t longest_ns)
    : cameras_(std::move(cameras)), longest_ns_(longest_ns) {}

absl::StatusOr<PacketRound> PacketRounds::Next() {
  PacketRound round;
  std::vector<bool> there(cameras_.size());
  while (true) {
    std::optional<size_t> first;
    int64_t first_ns = 0;
    for (size_t i = 0; i < cameras_.size(); ++i) {
      const auto packet = cameras_[i]->Peek();
      if (!packet.ok()) return packet.status();
      if (*packet == nullptr) continue;
      if (first && (*packet)->time_ns >= first_ns) continue;
      first = i;
      first_ns = (*packet)->time_ns;
    }
    if (!first || there[*first]) break;
    if (!round.packets.empty() &&
        IsAfter(first_ns, round.packets.front().packet.time_ns, longest_ns_)) {
      break;
    }
    there[*first] = true;
    round.packets.push_back({*first, **cameras_[*first]->Peek()});
    cameras_[*first]->Pop();
    last_ns_ = std::max(last_ns_, first_ns);
  }
  round.time_ns = last_ns_;
  return round;
}

}  // namespace fovea
