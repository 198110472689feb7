// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/mcap_channels.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/utf8.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kShownBytes = 64;
constexpr size_t kMaxSeriesSchemaBytes = 64U << 10;  // 64 channels fit well
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// Stamps that are earlier than their messages came in by no more are taken for
// the recorder's own times.
constexpr int64_t kMostOnTheWayNs = 100'000'000;

bool IsImuSchema(std::string_view name) {
  return name == kRosImu || name == "sensor_msgs/Imu";
}

bool IsSeriesSchema(std::string_view name) {
  return name.starts_with("fovea.Series");
}

template <size_t N>
void Append(bool wanted, const std::optional<std::array<double, N>>& vector,
            std::vector<double>* row) {
  if (!wanted) return;
  std::array<double, N> absent;
  absent.fill(kAbsent);
  const std::array<double, N> values = vector.value_or(absent);
  row->insert(row->end(), values.begin(), values.end());
}

void AppendChannels(bool wanted, const std::string& name, std::string_view axes,
                    const std::string& unit, std::vector<Channel>* channels) {
  for (size_t i = 0; wanted && i < axes.size(); ++i) {
    channels->push_back({name + "_" + std::string(axes.substr(i, 1)), unit});
  }
}

}  // namespace

void McapChannels::Damaged(const McapRecord& record, const std::string& what) {
  damage_.Add(record.content.size(),
              absl::StrCat("byte ", record.offset, ": ", what));
}

absl::Status McapChannels::Scan(const McapRecord& record) {
  switch (record.opcode) {
    case McapOpcode::kSchema:
      return ScanSchema(record);
    case McapOpcode::kChannel:
      return ScanChannel(record);
    default:
      ScanMessage(record);
      return absl::OkStatus();
  }
}

absl::Status McapChannels::ScanSchema(const McapRecord& record) {
  ByteFields fields(record.content);
  const auto id = fields.Number<uint16_t>();
  Schema schema;
  const std::string_view name = fields.Text();
  const std::string_view encoding = fields.Text();
  const std::string_view data = fields.Text();
  if (!fields.ok() || id == 0 || name.size() > limits_.max_mcap_name_bytes ||
      encoding.size() > limits_.max_mcap_name_bytes) {
    Damaged(record, "a schema with id 0, a name too long or no end");
    return absl::OkStatus();
  }
  if (schemas_.count(id) > 0) return absl::OkStatus();  // told again
  schema.name = name;
  schema.encoding = encoding;
  if (IsSeriesSchema(name) && data.size() <= kMaxSeriesSchemaBytes) {
    schema.data = data;
    schema_bytes_ += data.size();
  }
  if (schema_bytes_ > limits_.max_mcap_schema_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("byte ", record.offset, ": JSON Schemas of more than ",
                     limits_.max_mcap_schema_bytes, " bytes"));
  }
  schemas_.emplace(id, std::move(schema));
  return absl::OkStatus();
}

absl::Status McapChannels::ScanChannel(const McapRecord& record) {
  ByteFields fields(record.content);
  const auto id = fields.Number<uint16_t>();
  Lane lane;
  lane.schema = fields.Number<uint16_t>();
  const std::string_view topic = fields.Text();
  const std::string_view encoding = fields.Text();
  if (!fields.ok() || topic.size() > limits_.max_mcap_name_bytes ||
      encoding.size() > limits_.max_mcap_name_bytes) {
    Damaged(record, "a channel with a name too long or no end");
    return absl::OkStatus();
  }
  lane.topic = topic;
  lane.encoding = encoding;
  if (const auto known = lanes_.find(id); known != lanes_.end()) {
    const Lane& old = known->second;
    if (old.schema != lane.schema || old.topic != topic ||
        old.encoding != encoding) {
      Damaged(record, absl::StrCat("channel ", id, " is ",
                                   PrintableUtf8(old.topic, kShownBytes),
                                   "'s already"));
    }
    return absl::OkStatus();
  }
  lane.told = true;
  if (absl::Status s = Classify(&lane); !s.ok()) return s;
  lanes_.emplace(id, std::move(lane));
  return absl::OkStatus();
}

// What the lane's messages are, by schema and encoding.
absl::Status McapChannels::Classify(Lane* lane) {
  const auto found = schemas_.find(lane->schema);
  const Schema none;
  const Schema& schema = found == schemas_.end() ? none : found->second;
  if (IsImuSchema(schema.name) &&
      (lane->encoding == "cdr" || lane->encoding == "ros1")) {
    lane->kind = Kind::kImu;
    lane->ros =
        lane->encoding == "cdr" ? RosEncoding::kCdr : RosEncoding::kRos1;
  } else if (IsSeriesSchema(schema.name) && lane->encoding == "json" &&
             schema.encoding == "jsonschema") {
    auto channels = ReadSeriesSchema(schema.data);
    if (channels.ok()) {
      lane->kind = Kind::kSeries;
      lane->channels = *std::move(channels);
      lane->json.emplace(lane->channels);
    } else {
      lane->unread = std::string(channels.status().message());
    }
  } else {
    lane->unread = absl::StrCat(
        "messages of '", PrintableUtf8(schema.name, kShownBytes), "' in '",
        PrintableUtf8(lane->encoding, kShownBytes), "' are not read");
  }
  if (lane->kind == Kind::kOther) return absl::OkStatus();
  if (++readable_ <= static_cast<size_t>(limits_.max_tracks)) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      "more than ", limits_.max_tracks, " channels that can be read"));
}

std::string McapChannels::ReadHead(const McapRecord& record, Message* message) {
  ByteFields fields(record.content);
  message->channel = fields.Number<uint16_t>();
  fields.Number<uint32_t>();  // sequence
  message->log_time = fields.Number<uint64_t>();
  fields.Number<uint64_t>();  // publish time
  if (!fields.ok()) return "a message shorter than its fields";
  message->data = fields.Take(fields.left());
  const auto found = lanes_.find(message->channel);
  if (found == lanes_.end() || !found->second.told) {
    return absl::StrCat("a message of channel ", message->channel,
                        ", which no record before it tells of");
  }
  message->lane = &found->second;
  return "";
}

std::string McapChannels::ReadImu(const Message& message, McapRow* row) {
  Lane* const lane = message.lane;
  RosImuReading reading;
  std::string fault = ReadRosImu(message.data, lane->ros, &reading);
  if (!fault.empty()) return fault;
  if (reading.stamp_ns) row->time_ns = *reading.stamp_ns;
  if (!lane->track) {  // still finding out what there is
    lane->gyro |= reading.gyro.has_value();
    lane->accel |= reading.accel.has_value();
    lane->orientation |= reading.orientation.has_value();
    lane->by_log_time += reading.stamp_ns ? 0 : 1;
  }
  row->values.clear();
  Append(lane->gyro, reading.gyro, &row->values);
  Append(lane->accel, reading.accel, &row->values);
  Append(lane->orientation, reading.orientation, &row->values);
  return "";
}

std::string McapChannels::ReadMessage(const Message& message, McapRow* row) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (message.data.size() > limits_.max_mcap_message_bytes) {
    return absl::StrCat("a message of ", message.data.size(),
                        " bytes, at most ", limits_.max_mcap_message_bytes);
  }
  if (message.log_time > kMost) return "log time out of range";
  row->time_ns = static_cast<int64_t>(message.log_time);
  if (message.lane->kind == Kind::kImu) return ReadImu(message, row);
  return message.lane->json->Read(TextOf(message.data), &row->values);
}

void McapChannels::ScanMessage(const McapRecord& record) {
  Message message;
  if (std::string fault = ReadHead(record, &message); !fault.empty()) {
    Damaged(record, fault);
    return;
  }
  Lane* const lane = message.lane;
  ++lane->messages;
  McapRow row;
  if (lane->kind == Kind::kOther || !ReadMessage(message, &row).empty()) return;
  if (!lane->first_ns) lane->first_ns = row.time_ns;
  lane->last_ns = row.time_ns;
  first_ns_ = std::min(first_ns_.value_or(row.time_ns), row.time_ns);
  last_ns_ = std::max(last_ns_.value_or(row.time_ns), row.time_ns);
  if (lane->kind == Kind::kImu) {
    lane->clock.Add({row.time_ns, static_cast<int64_t>(message.log_time)});
  }
}

// Where stamps are of another clock than the log's times, not only earlier by
// what a message takes.
void McapChannels::AddClock(Lane* lane, Track* track) {
  const std::vector<ClockReading> readings = lane->clock.Take();
  if (lane->by_log_time > 0 || readings.empty()) return;
  if (lane->messages > 1 && lane->first_ns == lane->last_ns) {
    lane->clock_note = "its stamps stand still";
    return;
  }
  auto map = FitClockMap(readings, {});
  if (!map.ok()) {
    lane->clock_note = absl::StrCat("its stamps and the log's times: ",
                                    std::string(map.status().message()));
    return;
  }
  const auto& points = map->points();
  const bool same =
      std::all_of(points.begin(), points.end(), [](const ClockPoint& point) {
        return point.store_ns >= point.device_ns &&
               point.store_ns - point.device_ns <= kMostOnTheWayNs;
      });
  if (same) return;
  lane->clock_note = absl::StrFormat(
      "its stamps are of another clock, %+.6f s and %+.1f ppm to the log's "
      "times; a map is kept beside them",
      static_cast<double>(points[0].store_ns - points[0].device_ns) / 1e9,
      map->Skew() * 1e6);
  track->clock = *std::move(map);
}

void McapChannels::AddTrack(Lane* lane, std::vector<Track>* tracks) {
  Track track;
  track.codec = "mcap";
  track.expected_samples = lane->messages;
  track.rejected = lane->unread;
  if (lane->kind == Kind::kImu) {
    track.kind = StreamKind::kImu;
    AppendChannels(lane->gyro, "gyro", "xyz", "rad/s", &lane->channels);
    AppendChannels(lane->accel, "accel", "xyz", "m/s2", &lane->channels);
    AppendChannels(lane->orientation, "orientation", "xyzw", "",
                   &lane->channels);
  } else if (lane->kind == Kind::kSeries) {
    track.kind = StreamKind::kSeries;
  }
  if (lane->kind != Kind::kOther && !lane->first_ns) {
    track.rejected = absl::StrCat("none of its ", lane->messages,
                                  " messages is as its schema has it");
  } else if (lane->kind != Kind::kOther && lane->channels.empty()) {
    track.rejected = "its messages say that they hold no value";
  }
  if (track.rejected.empty()) {
    track.series.channels = lane->channels;
    const double span = static_cast<double>(*lane->last_ns) -
                        static_cast<double>(*lane->first_ns);
    if (span > 0) {
      track.series.rate_hz =
          static_cast<double>(lane->messages - 1) * 1e9 / span;
    }
    lane->track = tracks->size();
    AddClock(lane, &track);
  }
  tracks->push_back(std::move(track));
}

void McapChannels::MakeTracks(std::vector<Track>* tracks) {
  TrackNames names;
  int64_t left_out = 0, messages = 0;
  for (auto& [id, lane] : lanes_) {
    if (lane.messages == 0) continue;
    if (lane.kind == Kind::kOther &&
        tracks->size() >= static_cast<size_t>(limits_.max_tracks)) {
      ++left_out;
      messages += lane.messages;
      continue;
    }
    AddTrack(&lane, tracks);
    tracks->back().suffix = names.Give(lane.topic);
  }
  if (left_out == 0) return;
  Track rest;
  rest.suffix = names.Give("others");
  rest.codec = "mcap";
  rest.expected_samples = messages;
  rest.rejected = absl::StrCat(left_out, " more channels are not read");
  tracks->push_back(std::move(rest));
}

void McapChannels::Rewind() {
  for (auto& [id, lane] : lanes_) lane.told = false;
}

bool McapChannels::Read(const McapRecord& record, McapRow* row) {
  if (record.opcode == McapOpcode::kChannel) {
    const auto id = ByteFields(record.content).Number<uint16_t>();
    if (const auto found = lanes_.find(id); found != lanes_.end()) {
      found->second.told = true;
    }
  }
  if (record.opcode != McapOpcode::kMessage) return false;
  Message message;
  if (!ReadHead(record, &message).empty() || !message.lane->track) return false;
  row->track = *message.lane->track;
  row->fault = ReadMessage(message, row);
  return true;
}

std::vector<std::string> McapChannels::Notes() const {
  std::vector<std::string> notes;
  int64_t silent = 0;
  for (const auto& [id, lane] : lanes_) {
    silent += lane.messages == 0 ? 1 : 0;
    const std::string topic = PrintableUtf8(lane.topic, kShownBytes);
    if (lane.by_log_time > 0) {
      notes.push_back(
          absl::StrCat(topic, ": ", lane.by_log_time, " of ", lane.messages,
                       " messages have no stamp: their log time is taken"));
    }
    if (!lane.clock_note.empty()) {
      notes.push_back(absl::StrCat(topic, ": ", lane.clock_note));
    }
  }
  if (silent > 0) {
    notes.push_back(absl::StrCat(silent, " channels without a message"));
  }
  return notes;
}

}  // namespace fovea::codec_internal
