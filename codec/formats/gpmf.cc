// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stream is known by device and key of its data. The scan counts samples
// against packet times, per row and per item, since some streams write one
// sample as a whole item of several rows (predominant hues) and only the
// whole file shows which.

#include "codec/formats/gpmf.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/gpmf_klv.h"
#include "codec/formats/gpmf_names.h"
#include "codec/formats/sample_clock.h"

namespace fovea {
namespace {

constexpr size_t kMaxChannels = 64;

struct StreamState {
  std::string key;
  std::string types;  // of a row
  std::vector<std::string> units;
  std::string orientation;
  std::string device;
  SampleClock rows;
  SampleClock items;
  bool several = false;  // items of this key in one STRM
  bool uneven = false;   // and not all of one number of rows
  size_t rows_an_item = 0;
  std::string unusable;  // why, when it cannot be a series

  size_t fields() const { return types.size(); }
  size_t channels() const {
    return several ? fields() * rows_an_item : fields();
  }
  SampleClock& clock() { return several ? items : rows; }
  int64_t samples() const { return several ? items.total() : rows.total(); }
};

using StreamKey = std::pair<uint32_t, std::string>;

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string PlainUnit(const std::string& unit) {
  if (unit == "m/s\xC2\xB2") return "m/s2";
  if (unit == "\xC2\xB5T") return "uT";
  return unit;
}

// One unit per field, or one for all.
std::vector<std::string> Units(const GpmfStream& stream, size_t fields) {
  const GpmfItem* item = stream.Property("SIUN");
  if (item == nullptr) item = stream.Property("UNIT");
  if (item == nullptr || item->type != 'c') return {};
  std::vector<std::string> units;
  if (item->repeat == fields && fields > 1) {
    for (size_t i = 0; i < fields; ++i) {
      units.push_back(
          PlainUnit(GpmfText(item->data.subspan(i * item->size, item->size))));
    }
  } else {
    units.push_back(PlainUnit(GpmfText(item->data)));
  }
  return units;
}

std::optional<int64_t> ToldCount(const GpmfStream& stream) {
  const GpmfItem* item = stream.Property("TSMP");
  if (item == nullptr || item->type != 'L') return std::nullopt;
  const auto numbers = GpmfNumbers(*item);
  if (numbers.size() != 1) return std::nullopt;
  return static_cast<int64_t>(numbers[0]);
}

// Divisor of each field.
std::vector<double> Scales(const GpmfStream& stream, size_t fields) {
  std::vector<double> scales;
  if (const GpmfItem* item = stream.Property("SCAL")) {
    scales = GpmfNumbers(*item);
  }
  if (scales.size() == 1) scales.assign(fields, scales[0]);
  scales.resize(fields, 1);
  for (double& scale : scales) {
    if (scale == 0) scale = 1;
  }
  return scales;
}

int64_t RowCount(const GpmfStream& stream) {
  size_t rows = 0;
  for (const GpmfItem& item : stream.data) rows += item.repeat;
  return static_cast<int64_t>(rows);
}

void AppendRows(const GpmfStream& stream, const std::string& types,
                std::vector<double>* values) {
  const std::vector<double> scales = Scales(stream, types.size());
  for (const GpmfItem& item : stream.data) {
    const uint8_t* at = item.data.data();
    for (size_t row = 0; row < item.repeat; ++row) {
      for (size_t i = 0; i < types.size(); ++i) {
        values->push_back(GpmfNumber(types[i], at) / scales[i]);
        at += GpmfTypeSize(types[i]);
      }
    }
  }
}

std::string WhyUnusable(const std::string& types) {
  if (types.empty()) return "type is not understood";
  for (const char type : types) {
    if (!GpmfTypeIsNumeric(type)) return "has fields that are not numbers";
  }
  return types.size() > kMaxChannels ? "has more than 64 fields" : "";
}

std::vector<Channel> Channels(const StreamState& stream) {
  const GpmfSensor* known = FindGpmfSensor(stream.key);
  std::vector<Channel> channels;
  for (size_t i = 0; i < stream.channels(); ++i) {
    Channel channel;
    const bool named = known != nullptr && i < known->channels.size() &&
                       known->channels[i] != nullptr;
    channel.name = named ? std::string(known->channels[i])
                   : stream.channels() == 1
                       ? Lower(stream.key)
                       : absl::StrCat(Lower(stream.key), "_", i + 1);
    if (!stream.units.empty()) {
      const size_t field = i % stream.fields();
      channel.unit =
          stream.units.size() == 1 ? stream.units[0] : stream.units[field];
    }
    channels.push_back(std::move(channel));
  }
  return channels;
}

}  // namespace

class GpmfReader::State {
 public:
  explicit State(const FormatLimits& limits) : limits_(limits) {}

  absl::Status CheckSize(const GpmfPayload& payload) const {
    if (payload.bytes.size() <= limits_.max_gpmf_payload_bytes) {
      return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(
        absl::StrCat("GPMF payload of ", payload.bytes.size(),
                     " bytes, at most ", limits_.max_gpmf_payload_bytes));
  }

  absl::Status Walk(const GpmfPayload& payload,
                    const std::function<void(const GpmfStream&)>& visit) {
    const absl::Status size = CheckSize(payload);
    if (!size.ok()) return size;
    // Once over without effect, so that a damaged payload leaves no trace.
    const absl::Status whole = WalkGpmf(payload.bytes, limits_.max_gpmf_depth,
                                        [](const GpmfStream&) {});
    if (!whole.ok()) return whole;
    return WalkGpmf(payload.bytes, limits_.max_gpmf_depth, visit);
  }

  absl::Status Scan(const GpmfPayload& payload);
  std::vector<Track> Tracks();
  absl::Status Read(const GpmfPayload& payload,
                    std::vector<std::pair<int, SeriesBatch>>* out);
  std::vector<std::string> Notes() const;
  std::vector<std::string> Skipped() const;

 private:
  void ScanStream(const GpmfStream& stream, const GpmfPayload& payload);
  void ScanProperties(const GpmfStream& stream);
  void ComparePairs(const std::map<StreamKey, int64_t>& counts);
  bool IsPaired(const StreamKey& key) const;
  void JudgeStreams();
  void AddTrack(const StreamKey& key, StreamState* stream,
                std::vector<Track>* tracks);
  std::string UniqueSuffix(const std::string& wanted,
                           const std::vector<Track>& tracks) const;
  bool Matches(const GpmfStream& stream, const StreamState& state) const;
  absl::Status MergeImu(const std::map<StreamKey, SeriesBatch>& halves,
                        std::vector<std::pair<int, SeriesBatch>>* out);

  const FormatLimits limits_;
  std::map<StreamKey, StreamState> streams_;
  std::vector<StreamKey> order_;  // first met first
  std::map<StreamKey, int> track_of_;
  std::map<std::string, int64_t> skipped_;  // properties, values met
  std::map<uint32_t, bool> counts_differ_;  // ACCL and GYRO, by device
  bool too_many_ = false;
};

void GpmfReader::State::ScanProperties(const GpmfStream& stream) {
  for (const GpmfItem& item : stream.properties) {
    const bool understood =
        std::find(kGpmfUnderstood.begin(), kGpmfUnderstood.end(), item.key) !=
        kGpmfUnderstood.end();
    if (!understood && (skipped_.size() < 256 || skipped_.count(item.key))) {
      ++skipped_[item.key];
    }
  }
}

void GpmfReader::State::ScanStream(const GpmfStream& stream,
                                   const GpmfPayload& payload) {
  ScanProperties(stream);
  const StreamKey key(stream.device, stream.data.back().key);
  const std::string types = GpmfRowTypes(stream, stream.data.back());
  auto [found, fresh] = streams_.try_emplace(key);
  StreamState& state = found->second;
  if (fresh) {
    order_.push_back(key);
    state.key = key.second;
    state.types = types;
    state.unusable = WhyUnusable(types);
    state.units = Units(stream, types.size());
    state.device = stream.device_name;
    if (const GpmfItem* orin = stream.Property("ORIN")) {
      state.orientation = GpmfText(orin->data);
    }
  }
  for (const GpmfItem& item : stream.data) {
    if (GpmfRowTypes(stream, item) != state.types && state.unusable.empty()) {
      state.unusable = "changes its type";
    }
    if (state.items.total() > 0 || &item != &stream.data.front()) {
      state.uneven |= item.repeat != state.rows_an_item;
    }
    state.rows_an_item = item.repeat;
  }
  state.several |= stream.data.size() > 1;
  const auto told = ToldCount(stream);
  state.rows.Add(RowCount(stream), told, payload.start_ns, payload.duration_ns);
  state.items.Add(static_cast<int64_t>(stream.data.size()), told,
                  payload.start_ns, payload.duration_ns);
}

void GpmfReader::State::ComparePairs(
    const std::map<StreamKey, int64_t>& counts) {
  for (const auto& [key, count] : counts) {
    if (key.second != "ACCL" && key.second != "GYRO") continue;
    const auto other =
        counts.find({key.first, key.second == "ACCL" ? "GYRO" : "ACCL"});
    if (other == counts.end() || other->second != count) {
      counts_differ_[key.first] = true;
    }
  }
}

absl::Status GpmfReader::State::Scan(const GpmfPayload& payload) {
  std::map<StreamKey, int64_t> counts;
  const absl::Status status = Walk(payload, [&](const GpmfStream& stream) {
    const StreamKey key(stream.device, stream.data.back().key);
    if (streams_.count(key) == 0 &&
        streams_.size() >= static_cast<size_t>(limits_.max_tracks)) {
      too_many_ = true;
      return;
    }
    counts[key] += RowCount(stream);
    ScanStream(stream, payload);
  });
  if (!status.ok()) return status;
  ComparePairs(counts);
  if (too_many_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("GPMF: more than ", limits_.max_tracks, " streams"));
  }
  return absl::OkStatus();
}

bool GpmfReader::State::IsPaired(const StreamKey& key) const {
  if (key.second != "ACCL" && key.second != "GYRO") return false;
  if (counts_differ_.count(key.first) != 0) return false;
  for (const char* name : {"ACCL", "GYRO"}) {
    const auto found = streams_.find({key.first, name});
    if (found == streams_.end() || found->second.channels() != 3 ||
        !found->second.unusable.empty() || found->second.several) {
      return false;
    }
  }
  return true;
}

std::string GpmfReader::State::UniqueSuffix(
    const std::string& wanted, const std::vector<Track>& tracks) const {
  std::string suffix = wanted;
  for (int n = 2;; ++n) {
    const bool taken =
        std::any_of(tracks.begin(), tracks.end(),
                    [&](const Track& track) { return track.suffix == suffix; });
    if (!taken) return suffix;
    suffix = absl::StrCat(wanted, "_", n);
  }
}

void GpmfReader::State::AddTrack(const StreamKey& key, StreamState* stream,
                                 std::vector<Track>* tracks) {
  const bool paired = IsPaired(key);
  const bool inertial = key.second == "ACCL" || key.second == "GYRO";
  const GpmfSensor* known = FindGpmfSensor(key.second);
  Track track;
  track.kind = inertial ? StreamKind::kImu : StreamKind::kSeries;
  track.suffix = UniqueSuffix(paired             ? "imu"
                              : known != nullptr ? known->suffix
                                                 : Lower(key.second),
                              *tracks);
  track.codec = "gpmf";
  track.expected_samples = stream->samples();
  const double period = stream->clock().PeriodNs();
  track.series.rate_hz = period > 0 ? 1e9 / period : 0;
  track.series.channels = Channels(*stream);
  track.series.device = stream->device;
  track.series.axes = stream->orientation;
  const auto index = static_cast<int>(tracks->size());
  track_of_[key] = index;
  if (paired) {
    const StreamKey accel(key.first, "ACCL");
    const StreamKey gyro(key.first, "GYRO");
    track.series.channels = Channels(streams_.at(gyro));
    for (Channel& channel : Channels(streams_.at(accel))) {
      track.series.channels.push_back(std::move(channel));
    }
    track_of_[accel] = index;
    track_of_[gyro] = index;
  }
  tracks->push_back(std::move(track));
}

void GpmfReader::State::JudgeStreams() {
  for (auto& [key, stream] : streams_) {
    stream.rows.Rewind();
    stream.items.Rewind();
    if (stream.unusable.empty() && stream.several &&
        (stream.uneven || stream.channels() > kMaxChannels)) {
      stream.unusable = "its number of rows varies";
    }
    if (stream.unusable.empty() &&
        (stream.samples() == 0 || stream.channels() == 0)) {
      stream.unusable = "holds no sample";
    }
  }
}

std::vector<Track> GpmfReader::State::Tracks() {
  std::vector<Track> tracks;
  track_of_.clear();
  JudgeStreams();  // all of them first: pairing looks at both halves
  for (const StreamKey& key : order_) {
    StreamState& stream = streams_.at(key);
    if (stream.unusable.empty() && track_of_.count(key) == 0) {
      AddTrack(key, &stream, &tracks);
    }
  }
  return tracks;
}

bool GpmfReader::State::Matches(const GpmfStream& stream,
                                const StreamState& state) const {
  for (const GpmfItem& item : stream.data) {
    if (GpmfRowTypes(stream, item) != state.types) return false;
    if (state.several && item.repeat != state.rows_an_item) return false;
  }
  return state.several || stream.data.size() == 1;
}

// Gyroscope and accelerometer samples side by side.
absl::Status GpmfReader::State::MergeImu(
    const std::map<StreamKey, SeriesBatch>& halves,
    std::vector<std::pair<int, SeriesBatch>>* out) {
  for (const auto& [key, half] : halves) {
    const bool is_accel = key.second == "ACCL";
    const auto other = halves.find({key.first, is_accel ? "GYRO" : "ACCL"});
    if (other == halves.end() ||
        other->second.time_ns.size() != half.time_ns.size()) {
      return absl::DataLossError(
          "GPMF: counts of ACCL and GYRO differ from the scan");
    }
    if (!is_accel) continue;
    const std::vector<double>& gyro = other->second.values;
    SeriesBatch batch;
    batch.time_ns = half.time_ns;
    batch.values.reserve(gyro.size() + half.values.size());
    for (size_t at = 0; at < gyro.size(); at += 3) {
      batch.values.insert(batch.values.end(), &gyro[at], &gyro[at] + 3);
      batch.values.insert(batch.values.end(), &half.values[at],
                          &half.values[at] + 3);
    }
    out->emplace_back(track_of_.at(key), std::move(batch));
  }
  return absl::OkStatus();
}

absl::Status GpmfReader::State::Read(
    const GpmfPayload& payload, std::vector<std::pair<int, SeriesBatch>>* out) {
  std::map<StreamKey, SeriesBatch> halves;
  absl::Status changed;
  const absl::Status status = Walk(payload, [&](const GpmfStream& stream) {
    const StreamKey key(stream.device, stream.data.back().key);
    const auto track = track_of_.find(key);
    if (track == track_of_.end()) return;
    StreamState& state = streams_.at(key);
    if (!Matches(stream, state)) {
      changed = absl::DataLossError(
          absl::StrCat("GPMF offset ", stream.data.back().offset, ": '",
                       key.second, "' differs from the scan"));
      return;
    }
    const int64_t samples = state.several
                                ? static_cast<int64_t>(stream.data.size())
                                : RowCount(stream);
    SeriesBatch batch;
    const int64_t first = state.clock().Before(samples, ToldCount(stream));
    for (int64_t i = 0; i < samples; ++i) {
      batch.time_ns.push_back(state.clock().TimeOf(first + i));
    }
    AppendRows(stream, state.types, &batch.values);
    if (samples == 0) return;
    if (!IsPaired(key)) {
      out->emplace_back(track->second, std::move(batch));
      return;
    }
    SeriesBatch& half = halves[key];
    half.time_ns.insert(half.time_ns.end(), batch.time_ns.begin(),
                        batch.time_ns.end());
    half.values.insert(half.values.end(), batch.values.begin(),
                       batch.values.end());
  });
  if (!status.ok()) return status;
  if (!changed.ok()) return changed;
  return MergeImu(halves, out);
}

std::vector<std::string> GpmfReader::State::Notes() const {
  std::vector<std::string> notes;
  for (const StreamKey& key : order_) {
    const StreamState& stream = streams_.at(key);
    if (stream.orientation.empty() || track_of_.count(key) == 0) continue;
    notes.push_back(absl::StrCat(
        key.second, ": axes in the file's order; ORIN ", stream.orientation,
        " (the camera axis each one points along, lower case: reversed)"));
  }
  return notes;
}

std::vector<std::string> GpmfReader::State::Skipped() const {
  std::vector<std::string> skipped;
  for (const StreamKey& key : order_) {
    const StreamState& stream = streams_.at(key);
    if (stream.unusable.empty()) continue;
    skipped.push_back(absl::StrCat(key.second, ": ", stream.rows.total(),
                                   " rows, ", stream.unusable));
  }
  for (const auto& [key, count] : skipped_) {
    skipped.push_back(
        absl::StrCat(key, ": ", count, " values, one per packet at most"));
  }
  return skipped;
}

GpmfReader::GpmfReader(const FormatLimits& limits)
    : state_(std::make_unique<State>(limits)) {}
GpmfReader::~GpmfReader() = default;

absl::Status GpmfReader::Scan(const GpmfPayload& payload) {
  return state_->Scan(payload);
}

std::vector<Track> GpmfReader::Tracks() { return state_->Tracks(); }

std::vector<std::string> GpmfReader::Notes() const { return state_->Notes(); }

std::vector<std::string> GpmfReader::Skipped() const {
  return state_->Skipped();
}

absl::Status GpmfReader::Read(const GpmfPayload& payload,
                              std::vector<std::pair<int, SeriesBatch>>* out) {
  return state_->Read(payload, out);
}

}  // namespace fovea
