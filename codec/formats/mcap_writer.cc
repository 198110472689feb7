// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/mcap_writer.h"

#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/formats/internal/foxglove_messages.h"
#include "codec/formats/internal/markup_text.h"
#include "codec/formats/internal/mcap_file.h"
#include "codec/formats/internal/ros_imu.h"
#include "codec/h264_syntax.h"

namespace fovea {
namespace {

using codec_internal::InertialSample;
using codec_internal::JsonText;
using codec_internal::NumberText;

constexpr size_t kMaxUnitBytes = size_t{1} << 30;
constexpr int64_t kRosEndNs = (int64_t{1} << 31) * 1'000'000'000;
constexpr double kDegree = std::numbers::pi / 180;
constexpr double kStandardGravity = 9.80665;  // m/s2, by definition

struct VideoChannel {
  NalFraming framing = kAnnexB;
  std::string frame_id;
  std::string sets;  // start-coded parameter sets in force
  std::optional<int64_t> pts;
};
struct BoxesChannel {};
// Where a vector's components are in a sample, and what makes them SI.
struct VectorPlace {
  std::array<size_t, 3> index{};
  double scale = 1;
};
struct ImuChannel {
  size_t channels = 0;
  std::string frame_id;
  std::optional<VectorPlace> gyro, accel;
};
struct SeriesChannel {
  std::vector<std::string> keys;  // `"name": ` of each value
};
using AnyChannel =
    std::variant<VideoChannel, BoxesChannel, ImuChannel, SeriesChannel>;

absl::Status Invalid(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

void AppendNal(std::span<const uint8_t> nal, std::string* out) {
  constexpr std::string_view kStartCode("\0\0\0\1", 4);
  out->append(kStartCode);
  out->append(reinterpret_cast<const char*>(nal.data()), nal.size());
}

absl::Status CheckOrder(const AccessUnit& unit, const VideoChannel& video) {
  if (unit.data.size() > kMaxUnitBytes) {
    return Invalid(absl::StrCat(unit.data.size(), " bytes"));
  }
  if (!video.pts && !unit.keyframe) {
    return Invalid("the first picture is no keyframe");
  }
  if (video.pts && unit.pts <= *video.pts) {
    return Invalid(absl::StrCat(
        "comes after pts ", *video.pts,
        "; CompressedVideo cannot hold B pictures: code it without"));
  }
  return absl::OkStatus();
}

// The unit as Annex B; a keyframe without parameter sets gets those in
// force, after a delimiter where it begins with one.
absl::StatusOr<std::string> Framed(const AccessUnit& unit,
                                   VideoChannel* video) {
  if (absl::Status s = CheckOrder(unit, *video); !s.ok()) return s;
  const std::span<const uint8_t> bytes(unit.data);
  const auto split = SplitAccessUnit(bytes, video->framing, {});
  if (!split.ok()) return split.status();
  std::string own;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = bytes.subspan(piece.offset, piece.size);
    if (IsParameterSet(NalTypeOf(nal))) AppendNal(nal, &own);
  }
  if (!own.empty()) video->sets = own;
  bool wanted = unit.keyframe && own.empty();
  if (wanted && video->sets.empty()) {
    return Invalid("a keyframe and no parameter sets for it");
  }
  std::string out;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = bytes.subspan(piece.offset, piece.size);
    if (wanted && NalTypeOf(nal) != kNalDelimiter) {
      out += video->sets;
      wanted = false;
    }
    AppendNal(nal, &out);
  }
  return out;
}

absl::StatusOr<std::optional<VectorPlace>> FindVector(
    const SeriesInfo& info, const std::string& name,
    const std::string& other_unit, double other_scale,
    const std::string& unit) {
  VectorPlace place;
  for (size_t axis = 0; axis < 3; ++axis) {
    const std::string wanted = name + "_" + std::string("xyz").substr(axis, 1);
    size_t i = 0;
    while (i < info.channels.size() && info.channels[i].name != wanted) ++i;
    if (i == info.channels.size()) return std::optional<VectorPlace>();
    place.index[axis] = i;
    const std::string& found = info.channels[i].unit;
    const bool other = found == other_unit;
    if (!other && !found.empty() && found != unit) {
      return Invalid(absl::StrCat("channel ", wanted, " is in '", found,
                                  "', expected ", unit, " or ", other_unit));
    }
    place.scale = other ? other_scale : 1;
  }
  return place;
}

std::optional<std::array<double, 3>> Vector(
    const std::optional<VectorPlace>& place, const double* sample) {
  if (!place) return std::nullopt;
  std::array<double, 3> vector;
  for (size_t axis = 0; axis < 3; ++axis) {
    vector[axis] = sample[place->index[axis]] * place->scale;
  }
  return vector;
}

std::vector<std::string> UniqueNames(const SeriesInfo& info) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const auto& channel : info.channels) {
    std::string name = channel.name;
    for (int i = 2; !taken.insert(name).second; ++i) {
      name = absl::StrCat(channel.name, "_", i);
    }
    names.push_back(name);
  }
  return names;
}

std::string SeriesSchema(const SeriesInfo& info,
                         const std::vector<std::string>& names) {
  std::string properties;
  for (size_t i = 0; i < names.size(); ++i) {
    absl::StrAppend(&properties, i > 0 ? "," : "", JsonText(names[i]),
                    ":{\"type\":\"number\",\"description\":",
                    JsonText(info.channels[i].unit), "}");
  }
  return absl::StrCat("{\"type\":\"object\",\"properties\":{", properties,
                      "}}");
}

}  // namespace

class McapWriter::State {
 public:
  State(std::string path, std::unique_ptr<codec_internal::McapFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  // `name` and `encoding` of the schema; one that is there already is used
  // again.
  absl::StatusOr<McapChannel> Add(const std::string& topic,
                                  std::string_view message_encoding,
                                  std::string_view name,
                                  std::string_view encoding,
                                  const std::string& definition,
                                  AnyChannel channel) {
    if (file_ == nullptr) return Closed();
    const std::string fault = codec_internal::TextFault(topic);
    if (topic.empty() || !fault.empty() || topics_.count(topic) > 0) {
      return Fail(Invalid(absl::StrCat("topic '", topic, "' ",
                                       !fault.empty()  ? fault
                                       : topic.empty() ? "is empty"
                                                       : "is taken")));
    }
    auto schema = schemas_.find(std::string(name));
    if (schema == schemas_.end()) {
      const auto id = file_->AddSchema(name, encoding, definition);
      if (!id.ok()) return Fail(id.status());
      schema = schemas_.emplace(name, *id).first;
    }
    const auto id =
        file_->AddChannel(schema->second, topic, message_encoding, {});
    if (!id.ok()) return Fail(id.status());
    topics_.insert(topic);
    channels_.push_back(std::move(channel));
    return McapChannel{*id};
  }

  absl::Status Write(McapChannel channel, int64_t time_ns,
                     const std::string& message) {
    return Fail(
        file_->AddMessage(channel.id, static_cast<uint64_t>(time_ns), message));
  }

  // Null, with `status` set, for another kind of channel, a closed file or a
  // time that MCAP cannot say.
  template <typename Kind>
  Kind* Find(McapChannel channel, int64_t time_ns, absl::Status* status) {
    *status = file_ == nullptr ? Closed() : absl::OkStatus();
    if (!status->ok()) return nullptr;
    Kind* found = Get<Kind>(channel);
    if (found == nullptr) {
      *status = Fail(
          Invalid(absl::StrCat("channel ", channel.id, " is of another kind")));
    } else if (time_ns < 0) {
      *status = Fail(Invalid(absl::StrCat("a message at ", time_ns,
                                          " ns; MCAP's times begin at 0")));
      found = nullptr;
    }
    return found;
  }
  bool IsImu(McapChannel channel) {
    return Get<ImuChannel>(channel) != nullptr;
  }
  size_t WidthOf(McapChannel channel) {
    if (const auto* imu = Get<ImuChannel>(channel)) return imu->channels;
    const auto* series = Get<SeriesChannel>(channel);
    return series != nullptr ? series->keys.size() : 0;
  }

  absl::Status Fail(const absl::Status& status) const {
    return codec_internal::At("cannot write " + path_, status);
  }
  absl::Status Closed() const {
    return absl::FailedPreconditionError(path_ + " is closed already");
  }

  absl::Status Close() {
    if (file_ == nullptr) return Closed();
    absl::Status s = file_->Finish();
    file_.reset();
    return s;
  }

 private:
  // Null for another kind.
  template <typename Kind>
  Kind* Get(McapChannel channel) {
    const bool known = channel.id >= 1 && channel.id <= channels_.size();
    return known ? std::get_if<Kind>(&channels_[channel.id - size_t{1}])
                 : nullptr;
  }

  const std::string path_;
  std::unique_ptr<codec_internal::McapFile> file_;
  std::set<std::string> topics_;
  std::map<std::string, uint16_t> schemas_;
  std::vector<AnyChannel> channels_;  // by id, from 1
};

McapWriter::McapWriter(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
McapWriter::~McapWriter() = default;

absl::StatusOr<std::unique_ptr<McapWriter>> McapWriter::Create(
    const std::string& path, const McapOptions& options) {
  auto file = codec_internal::McapFile::Create(path, options.compress,
                                               options.chunk_bytes);
  if (!file.ok()) return file.status();
  return std::unique_ptr<McapWriter>(
      new McapWriter(std::make_unique<State>(path, *std::move(file))));
}

absl::StatusOr<McapChannel> McapWriter::AddVideoChannel(
    const std::string& topic, const McapVideo& video) {
  const auto config = ParseCodecConfig(video.codec_config, {});
  if (!config.ok()) return state_->Fail(config.status());
  VideoChannel channel{video.framing, video.frame_id, "", std::nullopt};
  for (const auto nal : config->parameter_sets) AppendNal(nal, &channel.sets);
  return state_->Add(topic, "protobuf", codec_internal::kCompressedVideo,
                     "protobuf", codec_internal::CompressedVideoSchema(),
                     std::move(channel));
}

absl::StatusOr<McapChannel> McapWriter::AddBoxesChannel(
    const std::string& topic) {
  return state_->Add(topic, "protobuf", codec_internal::kImageAnnotations,
                     "protobuf", codec_internal::ImageAnnotationsSchema(),
                     BoxesChannel());
}

absl::StatusOr<McapChannel> McapWriter::AddImuChannel(
    const std::string& topic, const SeriesInfo& info,
    const std::string& frame_id) {
  const auto gyro = FindVector(info, "gyro", "deg/s", kDegree, "rad/s");
  if (!gyro.ok()) return state_->Fail(gyro.status());
  const auto accel = FindVector(info, "accel", "g", kStandardGravity, "m/s2");
  if (!accel.ok()) return state_->Fail(accel.status());
  if (!gyro->has_value() && !accel->has_value()) {
    return state_->Fail(Invalid(
        "expected channels gyro_x, _y, _z or accel_x, _y, _z, found neither"));
  }
  return state_->Add(topic, "cdr", codec_internal::kRosImu, "ros2msg",
                     codec_internal::RosImuSchema(),
                     ImuChannel{info.channels.size(), frame_id, *gyro, *accel});
}

absl::StatusOr<McapChannel> McapWriter::AddSeriesChannel(
    const std::string& topic, const SeriesInfo& info) {
  const std::vector<std::string> names = UniqueNames(info);
  SeriesChannel channel;
  for (const std::string& name : names) {
    channel.keys.push_back(JsonText(name) + ":");
  }
  // Viewers tell schemas apart by name, so each series has its own.
  return state_->Add(topic, "json", "fovea.Series" + topic, "jsonschema",
                     SeriesSchema(info, names), std::move(channel));
}

absl::Status McapWriter::WriteVideo(McapChannel channel,
                                    const AccessUnit& unit) {
  absl::Status status;
  auto* video = state_->Find<VideoChannel>(channel, unit.time_ns, &status);
  if (video == nullptr) return status;
  const auto framed = Framed(unit, video);
  if (!framed.ok()) {
    return state_->Fail(codec_internal::At(
        absl::StrCat("access unit at pts ", unit.pts), framed.status()));
  }
  video->pts = unit.pts;
  return state_->Write(
      channel, unit.time_ns,
      codec_internal::CompressedVideoMessage(
          static_cast<uint64_t>(unit.time_ns), video->frame_id, *framed));
}

absl::Status McapWriter::WriteBoxes(McapChannel channel, int64_t time_ns,
                                    std::span<const AnnotatedBox> boxes) {
  absl::Status status;
  if (!state_->Find<BoxesChannel>(channel, time_ns, &status)) return status;
  return state_->Write(channel, time_ns,
                       codec_internal::ImageAnnotationsMessage(
                           static_cast<uint64_t>(time_ns), boxes));
}

absl::Status McapWriter::WriteSamples(McapChannel channel,
                                      const SeriesBatch& batch) {
  absl::Status status;
  const size_t width = state_->WidthOf(channel);
  if (batch.values.size() != batch.time_ns.size() * width) {
    return state_->Fail(
        Invalid(absl::StrCat(batch.values.size(), " values for ",
                             batch.time_ns.size(), " samples of ", width)));
  }
  for (size_t i = 0; i < batch.time_ns.size() && status.ok(); ++i) {
    status = state_->IsImu(channel) ? WriteImu(channel, batch, i)
                                    : WriteSeries(channel, batch, i);
  }
  return status;
}

absl::Status McapWriter::WriteImu(McapChannel channel, const SeriesBatch& batch,
                                  size_t row) {
  absl::Status status;
  const int64_t time_ns = batch.time_ns[row];
  const auto* imu = state_->Find<ImuChannel>(channel, time_ns, &status);
  if (imu == nullptr) return status;
  if (time_ns >= kRosEndNs) {
    return state_->Fail(
        Invalid(absl::StrCat("a sample at ", time_ns,
                             " ns; the seconds of a ROS message end in 2038")));
  }
  const double* const sample = batch.values.data() + row * imu->channels;
  return state_->Write(
      channel, time_ns,
      codec_internal::RosImuMessage(
          static_cast<uint64_t>(time_ns), imu->frame_id,
          {Vector(imu->gyro, sample), Vector(imu->accel, sample)}));
}

absl::Status McapWriter::WriteSeries(McapChannel channel,
                                     const SeriesBatch& batch, size_t row) {
  absl::Status status;
  const int64_t time_ns = batch.time_ns[row];
  const auto* series = state_->Find<SeriesChannel>(channel, time_ns, &status);
  if (series == nullptr) return status;
  std::string message = "{";
  for (size_t i = 0; i < series->keys.size(); ++i) {
    const double value = batch.values[row * series->keys.size() + i];
    if (!std::isfinite(value)) continue;
    absl::StrAppend(&message, message.size() > 1 ? "," : "", series->keys[i],
                    NumberText(value));
  }
  return state_->Write(channel, time_ns, message + "}");
}

absl::Status McapWriter::Close() { return state_->Close(); }

}  // namespace fovea
