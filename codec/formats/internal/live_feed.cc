// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/live_feed.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/av_tracks.h"

namespace fovea::av {
namespace {

constexpr int64_t kNapNs = 50'000'000;

int64_t MonotonicNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int FindTrack(const std::vector<Track>& tracks, const Track& wanted) {
  for (size_t i = 0; i < tracks.size(); ++i) {
    if (tracks[i].kind == wanted.kind && tracks[i].suffix == wanted.suffix &&
        tracks[i].codec == wanted.codec) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

bool HasCamera(const std::vector<Track>& tracks) {
  return std::any_of(tracks.begin(), tracks.end(), [](const Track& track) {
    return track.kind == StreamKind::kCamera && track.rejected.empty();
  });
}

std::string WhyNoCamera(const std::vector<Track>& tracks) {
  for (const Track& track : tracks) {
    if (!track.rejected.empty()) return track.rejected;
  }
  return "no video in what came";
}

}  // namespace

LiveFeed::LiveFeed(std::string location, const SourceOptions& options)
    : location_(std::move(location)),
      name_(WithoutCredentials(location_)),
      options_(options),
      backlog_(options.backlog_bytes, options.backlog_ns),
      stop_(options.stop) {}

LiveFeed::~LiveFeed() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void LiveFeed::Stop() {
  {
    const std::lock_guard<std::mutex> lock(sleep_mutex_);
    stop_.Set();
  }
  sleep_.notify_all();
  backlog_.Stop();
}

int64_t LiveFeed::Elapsed() const { return MonotonicNs() - started_ns_; }

bool LiveFeed::Interrupted(int64_t position) {
  if (stop_.IsSet()) return true;
  const int64_t now = MonotonicNs();
  if (position != last_position_) {
    last_position_ = position;
    last_progress_ns_ = now;
  }
  return now - last_progress_ns_ > options_.timeout_ns;
}

absl::StatusOr<std::unique_ptr<Demuxer>> LiveFeed::Dial() {
  last_progress_ns_ = MonotonicNs();
  return Demuxer::OpenUrl(
      location_, name_, options_.limits,
      [this](int64_t position) { return Interrupted(position); });
}

absl::StatusOr<std::vector<Track>> LiveFeed::Connect() {
  auto demuxer = Dial();
  if (!demuxer.ok()) return demuxer.status();
  const AVIOContext* bytes = (*demuxer)->file().pb;
  if (bytes != nullptr && bytes->seekable != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        name_,
        ": is a recording, not a live feed; download it and ingest "
        "the file"));
  }
  started_ns_ = MonotonicNs();
  container_ = (*demuxer)->container();
  tracks_ = DescribeTracks((*demuxer)->file(), options_);
  if (!HasCamera(tracks_)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": no usable video: ", WhyNoCamera(tracks_)));
  }
  first_ = *std::move(demuxer);
  return tracks_;
}

void LiveFeed::Start() {
  auto connected = Describe(first_.get());
  if (!connected.ok()) {
    backlog_.PushEvent(Ended{connected.status(), ""});
    return;
  }
  thread_ = std::thread([this, demuxer = std::move(first_),
                         event = *std::move(connected)]() mutable {
    Run(std::move(demuxer), std::move(event));
  });
}

// Readers are made here, in the thread that reads: libav goes on changing
// its stream structures while it demuxes.
absl::StatusOr<Connected> LiveFeed::Describe(Demuxer* demuxer) {
  demuxer->MendStart();
  const AVFormatContext& file = demuxer->file();
  const std::vector<Track> found = DescribeTracks(file, options_);
  Connected connected;
  connected.source_start_ns = OriginOf(file, found);
  connected.elapsed_ns = Elapsed();
  connected.readers.resize(found.size());
  connected.tracks.assign(found.size(), -1);
  for (size_t i = 0; i < found.size(); ++i) {
    const int index = FindTrack(tracks_, found[i]);
    if (index < 0 || !found[i].rejected.empty()) continue;
    const Track& track = tracks_[static_cast<size_t>(index)];
    const bool camera = track.kind == StreamKind::kCamera;
    if (camera && (found[i].camera.width != track.camera.width ||
                   found[i].camera.height != track.camera.height)) {
      return absl::FailedPreconditionError(absl::StrCat(
          name_, ": picture size changed from ", track.camera.width, "x",
          track.camera.height, " to ", found[i].camera.width, "x",
          found[i].camera.height, "; ingest it as a new stream"));
    }
    StreamReaderOptions options;
    options.track = index;
    options.threads = options_.threads;
    options.limits = options_.limits;
    options.width = track.camera.width;
    options.height = track.camera.height;
    options.clock.base = ToRational(file.streams[i]->time_base);
    connected.tracks[i] = index;
    if (!camera) {
      connected.readers[i] = MakeOpaqueReader(*file.streams[i], options);
    } else if (track.compressed) {
      connected.readers[i] = MakeUnitReader(*file.streams[i], options);
    } else {
      auto reader = MakeFrameReader(*file.streams[i], options);
      if (!reader.ok()) return reader.status();
      connected.readers[i] = *std::move(reader);
    }
  }
  return connected;
}

void LiveFeed::Run(std::unique_ptr<Demuxer> demuxer, Connected connected) {
  while (demuxer != nullptr) {
    const std::vector<int> tracks = connected.tracks;
    backlog_.PushEvent(std::move(connected));
    const std::string reason = ReadAll(demuxer.get(), tracks);
    demuxer.reset();
    if (stop_.IsSet()) break;
    backlog_.PushEvent(Disconnected{reason});
    demuxer = Redial(&connected);
  }
  if (stop_.IsSet()) backlog_.PushEvent(Ended{});
}

// Reads until the connection ends; returns why it did.
std::string LiveFeed::ReadAll(Demuxer* demuxer,
                              const std::vector<int>& tracks) {
  int main = -1;
  for (size_t i = 0; i < tracks.size() && main < 0; ++i) {
    if (tracks[i] >= 0 &&
        tracks_[static_cast<size_t>(tracks[i])].kind == StreamKind::kCamera) {
      main = static_cast<int>(i);
    }
  }
  while (true) {
    auto packet = demuxer->Read();
    if (!packet.ok()) return std::string(packet.status().message());
    if (*packet == nullptr) return "the feed ended";
    const auto stream = static_cast<size_t>((*packet)->stream_index);
    last_progress_ns_ = MonotonicNs();
    if (stream >= tracks.size() || tracks[stream] < 0) continue;
    backlog_.PushPacket(*std::move(packet), main, last_progress_ns_);
  }
}

// Tries until it works, the tries are used up, or Stop(); null for the
// latter two, the reason told.
std::unique_ptr<Demuxer> LiveFeed::Redial(Connected* connected) {
  int64_t wait = options_.backoff_min_ns;
  for (int tries = 1; SleepUnlessStopped(wait); ++tries) {
    wait = std::min(wait * 2, options_.backoff_max_ns);
    auto demuxer = Dial();
    absl::Status failed = demuxer.status();
    if (demuxer.ok()) {
      const auto tracks = DescribeTracks((*demuxer)->file(), options_);
      if (HasCamera(tracks)) {
        auto described = Describe(demuxer->get());
        if (!described.ok()) {
          backlog_.PushEvent(Ended{described.status(), ""});
          return nullptr;
        }
        *connected = *std::move(described);
        return *std::move(demuxer);
      }
      failed = absl::UnavailableError(WhyNoCamera(tracks));
    }
    if (options_.max_reconnects > 0 && tries >= options_.max_reconnects) {
      backlog_.PushEvent(Ended{absl::OkStatus(),
                               absl::StrCat("gave up after ", tries, " tries: ",
                                            std::string(failed.message()))});
      return nullptr;
    }
  }
  return nullptr;
}

// In short naps: the flag lent to us wakes nobody.
bool LiveFeed::SleepUnlessStopped(int64_t ns) {
  std::unique_lock<std::mutex> lock(sleep_mutex_);
  for (int64_t left = ns; left > 0 && !stop_.IsSet(); left -= kNapNs) {
    sleep_.wait_for(lock, std::chrono::nanoseconds(std::min(left, kNapNs)),
                    [this] { return stop_.IsSet(); });
  }
  return !stop_.IsSet();
}

}  // namespace fovea::av
