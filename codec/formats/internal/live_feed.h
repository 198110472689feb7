// SPDX-License-Identifier: GPL-2.0-or-later
//
// The network half of a live source: one thread that connects, reads,
// notices silence, reconnects with back-off, and leaves what it got in a
// bounded backlog for the other half to decode.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_LIVE_FEED_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_LIVE_FEED_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/internal/av_demuxer.h"
#include "codec/formats/internal/av_stream_reader.h"
#include "codec/formats/internal/stop_wish.h"
#include "codec/formats/source.h"

namespace fovea::av {

// A connection was made: readers for its streams, null where no track takes
// them.
struct Connected {
  std::vector<std::unique_ptr<StreamReader>> readers;
  std::vector<int> tracks;      // per stream, -1: none
  int64_t source_start_ns = 0;  // first time in the source's own clock
  int64_t elapsed_ns = 0;       // since the first connection, monotonic
};

struct Disconnected {
  std::string reason;
};

// The last event. An OK status: stopped, or tries used up (`remark`).
struct Ended {
  absl::Status status;
  std::string remark;
};

struct Dropped {
  int stream = 0;
  int64_t packets = 0;
};

using FeedEvent =
    std::variant<Connected, PacketPtr, Disconnected, Dropped, Ended>;

// Thread-safe.
class Backlog {
 public:
  Backlog(int64_t max_bytes, int64_t max_ns)
      : max_bytes_(max_bytes), max_ns_(max_ns) {}

  // Never blocks. `main` is the stream whose key pictures start GOPs.
  void PushPacket(PacketPtr packet, int main, int64_t arrival_ns);
  void PushEvent(FeedEvent event);

  // Waits for an event; nullopt after Stop().
  std::optional<FeedEvent> Pop();
  void Stop();

 private:
  struct Entry {
    FeedEvent event;
    int64_t bytes = 0;
    int64_t arrival_ns = 0;  // of packets
    bool key = false;
  };

  bool IsFull(int64_t incoming, int64_t now_ns) const;
  bool DropOldestGop();
  void DropUntil(size_t end);
  static const AVPacket* PacketOf(const Entry& entry);

  const int64_t max_bytes_;
  const int64_t max_ns_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Entry> entries_;
  std::map<int, int64_t> dropped_;  // packets per stream, not yet told
  int64_t bytes_ = 0;
  bool skipping_ = false;  // until the next key picture
  bool stopped_ = false;
};

class LiveFeed {
 public:
  LiveFeed(std::string location, const SourceOptions& options);
  ~LiveFeed();

  // Connects for the first time; the tracks are what later connections
  // must match. kUnavailable, kDeadlineExceeded, kInvalidArgument.
  absl::StatusOr<std::vector<Track>> Connect();

  // Starts reading. After Connect().
  void Start();

  std::optional<FeedEvent> Pop() { return backlog_.Pop(); }
  void Stop();

  const std::string& name() const { return name_; }
  const std::string& container() const { return container_; }

 private:
  absl::StatusOr<std::unique_ptr<Demuxer>> Dial();
  absl::StatusOr<Connected> Describe(Demuxer* demuxer);
  void Run(std::unique_ptr<Demuxer> demuxer, Connected connected);
  std::string ReadAll(Demuxer* demuxer, const std::vector<int>& tracks);
  std::unique_ptr<Demuxer> Redial(Connected* connected);
  bool Interrupted(int64_t position);
  bool SleepUnlessStopped(int64_t ns);
  int64_t Elapsed() const;

  const std::string location_;
  const std::string name_;  // without credentials
  const SourceOptions options_;
  std::string container_;
  std::vector<Track> tracks_;  // of the first connection
  std::unique_ptr<Demuxer> first_;
  Backlog backlog_;
  int64_t started_ns_ = 0;        // monotonic
  int64_t last_progress_ns_ = 0;  // monotonic; the reading thread's
  int64_t last_position_ = 0;
  StopWish stop_;
  std::mutex sleep_mutex_;
  std::condition_variable sleep_;
  std::thread thread_;
};

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_LIVE_FEED_H_
