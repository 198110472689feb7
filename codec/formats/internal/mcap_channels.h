// SPDX-License-Identifier: GPL-2.0-or-later
//
// The channels of an MCAP file, the tracks they make and the rows that their
// messages are.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_MCAP_CHANNELS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_MCAP_CHANNELS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "codec/clock_fit.h"
#include "codec/formats/internal/file_damage.h"
#include "codec/formats/internal/mcap_records.h"
#include "codec/formats/internal/ros_imu.h"
#include "codec/formats/internal/series_json.h"
#include "codec/formats/internal/track_names.h"
#include "codec/formats/source.h"

namespace fovea::codec_internal {

struct McapRow {
  size_t track = 0;
  int64_t time_ns = 0;
  std::vector<double> values;
  std::string fault;  // not empty: the message is none, and why
};

// Scan() every record, then MakeTracks() once, then Read() every record
// again.
class McapChannels {
 public:
  explicit McapChannels(const FormatLimits& limits) : limits_(limits) {}

  // kResourceExhausted: limits.
  absl::Status Scan(const McapRecord& record);
  void MakeTracks(std::vector<Track>* tracks);

  // Whether the record is a message of a track.
  bool Read(const McapRecord& record, McapRow* row);
  void Rewind();

  std::optional<int64_t> first_ns() const { return first_ns_; }
  std::optional<int64_t> last_ns() const { return last_ns_; }
  const FileDamage& damage() const { return damage_; }
  std::vector<std::string> Notes() const;

 private:
  struct Schema {
    std::string name, encoding;
    std::string data;  // of series alone
  };
  enum class Kind { kOther, kImu, kSeries };
  struct Lane {
    uint16_t schema = 0;
    std::string topic, encoding;
    Kind kind = Kind::kOther;
    std::string unread;  // why, of another kind
    RosEncoding ros = RosEncoding::kCdr;
    std::vector<Channel> channels;   // of a series, then of the track
    std::optional<SeriesJson> json;  // of a series
    bool gyro = false, accel = false, orientation = false;  // some have it
    int64_t messages = 0, by_log_time = 0;
    std::optional<int64_t> first_ns, last_ns;
    LateReadings clock;  // of stamps, read when their messages came in
    std::string clock_note;
    bool told = false;
    std::optional<size_t> track;
  };
  struct Message {
    Lane* lane = nullptr;  // null: of a channel not told
    uint16_t channel = 0;
    uint64_t log_time = 0;
    std::span<const uint8_t> data;
  };

  absl::Status ScanSchema(const McapRecord& record);
  absl::Status ScanChannel(const McapRecord& record);
  void ScanMessage(const McapRecord& record);
  absl::Status Classify(Lane* lane);
  // "" or why it is none.
  std::string ReadHead(const McapRecord& record, Message* message);
  std::string ReadMessage(const Message& message, McapRow* row);
  std::string ReadImu(const Message& message, McapRow* row);
  void Damaged(const McapRecord& record, const std::string& what);
  void AddClock(Lane* lane, Track* track);
  void AddTrack(Lane* lane, std::vector<Track>* tracks);

  const FormatLimits limits_;
  std::map<uint16_t, Schema> schemas_;
  std::map<uint16_t, Lane> lanes_;
  size_t readable_ = 0, schema_bytes_ = 0;
  std::optional<int64_t> first_ns_, last_ns_;
  FileDamage damage_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_MCAP_CHANNELS_H_
