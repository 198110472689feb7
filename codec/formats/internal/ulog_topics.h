// SPDX-License-Identifier: GPL-2.0-or-later
//
// The topics a ULog file subscribes to, and the tracks their fields make.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ULOG_TOPICS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ULOG_TOPICS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "codec/formats/internal/file_damage.h"
#include "codec/formats/internal/track_names.h"
#include "codec/formats/internal/ulog_format.h"
#include "codec/formats/internal/ulog_records.h"
#include "codec/formats/source.h"

namespace fovea::codec_internal {

// Fields that become one track.
struct UlogPart {
  size_t track = 0;
  std::vector<UlogField> fields;
};

struct UlogTopic {
  std::string name;
  int instance = 0;     // of several alike sensors
  uint64_t offset = 0;  // of the subscription
  UlogLayout layout;
  std::string unusable;  // why, when its data cannot be read
  int64_t rows = 0;
  std::optional<int64_t> first_ns, last_ns;
  std::set<size_t> rounded;  // fields that no double holds
  std::vector<UlogPart> parts;
};

// A logged line of text: level as a digit, then the line.
struct UlogText {
  int64_t time_ns = 0;
  std::vector<uint8_t> line;
};

// Microseconds as nanoseconds; nullopt beyond 292 years.
std::optional<int64_t> UlogTimeNs(uint64_t time_us);

// Time of a data message without its id; "" or why the message is none.
std::string ReadUlogTime(const UlogTopic& topic, std::span<const uint8_t> data,
                         int64_t* time_ns);

// Of a message of type L or C; nullopt when its time is out of range.
std::optional<UlogText> ReadUlogText(const UlogRecord& record);

// Scan() every record, then MakeTracks() once.
class UlogTopics {
 public:
  explicit UlogTopics(const FormatLimits& limits)
      : limits_(limits), formats_(limits) {}

  // kResourceExhausted: limits.
  absl::Status Scan(const UlogRecord& record);
  void MakeTracks(std::vector<Track>* tracks);

  // Whose data the record, of type D, is: null for one that no subscription
  // goes before. A pointer stays good.
  UlogTopic* Find(const UlogRecord& record);

  std::optional<size_t> text_track() const { return text_track_; }

  // Whose times stand for the recording's: the inertial topic, else any,
  // with most rows. Others may tell of things long before or to come. Null:
  // no topic can be read.
  const UlogTopic* main() const { return main_; }
  const FileDamage& damage() const { return damage_; }

  // For the user: what was logged by what, GPS time, what is left out.
  std::vector<std::string> Notes() const;

 private:
  absl::Status ScanSubscription(const UlogRecord& record);
  void ScanData(const UlogRecord& record);
  void ScanGpsTime(const UlogTopic& topic, std::span<const uint8_t> data,
                   int64_t time_ns);
  void ScanInformation(const UlogRecord& record);
  void ScanText(const UlogRecord& record);
  void ChooseMain();
  void AddInertial(UlogTopic* topic, std::vector<Track>* tracks);
  void AddSeries(UlogTopic* topic, std::vector<Track>* tracks);
  void AddPart(UlogTopic* topic, Track track, std::vector<UlogField> fields,
               std::vector<Track>* tracks);
  void AddRejected(const UlogTopic& topic, std::vector<Track>* tracks);

  const FormatLimits limits_;
  UlogFormats formats_;
  std::map<uint16_t, UlogTopic> topics_;  // by message id
  std::vector<UlogTopic*> order_;         // of subscription
  size_t channels_ = 0;
  TrackNames names_;
  std::map<std::string, std::string> information_;  // that notes tell
  int64_t parameters_ = 0, informations_ = 0, texts_ = 0, unknown_ = 0;
  int64_t dropouts_ = 0, dropout_ms_ = 0;
  std::string gps_time_;
  std::optional<size_t> text_track_;
  const UlogTopic* main_ = nullptr;
  FileDamage damage_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ULOG_TOPICS_H_
