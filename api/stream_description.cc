// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stream_description.h"

#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace fovea {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

// As get<Int>(), which takes any number and bends it.
template <typename Int>
Int Whole(const Json& j) {
  const bool fits =
      j.is_number_unsigned()
          ? std::in_range<Int>(j.get<uint64_t>())
          : j.is_number_integer() && std::in_range<Int>(j.get<int64_t>());
  if (!fits) {
    throw std::range_error(
        absl::StrCat("expected a whole number in range, "
                     "found another ",
                     j.type_name()));
  }
  return j.get<Int>();
}

Json FromRational(Rational r) { return Json::array({r.num, r.den}); }

Rational ToRational(const Json& j) {
  Rational r{Whole<int32_t>(j.at(0)), Whole<int32_t>(j.at(1))};
  if (r.num < 0 || r.den <= 0) r = {};
  return r;
}

std::string ToHex(const std::vector<uint8_t>& bytes) {
  return absl::BytesToHexString(
      std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::vector<uint8_t> FromHex(const std::string& hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

Json FromCamera(const CameraInfo& camera) {
  return {{"width", camera.width},
          {"height", camera.height},
          {"time_base", FromRational(camera.time_base)},
          {"frame_rate", FromRational(camera.frame_rate)},
          {"sample_aspect", FromRational(camera.sample_aspect)},
          {"rotation", camera.rotation_degrees},
          {"full_range", camera.color.full_range},
          {"primaries", camera.color.primaries},
          {"transfer", camera.color.transfer},
          {"matrix", camera.color.matrix},
          {"source_bit_depth", camera.bit_depth},
          {"interlaced", camera.interlaced}};
}

CameraInfo ToCamera(const Json& j) {
  CameraInfo camera;
  camera.width = Whole<int>(j.at("width"));
  camera.height = Whole<int>(j.at("height"));
  camera.time_base = ToRational(j.at("time_base"));
  camera.frame_rate = ToRational(j.at("frame_rate"));
  camera.sample_aspect = ToRational(j.at("sample_aspect"));
  camera.rotation_degrees = Whole<int>(j.at("rotation"));
  camera.color.full_range = j.at("full_range").get<bool>();
  camera.color.primaries = Whole<uint8_t>(j.at("primaries"));
  camera.color.transfer = Whole<uint8_t>(j.at("transfer"));
  camera.color.matrix = Whole<uint8_t>(j.at("matrix"));
  camera.bit_depth = Whole<int>(j.at("source_bit_depth"));
  camera.interlaced = j.at("interlaced").get<bool>();
  return camera;
}

Json FromSeries(const SeriesInfo& series) {
  Json channels = Json::array();
  for (const Channel& channel : series.channels) {
    channels.push_back({{"name", channel.name}, {"unit", channel.unit}});
  }
  Json j = {{"channels", std::move(channels)}, {"rate_hz", series.rate_hz}};
  if (!series.device.empty()) j["device"] = series.device;
  if (!series.axes.empty()) j["axes"] = series.axes;
  if (!series.calibration.empty()) j["calibration"] = series.calibration;
  return j;
}

SeriesInfo ToSeries(const Json& j) {
  SeriesInfo series;
  for (const Json& channel : j.at("channels")) {
    series.channels.push_back({channel.at("name").get<std::string>(),
                               channel.at("unit").get<std::string>()});
  }
  series.rate_hz = j.at("rate_hz").get<double>();
  series.device = j.value("device", "");
  series.axes = j.value("axes", "");
  series.calibration = j.value("calibration", "");
  return series;
}

Json FromOverlap(const OverlapNote& note) {
  return {{"with_id", note.with_id},
          {"with", note.with},
          {"homography", note.homography.m},
          {"columns", note.mask.columns},
          {"rows", note.mask.rows},
          {"mask", MaskText(note.mask)},
          {"qp_offset", note.qp_offset},
          {"at_ingest", note.at_ingest},
          {"next_index", note.next_index},
          {"done", note.done},
          {"gops_reduced", note.gops_reduced},
          {"gops_kept", note.gops_kept},
          {"bytes_before", note.bytes_before},
          {"bytes_after", note.bytes_after}};
}

absl::StatusOr<OverlapNote> ToOverlap(const Json& j) {
  OverlapNote note;
  note.with_id = Whole<uint64_t>(j.at("with_id"));
  note.with = j.at("with").get<std::string>();
  note.homography.m = j.at("homography").get<std::array<double, 9>>();
  auto mask = ParseMask(Whole<int>(j.at("columns")), Whole<int>(j.at("rows")),
                        j.at("mask").get<std::string>());
  if (!mask.ok()) return mask.status();
  note.mask = *std::move(mask);
  note.qp_offset = Whole<int>(j.at("qp_offset"));
  note.at_ingest = j.at("at_ingest").get<bool>();
  note.next_index = Whole<uint64_t>(j.at("next_index"));
  note.done = j.at("done").get<bool>();
  note.gops_reduced = Whole<int64_t>(j.at("gops_reduced"));
  note.gops_kept = Whole<int64_t>(j.at("gops_kept"));
  note.bytes_before = Whole<int64_t>(j.at("bytes_before"));
  note.bytes_after = Whole<int64_t>(j.at("bytes_after"));
  return note;
}

absl::StatusOr<StreamDescription> FromJson(const Json& j) {
  StreamDescription d;
  d.kind = static_cast<StreamKind>(Whole<uint8_t>(j.at("kind")));
  if (j.contains("camera")) d.camera = ToCamera(j.at("camera"));
  if (j.contains("series")) d.series = ToSeries(j.at("series"));
  if (j.contains("opaque")) {
    d.opaque.time_base = ToRational(j.at("opaque").at("time_base"));
    d.opaque.codec_config =
        FromHex(j.at("opaque").at("codec_config").get<std::string>());
  }
  d.stills = j.at("stills").get<bool>();
  d.source = j.at("source").get<std::string>();
  d.source_codec = j.at("source_codec").get<std::string>();
  d.source_digest = j.at("source_digest").get<std::string>();
  d.source_bytes = Whole<int64_t>(j.at("source_bytes"));
  d.copied = j.at("copied").get<bool>();
  d.framing = Whole<int>(j.at("framing"));
  d.codec_config = FromHex(j.at("codec_config").get<std::string>());
  d.encoder = j.at("encoder").get<std::string>();
  d.sensitivity = j.at("sensitivity").get<std::string>();
  if (j.contains("level")) d.level = j.at("level").get<std::string>();
  if (j.contains("coding")) d.coding = j.at("coding").get<std::string>();
  if (j.contains("overlap")) {
    auto overlap = ToOverlap(j.at("overlap"));
    if (!overlap.ok()) return overlap.status();
    d.overlap = *std::move(overlap);
  }
  d.notes = j.at("notes").get<std::vector<std::string>>();
  return d;
}

}  // namespace

std::string EncodeStreamDescription(const StreamDescription& d) {
  Json j = {{"version", kVersion},
            {"kind", static_cast<uint8_t>(d.kind)},
            {"stills", d.stills},
            {"source", d.source},
            {"source_codec", d.source_codec},
            {"source_digest", d.source_digest},
            {"source_bytes", d.source_bytes},
            {"copied", d.copied},
            {"framing", d.framing},
            {"codec_config", ToHex(d.codec_config)},
            {"encoder", d.encoder},
            {"sensitivity", d.sensitivity},
            {"notes", d.notes}};
  switch (d.kind) {
    case StreamKind::kCamera:
      j["camera"] = FromCamera(d.camera);
      break;
    case StreamKind::kImu:
    case StreamKind::kSeries:
      j["series"] = FromSeries(d.series);
      break;
    case StreamKind::kOpaque:
      j["opaque"] = {{"time_base", FromRational(d.opaque.time_base)},
                     {"codec_config", ToHex(d.opaque.codec_config)}};
      break;
  }
  if (!d.coding.empty()) j["coding"] = d.coding;
  if (!d.level.empty()) j["level"] = d.level;
  if (d.overlap) j["overlap"] = FromOverlap(*d.overlap);
  // A file name may hold bytes that are not UTF-8; they must not throw.
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<StreamDescription> DecodeStreamDescription(
    const std::string& json) {
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded() || !parsed.is_object()) {
    return absl::DataLossError("stream description is not JSON");
  }
  try {
    const int version =
        parsed.contains("version") ? Whole<int>(parsed.at("version")) : 0;
    if (version > kVersion) {
      return absl::FailedPreconditionError(
          absl::StrCat("stream description of version ", version,
                       ", newer than ", kVersion));
    }
    return FromJson(parsed);
  } catch (const std::exception& e) {  // the library's way to report
    return absl::DataLossError(
        absl::StrCat("stream description is damaged: ", e.what()));
  }
}

}  // namespace fovea
