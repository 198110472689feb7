// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bounded queue between a feed and its reader. When it is full, the
// oldest packets up to the next key picture go, so that what is left
// decodes; inside one long GOP the newest go until a key picture comes.

#include <algorithm>
#include <utility>

#include "codec/formats/internal/live_feed.h"

namespace fovea::av {

const AVPacket* Backlog::PacketOf(const Entry& entry) {
  const auto* packet = std::get_if<PacketPtr>(&entry.event);
  return packet != nullptr ? packet->get() : nullptr;
}

bool Backlog::IsFull(int64_t incoming, int64_t now_ns) const {
  const auto oldest = std::find_if(
      entries_.begin(), entries_.end(),
      [](const Entry& entry) { return PacketOf(entry) != nullptr; });
  if (oldest == entries_.end()) return false;
  return bytes_ + incoming > max_bytes_ ||
         now_ns - oldest->arrival_ns > max_ns_;
}

// Drops the packets among the first `end` entries; other events stay.
void Backlog::DropUntil(size_t end) {
  std::deque<Entry> kept;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const AVPacket* packet = PacketOf(entries_[i]);
    if (i < end && packet != nullptr) {
      ++dropped_[packet->stream_index];
      bytes_ -= entries_[i].bytes;
    } else {
      kept.push_back(std::move(entries_[i]));
    }
  }
  entries_ = std::move(kept);
}

bool Backlog::DropOldestGop() {
  bool packets_before = false;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].key && packets_before) {
      DropUntil(i);
      return true;
    }
    packets_before |= PacketOf(entries_[i]) != nullptr;
  }
  return false;
}

void Backlog::PushPacket(PacketPtr packet, int main, int64_t arrival_ns) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry entry;
  entry.bytes = packet->size + int64_t{sizeof(AVPacket)};
  entry.arrival_ns = arrival_ns;
  entry.key =
      packet->stream_index == main && (packet->flags & AV_PKT_FLAG_KEY) != 0;
  if (entry.key) skipping_ = false;
  while (!skipping_ && IsFull(entry.bytes, arrival_ns)) {
    if (DropOldestGop()) continue;
    if (entry.key) {
      DropUntil(entries_.size());
      break;
    }
    skipping_ = true;
  }
  if (skipping_) {
    ++dropped_[packet->stream_index];
  } else {
    bytes_ += entry.bytes;
    entry.event = std::move(packet);
    entries_.push_back(std::move(entry));
  }
  arrived_.notify_one();
}

void Backlog::PushEvent(FeedEvent event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry entry;
  entry.event = std::move(event);
  entries_.push_back(std::move(entry));
  arrived_.notify_one();
}

std::optional<FeedEvent> Backlog::Pop() {
  std::unique_lock<std::mutex> lock(mutex_);
  arrived_.wait(lock, [this] {
    return stopped_ || !entries_.empty() || !dropped_.empty();
  });
  if (stopped_) return std::nullopt;
  if (!dropped_.empty()) {
    const auto first = dropped_.begin();
    const Dropped told{first->first, first->second};
    dropped_.erase(first);
    return told;
  }
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  bytes_ -= entry.bytes;
  return std::move(entry.event);
}

void Backlog::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  arrived_.notify_all();
}

}  // namespace fovea::av
