// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/live_source.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_damage.h"
#include "codec/formats/internal/av_stream_reader.h"
#include "codec/formats/internal/live_feed.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

// Packets read at opening to see the first picture.
constexpr int kMaxPrimedEvents = 2000;

struct Span {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
};

std::optional<Span> SpanOf(const SourceItem& item) {
  if (const auto* frame = std::get_if<Frame>(&item.value)) {
    return Span{frame->time_ns, frame->time_ns + frame->duration_ns};
  }
  if (const auto* unit = std::get_if<AccessUnit>(&item.value)) {
    return Span{unit->time_ns, unit->time_ns + unit->duration_ns};
  }
  if (const auto* packet = std::get_if<OpaquePacket>(&item.value)) {
    return Span{packet->time_ns, packet->time_ns + packet->duration_ns};
  }
  return std::nullopt;
}

class LiveSource final : public Source {
 public:
  LiveSource(const std::string& location, const SourceOptions& options)
      : options_(options), feed_(location, options), stop_(options.stop) {}

  absl::Status Open();

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override {
    stop_.Set();
    feed_.Stop();
  }

 private:
  void Prime();
  bool HasPicture() const;
  void Handle(av::FeedEvent event);
  void On(av::Connected event);
  void On(av::PacketPtr packet);
  void On(av::Disconnected event);
  void On(av::Dropped event);
  void On(av::Ended event);
  void CheckSizes();
  void TellDamage();
  void TrackTime(size_t first_new);

  SourceOptions options_;
  SourceInfo info_;
  av::LiveFeed feed_;
  std::vector<std::unique_ptr<av::StreamReader>> readers_;
  std::vector<int> track_of_stream_;
  std::vector<bool> awaiting_key_;
  std::vector<av::DamageCount> damage_;  // per stream of the connection
  av::ItemQueue queue_;
  int64_t last_end_ns_ = 0;
  bool connected_before_ = false;
  std::string gap_reason_;
  bool ended_ = false;
  absl::Status end_status_;
  StopWish stop_;
};

absl::Status LiveSource::Open() {
  auto tracks = feed_.Connect();
  if (!tracks.ok()) return tracks.status();
  info_.name = feed_.name();
  info_.container = absl::StrCat("live ", feed_.container());
  info_.live = true;
  info_.tracks = *std::move(tracks);
  for (Track& track : info_.tracks) track.expected_samples = 0;
  feed_.Start();
  Prime();
  return end_status_;
}

void LiveSource::Prime() {
  for (int i = 0; i < kMaxPrimedEvents && !ended_ && !HasPicture(); ++i) {
    auto event = feed_.Pop();
    if (!event.has_value()) return;
    const bool lost = std::holds_alternative<av::Disconnected>(*event);
    Handle(*std::move(event));
    if (lost) break;  // reconnecting may take for ever
  }
  for (size_t i = 0; i < readers_.size(); ++i) {
    if (readers_[i] == nullptr) continue;
    const auto track = static_cast<size_t>(track_of_stream_[i]);
    readers_[i]->Refine(&info_.tracks[track], &info_.notes);
  }
}

bool LiveSource::HasPicture() const {
  return std::any_of(queue_.begin(), queue_.end(), [](const SourceItem& item) {
    return std::holds_alternative<Frame>(item.value) ||
           std::holds_alternative<AccessUnit>(item.value);
  });
}

absl::StatusOr<std::optional<SourceItem>> LiveSource::Next() {
  while (!stop_.IsSet()) {
    if (queue_.empty()) {
      if (ended_ && !end_status_.ok()) return end_status_;
      if (ended_) return std::nullopt;
      auto event = feed_.Pop();
      if (!event.has_value()) return std::nullopt;
      Handle(*std::move(event));
      continue;
    }
    SourceItem item = std::move(queue_.front());
    queue_.pop_front();
    const std::optional<Span> span = SpanOf(item);
    if (options_.max_duration_ns > 0 && span.has_value() &&
        span->start_ns >= options_.max_duration_ns) {
      Stop();
      return std::nullopt;
    }
    return item;
  }
  return std::nullopt;
}

void LiveSource::Handle(av::FeedEvent event) {
  const size_t before = queue_.size();
  std::visit([this](auto& value) { On(std::move(value)); }, event);
  TrackTime(before);
}

void LiveSource::TrackTime(size_t first_new) {
  for (size_t i = first_new; i < queue_.size(); ++i) {
    const std::optional<Span> span = SpanOf(queue_[i]);
    if (span.has_value()) last_end_ns_ = std::max(last_end_ns_, span->end_ns);
  }
}

void LiveSource::On(av::Connected event) {
  int64_t start_ns = 0;
  if (connected_before_) {
    start_ns = std::max(event.elapsed_ns, last_end_ns_);
    queue_.push_back({0, Gap{last_end_ns_, start_ns, gap_reason_}});
  }
  connected_before_ = true;
  readers_ = std::move(event.readers);
  track_of_stream_ = std::move(event.tracks);
  awaiting_key_.assign(readers_.size(), true);
  damage_.assign(readers_.size(), {});
  for (auto& reader : readers_) {
    if (reader == nullptr) continue;
    reader->StartAt(start_ns - event.source_start_ns, start_ns);
  }
}

void LiveSource::On(av::PacketPtr packet) {
  const auto stream = static_cast<size_t>(packet->stream_index);
  if (stream >= readers_.size() || readers_[stream] == nullptr) return;
  const int track = track_of_stream_[stream];
  const bool camera =
      info_.tracks[static_cast<size_t>(track)].kind == StreamKind::kCamera;
  const bool key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  if (camera && awaiting_key_[stream] && !key) {
    queue_.push_back(
        {track, Rejected{1, "before the first key picture of a connection"}});
    return;
  }
  awaiting_key_[stream] = false;
  damage_[stream].Note(*packet);
  readers_[stream]->Read(*packet, &queue_);
  CheckSizes();
}

void LiveSource::On(av::Disconnected event) {
  for (auto& reader : readers_) {
    if (reader != nullptr) reader->Flush(&queue_);
  }
  TellDamage();
  CheckSizes();
  readers_.clear();
  gap_reason_ = std::move(event.reason);
}

void LiveSource::On(av::Dropped event) {
  const auto stream = static_cast<size_t>(event.stream);
  const int track =
      stream < track_of_stream_.size() ? track_of_stream_[stream] : 0;
  queue_.push_back({track, Rejected{event.packets, "backlog full"}});
}

void LiveSource::On(av::Ended event) {
  ended_ = true;
  TellDamage();
  end_status_ = std::move(event.status);
  if (!event.remark.empty()) {
    queue_.push_back({0, Rejected{0, std::move(event.remark)}});
  }
}

void LiveSource::TellDamage() {
  for (size_t i = 0; i < damage_.size(); ++i) {
    if (auto remark = damage_[i].Take()) {
      queue_.push_back({std::max(track_of_stream_[i], 0), *std::move(remark)});
    }
  }
}

void LiveSource::CheckSizes() {
  for (const auto& reader : readers_) {
    if (reader == nullptr || reader->size_change().empty()) continue;
    ended_ = true;
    end_status_ = absl::FailedPreconditionError(
        absl::StrCat(info_.name, ": ", reader->size_change(),
                     "; ingest it as a new stream"));
    feed_.Stop();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenLiveSource(
    const std::string& location, const SourceOptions& options) {
  auto source = std::make_unique<LiveSource>(location, options);
  if (auto opened = source->Open(); !opened.ok()) return opened;
  return source;
}

}  // namespace fovea
