// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/ulog_topics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/utf8.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kMaxChannels = 64;
constexpr size_t kListed = 8;
constexpr size_t kShownBytes = 64;

// Topics whose vectors are a gyroscope's or accelerometer's; all their other
// fields make a series beside.
struct InertialField {
  std::string_view topic, field, channel, unit;
};
constexpr std::array<InertialField, 12> kInertial = {{
    {"sensor_combined", "gyro_rad[0]", "gyro_x", "rad/s"},
    {"sensor_combined", "gyro_rad[1]", "gyro_y", "rad/s"},
    {"sensor_combined", "gyro_rad[2]", "gyro_z", "rad/s"},
    {"sensor_combined", "accelerometer_m_s2[0]", "accel_x", "m/s2"},
    {"sensor_combined", "accelerometer_m_s2[1]", "accel_y", "m/s2"},
    {"sensor_combined", "accelerometer_m_s2[2]", "accel_z", "m/s2"},
    {"sensor_gyro", "x", "gyro_x", "rad/s"},
    {"sensor_gyro", "y", "gyro_y", "rad/s"},
    {"sensor_gyro", "z", "gyro_z", "rad/s"},
    {"sensor_accel", "x", "accel_x", "m/s2"},
    {"sensor_accel", "y", "accel_y", "m/s2"},
    {"sensor_accel", "z", "accel_z", "m/s2"},
}};

const InertialField* FindInertial(std::string_view topic,
                                  std::string_view field) {
  for (const InertialField& entry : kInertial) {
    if (entry.topic == topic && entry.field == field) return &entry;
  }
  return nullptr;
}

std::string_view InertialSuffix(std::string_view topic) {
  return topic == "sensor_combined" ? "imu"
         : topic == "sensor_gyro"   ? "gyro"
                                    : "accel";
}

// Fields of the table that the topic has, in the table's order; none unless
// all are there as floats.
std::vector<UlogField> InertialFields(const UlogTopic& topic) {
  std::vector<UlogField> fields;
  for (const InertialField& entry : kInertial) {
    if (entry.topic != topic.name) continue;
    const auto found = std::find_if(
        topic.layout.fields.begin(), topic.layout.fields.end(),
        [&](const UlogField& field) { return field.name == entry.field; });
    if (found == topic.layout.fields.end() ||
        (found->type != UlogType::kFloat && found->type != UlogType::kDouble)) {
      return {};
    }
    fields.push_back(*found);
  }
  return fields;
}

std::string NameOf(std::string_view name, int instance) {
  return instance == 0 ? std::string(name)
                       : absl::StrCat(std::string(name), "_", instance);
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kListed); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", names[i]);
  }
  if (names.size() > kListed) {
    absl::StrAppend(&text, " and ", names.size() - kListed, " more");
  }
  return text;
}

std::string UtcText(uint64_t time_us) {
  using std::chrono::microseconds;
  const std::chrono::sys_time<microseconds> time(
      microseconds(static_cast<int64_t>(time_us)));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return absl::StrFormat(
      "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
      clock.subseconds().count());
}

double RateOf(const UlogTopic& topic) {
  if (topic.rows < 2) return 0;
  const double span = static_cast<double>(*topic.last_ns) -
                      static_cast<double>(*topic.first_ns);
  return span > 0 ? static_cast<double>(topic.rows - 1) * 1e9 / span : 0;
}

}  // namespace

std::optional<int64_t> UlogTimeNs(uint64_t time_us) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max() / 1000;
  if (time_us > kMost) return std::nullopt;
  return static_cast<int64_t>(time_us) * 1000;
}

std::string ReadUlogTime(const UlogTopic& topic, std::span<const uint8_t> data,
                         int64_t* time_ns) {
  if (data.size() < topic.layout.size) {
    return absl::StrCat(data.size(), " bytes of data, expected ",
                        topic.layout.size);
  }
  const auto time =
      UlogTimeNs(LittleAt<uint64_t>(data.data() + *topic.layout.time));
  if (!time) return "time out of range";
  *time_ns = *time;
  return "";
}

std::optional<UlogText> ReadUlogText(const UlogRecord& record) {
  ByteFields fields(record.payload);
  UlogText text;
  text.line.push_back(fields.Number<uint8_t>());
  if (record.type == 'C') fields.Number<uint16_t>();  // who said it
  const auto time = UlogTimeNs(fields.Number<uint64_t>());
  const auto line = fields.Take(fields.left());
  if (!fields.ok() || !time) return std::nullopt;
  text.time_ns = *time;
  text.line.insert(text.line.end(), line.begin(), line.end());
  return text;
}

absl::Status UlogTopics::Scan(const UlogRecord& record) {
  absl::Status status;
  switch (record.type) {
    case 'F':
      status = formats_.Add(TextOf(record.payload));
      if (!absl::IsDataLoss(status)) return status;
      damage_.Add(0, absl::StrCat("byte ", record.offset, ": ",
                                  std::string(status.message())));
      return absl::OkStatus();
    case 'A':
      return ScanSubscription(record);
    case 'D':
      ScanData(record);
      return absl::OkStatus();
    case 'L':
    case 'C':
      ScanText(record);
      return absl::OkStatus();
    case 'I':
      ScanInformation(record);
      return absl::OkStatus();
    case 'M':
      ++informations_;
      return absl::OkStatus();
    case 'P':
    case 'Q':
      ++parameters_;
      return absl::OkStatus();
    case 'O':
      ++dropouts_;
      dropout_ms_ += LittleAt<uint16_t>(record.payload.data());
      return absl::OkStatus();
    case 'B':
    case 'S':
    case 'R':
      return absl::OkStatus();
    default:
      ++unknown_;
      return absl::OkStatus();
  }
}

absl::Status UlogTopics::ScanSubscription(const UlogRecord& record) {
  const auto id = LittleAt<uint16_t>(record.payload.data() + 1);
  UlogTopic topic;
  topic.instance = record.payload[0];
  topic.offset = record.offset;
  topic.name = TextOf(record.payload.subspan(3));
  if (const auto known = topics_.find(id); known != topics_.end()) {
    if (known->second.name == topic.name &&
        known->second.instance == topic.instance) {
      return absl::OkStatus();
    }
    damage_.Add(0, absl::StrCat("byte ", record.offset, ": message id ", id,
                                " is ", known->second.name, "'s already"));
    return absl::OkStatus();
  }
  if (topics_.size() == limits_.max_ulog_topics) {
    return absl::ResourceExhaustedError(
        absl::StrCat("byte ", record.offset, ": more than ",
                     limits_.max_ulog_topics, " topics"));
  }
  auto layout = formats_.Resolve(topic.name);
  topic.name = PrintableUtf8(topic.name, kShownBytes);
  if (!layout.ok()) {
    topic.unusable = std::string(layout.status().message());
  } else if (!layout->time) {
    topic.unusable = "has no field 'uint64_t timestamp'";
  } else {
    topic.layout = *std::move(layout);
    channels_ += topic.layout.fields.size();
  }
  if (channels_ > limits_.max_ulog_channels) {
    return absl::ResourceExhaustedError(
        absl::StrCat("byte ", record.offset, ": more than ",
                     limits_.max_ulog_channels, " channels"));
  }
  order_.push_back(&topics_.emplace(id, std::move(topic)).first->second);
  return absl::OkStatus();
}

UlogTopic* UlogTopics::Find(const UlogRecord& record) {
  const auto found = topics_.find(LittleAt<uint16_t>(record.payload.data()));
  const bool known =
      found != topics_.end() && found->second.offset < record.offset;
  return known ? &found->second : nullptr;
}

void UlogTopics::ScanData(const UlogRecord& record) {
  UlogTopic* const topic = Find(record);
  if (topic == nullptr) {
    damage_.Add(record.payload.size(),
                absl::StrCat("byte ", record.offset,
                             ": data of a topic that was not subscribed to"));
    return;
  }
  ++topic->rows;
  if (!topic->unusable.empty()) return;
  const auto data = record.payload.subspan(2);
  int64_t time_ns = 0;
  if (!ReadUlogTime(*topic, data, &time_ns).empty()) return;
  if (!topic->first_ns) topic->first_ns = time_ns;
  topic->last_ns = time_ns;
  for (size_t i = 0; i < topic->layout.fields.size(); ++i) {
    const UlogField& field = topic->layout.fields[i];
    if (!UlogNumberIsExact(field.type, data.data() + field.offset)) {
      topic->rounded.insert(i);
    }
  }
  if (gps_time_.empty()) ScanGpsTime(*topic, data, time_ns);
}

void UlogTopics::ScanGpsTime(const UlogTopic& topic,
                             std::span<const uint8_t> data, int64_t time_ns) {
  constexpr uint64_t kYear9999Us = 253'402'300'800'000'000;
  if (topic.name != "vehicle_gps_position" && topic.name != "sensor_gps") {
    return;
  }
  for (const UlogField& field : topic.layout.fields) {
    if (field.name != "time_utc_usec" || field.type != UlogType::kUint64) {
      continue;
    }
    const auto utc_us = LittleAt<uint64_t>(data.data() + field.offset);
    if (utc_us == 0 || utc_us >= kYear9999Us) return;
    gps_time_ = absl::StrFormat(
        "GPS said %s at %d ns (%s.time_utc_usec); no time is shifted by it",
        UtcText(utc_us), time_ns, topic.name);
  }
}

// Key and value: size u8, "char[5] sys_name", value.
void UlogTopics::ScanInformation(const UlogRecord& record) {
  ++informations_;
  ByteFields fields(record.payload);
  const std::string_view key = TextOf(fields.Take(fields.Number<uint8_t>()));
  const size_t blank = key.find(' ');
  if (!fields.ok() || blank == key.npos || key.substr(0, 5) != "char[") return;
  const std::string name(key.substr(blank + 1));
  if (name != "sys_name" && name != "ver_hw" && name != "ver_sw") return;
  information_[name] =
      PrintableUtf8(TextOf(fields.Take(fields.left())), kShownBytes);
}

void UlogTopics::ScanText(const UlogRecord& record) {
  const auto text = ReadUlogText(record);
  if (!text) {
    damage_.Add(record.payload.size(),
                absl::StrCat("byte ", record.offset,
                             ": a logged line whose time is out of range"));
    return;
  }
  ++texts_;
}

void UlogTopics::AddPart(UlogTopic* topic, Track track,
                         std::vector<UlogField> fields,
                         std::vector<Track>* tracks) {
  track.suffix = names_.Give(track.suffix);
  track.codec = "ulog";
  track.expected_samples = topic->rows;
  track.series.rate_hz = RateOf(*topic);
  for (const UlogField& field : fields) {
    const InertialField* known = FindInertial(topic->name, field.name);
    track.series.channels.push_back(
        track.kind == StreamKind::kImu && known != nullptr
            ? Channel{std::string(known->channel), std::string(known->unit)}
            : Channel{field.name, ""});
  }
  topic->parts.push_back({tracks->size(), std::move(fields)});
  tracks->push_back(std::move(track));
}

void UlogTopics::AddInertial(UlogTopic* topic, std::vector<Track>* tracks) {
  std::vector<UlogField> fields = InertialFields(*topic);
  if (fields.empty()) return;
  Track track;
  track.kind = StreamKind::kImu;
  track.suffix = NameOf(InertialSuffix(topic->name), topic->instance);
  AddPart(topic, std::move(track), std::move(fields), tracks);
}

// What is no inertial channel, in tracks of at most 64 channels.
void UlogTopics::AddSeries(UlogTopic* topic, std::vector<Track>* tracks) {
  const bool inertial = !topic->parts.empty();
  std::vector<UlogField> fields;
  for (size_t i = 0; i < topic->layout.fields.size(); ++i) {
    const UlogField& field = topic->layout.fields[i];
    if (topic->rounded.count(i) > 0 ||
        (inertial && FindInertial(topic->name, field.name) != nullptr)) {
      continue;
    }
    fields.push_back(field);
  }
  for (size_t at = 0; at < fields.size(); at += kMaxChannels) {
    const size_t end = std::min(fields.size(), at + kMaxChannels);
    Track track;
    track.kind = StreamKind::kSeries;
    track.suffix = NameOf(topic->name, topic->instance);
    AddPart(topic, std::move(track),
            {fields.begin() + static_cast<std::ptrdiff_t>(at),
             fields.begin() + static_cast<std::ptrdiff_t>(end)},
            tracks);
  }
}

void UlogTopics::AddRejected(const UlogTopic& topic,
                             std::vector<Track>* tracks) {
  const auto add = [&](const std::string& reason) {
    Track track;
    track.suffix = names_.Give(NameOf(topic.name, topic.instance));
    track.codec = "ulog";
    track.rejected = reason;
    track.expected_samples = topic.rows;
    tracks->push_back(std::move(track));
  };
  if (!topic.unusable.empty() || !topic.first_ns) {
    add(!topic.unusable.empty()
            ? topic.unusable
            : absl::StrCat("none of its ", topic.rows,
                           " messages is as its format has it"));
    return;
  }
  if (topic.layout.fields.empty() && topic.layout.texts.empty()) {
    add("has no field but its time");
  }
  std::vector<std::string> rounded;
  for (const size_t i : topic.rounded) {
    rounded.push_back(topic.layout.fields[i].name);
  }
  if (!rounded.empty()) {
    add(absl::StrCat("64-bit integers that no double holds: ",
                     Listed(rounded)));
  }
  if (!topic.layout.texts.empty()) {
    add(absl::StrCat("text: ", Listed(topic.layout.texts)));
  }
}

void UlogTopics::ChooseMain() {
  const auto is_inertial = [](const UlogTopic& topic) {
    return !InertialFields(topic).empty();
  };
  for (const UlogTopic* topic : order_) {
    if (!topic->first_ns) continue;
    const bool better =
        main_ == nullptr || std::pair(is_inertial(*topic), topic->rows) >
                                std::pair(is_inertial(*main_), main_->rows);
    if (better) main_ = topic;
  }
}

void UlogTopics::MakeTracks(std::vector<Track>* tracks) {
  std::vector<UlogTopic*> usable;
  for (UlogTopic* topic : order_) {
    if (topic->first_ns) usable.push_back(topic);
  }
  ChooseMain();
  for (UlogTopic* topic : usable) AddInertial(topic, tracks);
  for (UlogTopic* topic : usable) AddSeries(topic, tracks);
  for (const UlogTopic* topic : order_) {
    if (topic->rows > 0) AddRejected(*topic, tracks);
  }
  if (texts_ == 0) return;
  Track track;
  track.kind = StreamKind::kOpaque;
  track.suffix = names_.Give("log");
  track.codec = "text";
  track.expected_samples = texts_;
  text_track_ = tracks->size();
  tracks->push_back(std::move(track));
}

std::vector<std::string> UlogTopics::Notes() const {
  std::vector<std::string> notes;
  std::string by;
  for (const auto& [key, value] : information_) {
    absl::StrAppend(&by, by.empty() ? "" : ", ", key, " ", value);
  }
  if (!by.empty()) notes.push_back(by);
  notes.push_back("times count from the start of the logging system");
  if (!gps_time_.empty()) notes.push_back(gps_time_);
  if (parameters_ + informations_ > 0) {
    notes.push_back(absl::StrCat(
        parameters_, " parameters and ", informations_,
        " information messages are no samples and stay behind; --opaque keeps "
        "the whole file"));
  }
  if (dropouts_ > 0) {
    notes.push_back(absl::StrCat("the logger dropped data ", dropouts_,
                                 " times, ", dropout_ms_, " ms in all"));
  }
  if (unknown_ > 0) {
    notes.push_back(absl::StrCat(unknown_,
                                 " messages of types this program "
                                 "does not know are passed over"));
  }
  std::vector<std::string> silent;
  for (const UlogTopic* topic : order_) {
    if (topic->rows == 0)
      silent.push_back(NameOf(topic->name, topic->instance));
  }
  if (!silent.empty()) {
    notes.push_back(absl::StrCat("topics without data: ", Listed(silent)));
  }
  return notes;
}

}  // namespace fovea::codec_internal
