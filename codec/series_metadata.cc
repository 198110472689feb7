// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8       version: 1, or 2 where there are rules
//   texts    device, axes, calibration: u8 bytes, the bytes
//   u8       channels
//   texts    name and unit of each channel
//   varint   in version 2: channels with a rule, bit c is channel c
//   rules    of those, as codec/print_rule.cc draws them
//   u32      CRC-32C of all bytes before

#include "codec/series_metadata.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kVersionRules = 2;
constexpr size_t kChecksumBytes = 4;

using Bytes = std::vector<uint8_t>;

void PutText(const std::string& text, Bytes* out) {
  out->push_back(static_cast<uint8_t>(text.size()));
  out->insert(out->end(), text.begin(), text.end());
}

std::string ReadText(ByteReader* in) {
  const auto bytes = in->Take(in->U8());
  return std::string(bytes.begin(), bytes.end());
}

std::string Cut(const std::string& text) {
  return text.substr(0, kMaxSeriesTextBytes);
}

bool AnyTooLong(const SeriesMetadata& metadata) {
  const auto too_long = [](const std::string& text) {
    return text.size() > kMaxSeriesTextBytes;
  };
  return too_long(metadata.device) || too_long(metadata.axes) ||
         too_long(metadata.calibration) ||
         std::any_of(metadata.channels.begin(), metadata.channels.end(),
                     [&](const Channel& channel) {
                       return too_long(channel.name) || too_long(channel.unit);
                     });
}

bool HasRules(const PrintRules& rules) {
  return std::any_of(rules.begin(), rules.end(),
                     [](const auto& rule) { return rule.has_value(); });
}

void PutRules(const PrintRules& rules, Bytes* out) {
  uint64_t which = 0;
  for (size_t c = 0; c < rules.size(); ++c) {
    if (rules[c]) which |= uint64_t{1} << c;
  }
  PutVarint(which, out);
  for (const auto& rule : rules) {
    if (rule) PutPrintRule(*rule, out);
  }
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("series metadata: ", what));
}

absl::StatusOr<PrintRules> ReadRules(size_t channels, ByteReader* in) {
  const uint64_t which = in->Varint();
  if (which == 0 || (channels < 64 && which >> channels != 0)) {
    return Damaged("it has rules of no channel");
  }
  PrintRules rules(channels);
  for (size_t c = 0; c < channels; ++c) {
    if ((which >> c & 1) == 0) continue;
    const auto rule = ReadPrintRule(in);
    if (!rule.ok()) return rule.status();
    rules[c] = *rule;
  }
  return rules;
}

bool Nameless(const std::vector<Channel>& channels) {
  return std::all_of(channels.begin(), channels.end(), [](const Channel& c) {
    return c.name.empty() && c.unit.empty();
  });
}

std::string NamesOf(const std::vector<Channel>& channels) {
  return absl::StrJoin(channels, ", ",
                       [](std::string* out, const Channel& channel) {
                         absl::StrAppend(out, channel.name);
                         if (channel.unit.empty()) return;
                         absl::StrAppend(out, " [", channel.unit, "]");
                       });
}

}  // namespace

SeriesMetadata MetadataOf(const SeriesInfo& series) {
  SeriesMetadata metadata = {
      {}, Cut(series.device), Cut(series.axes), Cut(series.calibration)};
  if (HasRules(series.rules)) metadata.rules = series.rules;
  for (const Channel& channel : series.channels) {
    metadata.channels.push_back({Cut(channel.name), Cut(channel.unit)});
  }
  return metadata;
}

absl::StatusOr<std::vector<uint8_t>> EncodeSeriesMetadata(
    const SeriesMetadata& metadata) {
  const size_t channels = metadata.channels.size();
  if (channels < 1 || channels > kMaxSeriesChannels) {
    return absl::InvalidArgumentError(
        absl::StrCat("series metadata: ", channels, " channels, expected 1 to ",
                     kMaxSeriesChannels));
  }
  if (AnyTooLong(metadata)) {
    return absl::InvalidArgumentError(
        absl::StrCat("series metadata: a name or text of more than ",
                     kMaxSeriesTextBytes, " bytes"));
  }
  const bool rules = HasRules(metadata.rules);
  if (rules && metadata.rules.size() != channels) {
    return absl::InvalidArgumentError(
        absl::StrCat("series metadata: rules of ", metadata.rules.size(),
                     " channels, expected ", channels));
  }
  Bytes out = {rules ? kVersionRules : kVersion};
  PutText(metadata.device, &out);
  PutText(metadata.axes, &out);
  PutText(metadata.calibration, &out);
  out.push_back(static_cast<uint8_t>(channels));
  for (const Channel& channel : metadata.channels) {
    PutText(channel.name, &out);
    PutText(channel.unit, &out);
  }
  if (rules) PutRules(metadata.rules, &out);
  PutU32(imu::Crc32c(out.data(), out.size()), &out);
  return out;
}

absl::StatusOr<SeriesMetadata> ParseSeriesMetadata(
    std::span<const uint8_t> bytes) {
  if (bytes.size() <= kChecksumBytes ||
      bytes.size() > kMaxSeriesMetadataBytes) {
    return Damaged("it is cut or too long");
  }
  const size_t size = bytes.size() - kChecksumBytes;
  if (SeriesMetadataId(bytes) != imu::Crc32c(bytes.data(), size)) {
    return Damaged("its checksum does not fit");
  }
  ByteReader in(bytes.first(size));
  const uint8_t version = in.U8();
  if (version != kVersion && version != kVersionRules) {
    return Damaged("it is of another version");
  }
  SeriesMetadata metadata;
  metadata.device = ReadText(&in);
  metadata.axes = ReadText(&in);
  metadata.calibration = ReadText(&in);
  const size_t channels = in.U8();
  if (channels < 1 || channels > kMaxSeriesChannels) {
    return Damaged("it has no channels or too many");
  }
  for (size_t c = 0; c < channels; ++c) {
    std::string name = ReadText(&in);
    metadata.channels.push_back({std::move(name), ReadText(&in)});
  }
  if (version == kVersionRules) {
    auto rules = ReadRules(channels, &in);
    if (!rules.ok()) return rules.status();
    metadata.rules = *std::move(rules);
  }
  if (!in.ok() || in.remaining() != 0) return Damaged("it does not end");
  return metadata;
}

uint32_t SeriesMetadataId(std::span<const uint8_t> bytes) {
  if (bytes.size() < kChecksumBytes) return 0;
  ByteReader in(bytes.last(kChecksumBytes));
  return in.U32();
}

absl::Status CheckSameDevice(const SeriesMetadata& of,
                             const SeriesMetadata& series) {
  const bool alike = Nameless(of.channels)
                         ? of.channels.size() == series.channels.size()
                         : of.channels == series.channels;
  if (!alike) {
    return absl::FailedPreconditionError(absl::StrCat(
        "is of ", of.channels.size(), " channels (", NamesOf(of.channels),
        "), expected ", series.channels.size(), " (", NamesOf(series.channels),
        ")"));
  }
  if (of.device.empty() || series.device.empty() ||
      of.device == series.device) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "is of device '", of.device, "', expected '", series.device, "'"));
}

}  // namespace fovea
