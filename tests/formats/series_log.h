// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a source of series to its end and keeps every value.

#ifndef FOVEA_TESTS_FORMATS_SERIES_LOG_H_
#define FOVEA_TESTS_FORMATS_SERIES_LOG_H_

#include <gtest/gtest.h>

#include <bit>
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

struct SeriesTrackLog {
  Track track;
  SeriesBatch all;
  std::vector<Gap> gaps;
  std::vector<std::pair<int64_t, std::string>> packets;
  int64_t rejected = 0;
  std::string reason;  // of the last

  std::vector<uint64_t> Bits() const {
    std::vector<uint64_t> bits;
    for (const double v : all.values)
      bits.push_back(std::bit_cast<uint64_t>(v));
    return bits;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Channel& c : track.series.channels) names.push_back(c.name);
    return names;
  }
};

struct SeriesLog {
  absl::Status open, end;
  SourceInfo info;
  std::vector<SeriesTrackLog> tracks;

  const SeriesTrackLog& On(const std::string& suffix) const {
    for (const SeriesTrackLog& track : tracks) {
      if (track.track.suffix == suffix) return track;
    }
    ADD_FAILURE() << "no track '" << suffix << "'";
    static const SeriesTrackLog none;
    return none;
  }
  bool Has(const std::string& suffix) const {
    for (const SeriesTrackLog& track : tracks) {
      if (track.track.suffix == suffix) return true;
    }
    return false;
  }
  std::string Notes() const {
    std::string notes;
    for (const std::string& note : info.notes) notes += note + "\n";
    return notes;
  }
  // Of opening, or of the end.
  absl::Status status() const { return open.ok() ? end : open; }

  static SeriesLog Drain(absl::StatusOr<std::unique_ptr<Source>> source);

 private:
  void Add(const SourceItem& item) {
    SeriesTrackLog& log = tracks.at(static_cast<size_t>(item.track));
    EXPECT_EQ(log.track.rejected, "");
    if (const auto* batch = std::get_if<SeriesBatch>(&item.value)) {
      ASSERT_FALSE(batch->time_ns.empty());
      ASSERT_EQ(batch->values.size(),
                batch->time_ns.size() * log.track.series.channels.size());
      log.all.time_ns.insert(log.all.time_ns.end(), batch->time_ns.begin(),
                             batch->time_ns.end());
      log.all.values.insert(log.all.values.end(), batch->values.begin(),
                            batch->values.end());
    } else if (const auto* gap = std::get_if<Gap>(&item.value)) {
      log.gaps.push_back(*gap);
    } else if (const auto* rejected = std::get_if<Rejected>(&item.value)) {
      log.rejected += rejected->samples;
      log.reason = rejected->reason;
    } else {
      const auto& packet = std::get<OpaquePacket>(item.value);
      log.packets.emplace_back(
          packet.time_ns, std::string(packet.data.begin(), packet.data.end()));
    }
  }
};

inline SeriesLog SeriesLog::Drain(
    absl::StatusOr<std::unique_ptr<Source>> source) {
  SeriesLog log;
  log.open = source.status();
  if (!source.ok()) return log;
  log.info = (*source)->info();
  for (const Track& track : log.info.tracks)
    log.tracks.push_back({track, {}, {}, {}, 0, ""});
  while (true) {
    const auto item = (*source)->Next();
    log.end = item.status();
    if (!item.ok() || !item->has_value()) return log;
    log.Add(**item);
  }
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_FORMATS_SERIES_LOG_H_
