// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a source to its end and keeps what a test wants to ask about.

#ifndef FOVEA_TESTS_FORMATS_SOURCE_LOG_H_
#define FOVEA_TESTS_FORMATS_SOURCE_LOG_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea::testing {

struct TrackLog {
  Track track;
  int64_t items = 0;    // frames, units, packets, stills or batches
  int64_t samples = 0;  // of series batches
  std::vector<int64_t> ticks;
  std::vector<int64_t> times;
  std::vector<uint8_t> luma_sum;    // low byte of each frame's luma sum
  std::vector<Frame> first_frames;  // at most two
  std::vector<uint8_t> bytes;       // of units and packets, joined
  std::vector<std::string> names;   // of stills
  int64_t keyframes = 0;
  int64_t rejected = 0;
  std::string reason;                  // the last
  std::map<std::string, int> reasons;  // items per reason
};

struct SourceLog {
  absl::Status status;  // of opening, or of the end
  bool opened = false;
  SourceInfo info;
  std::vector<TrackLog> tracks;
  std::vector<Gap> gaps;

  static SourceLog Drain(absl::StatusOr<std::unique_ptr<Source>> source);

  const TrackLog& Camera() const { return Suffix(""); }
  const TrackLog& Suffix(const std::string& suffix) const {
    for (const TrackLog& track : tracks) {
      if (track.track.suffix == suffix) return track;
    }
    ADD_FAILURE() << "no track '" << suffix << "'";
    static const TrackLog none;
    return none;
  }

 private:
  void Add(TrackLog* track, const Frame& frame) {
    track->ticks.push_back(frame.pts);
    track->times.push_back(frame.time_ns);
    unsigned sum = 0;
    for (int row = 0; row < frame.height; ++row) {
      const uint8_t* line = frame.y.data + row * frame.y.stride;
      for (int x = 0; x < frame.width; ++x) sum += line[x];
    }
    for (int row = 0; row < frame.chroma_height(); ++row) {
      for (int x = 0; x < frame.chroma_width(); ++x) {
        sum += frame.u.data[row * frame.u.stride + x];
        sum += frame.v.data[row * frame.v.stride + x];
      }
    }
    track->luma_sum.push_back(static_cast<uint8_t>(sum));
    if (track->first_frames.size() < 2) track->first_frames.push_back(frame);
  }
  void Add(TrackLog* track, const AccessUnit& unit) {
    track->ticks.push_back(unit.pts);
    track->times.push_back(unit.time_ns);
    track->keyframes += unit.keyframe ? 1 : 0;
    track->bytes.insert(track->bytes.end(), unit.data.begin(), unit.data.end());
  }
  void Add(TrackLog* track, const OpaquePacket& packet) {
    track->ticks.push_back(packet.pts);
    track->times.push_back(packet.time_ns);
    track->bytes.insert(track->bytes.end(), packet.data.begin(),
                        packet.data.end());
  }
  void Add(TrackLog* track, const SeriesBatch& batch) {
    track->samples += static_cast<int64_t>(batch.time_ns.size());
  }
  void Add(TrackLog* track, const StillImage& still) {
    track->names.push_back(still.name);
    track->times.push_back(still.time_ns);
  }
  void Add(TrackLog* track, const Rejected& rejected) {
    --track->items;
    track->rejected += rejected.samples;
    track->reason = rejected.reason;
    ++track->reasons[rejected.reason];
  }
  void Add(TrackLog* track, const Gap& gap) {
    --track->items;
    gaps.push_back(gap);
  }
};

inline SourceLog SourceLog::Drain(
    absl::StatusOr<std::unique_ptr<Source>> source) {
  SourceLog log;
  log.status = source.status();
  if (!source.ok()) return log;
  log.opened = true;
  log.info = (*source)->info();
  for (const Track& track : log.info.tracks) {
    log.tracks.emplace_back();
    log.tracks.back().track = track;
  }
  while (true) {
    auto item = (*source)->Next();
    log.status = item.status();
    if (!item.ok() || !item->has_value()) return log;
    TrackLog& track = log.tracks.at(static_cast<size_t>((**item).track));
    ++track.items;
    std::visit([&](const auto& value) { log.Add(&track, value); },
               (**item).value);
  }
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_FORMATS_SOURCE_LOG_H_
