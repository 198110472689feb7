// SPDX-License-Identifier: GPL-2.0-or-later
//
// A series block (little-endian; varints of 7 bits a byte):
//
//   u8       version, 2
//   u8       channels
//   varint   samples
//   times    as codec/sample_clock.h writes them
//   channel  u8 model, then by model:
//     below 32    all of it, as codec/series_channel.h reads it
//     32 + kind   grid, exceptions, numbers in group 1; kinds 2-4: u8 where
//                 units are: 0 there are none, 1 integers here, 2 in group 2
//     40 + kind   the same on the grid of the last grid channel before
//     48          floats: their bits in numeric order are in group 2
//   group 1, group 2, where channels use them: rows of their columns, for
//            each 65 536 of them (fewer at the end) varint bytes and an
//            inertial block (codec/imu/imu_block.h)
//   u32      CRC-32C of all bytes before
//
// Version 1 has times as codec/timestamp_coder.h writes them, models below 32
// only, no groups and no checksum.

#include "codec/series_block.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/imu_block.h"
#include "codec/integer_grid.h"
#include "codec/rice_coder.h"
#include "codec/sample_clock.h"
#include "codec/series_channel.h"
#include "codec/timestamp_coder.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 2;
constexpr uint8_t kVersionAlone = 1;  // every channel by itself
constexpr size_t kChecksumBytes = 4;

enum Model : uint8_t { kGroupGrid = 32, kGroupSameGrid = 40, kGroupFloat = 48 };

enum UnitsPlace : uint8_t { kNoUnits = 0, kUnitsHere = 1, kUnitsInGroup = 2 };

using Bytes = std::vector<uint8_t>;
using Column = std::vector<double>;
using Numbers = std::vector<int64_t>;

absl::Status CheckShape(size_t samples, size_t channels, size_t values) {
  if (channels < 1 || channels > kMaxSeriesChannels) {
    return absl::InvalidArgumentError(absl::StrCat("series block: ", channels,
                                                   " channels, expected 1 to ",
                                                   kMaxSeriesChannels));
  }
  if (samples < 1 || samples > kMaxBlockSamples ||
      samples * channels > kMaxBlockValues) {
    return absl::InvalidArgumentError(
        absl::StrCat("series block: ", samples, " samples of ", channels,
                     " channels, expected 1 to ", kMaxBlockSamples,
                     " samples and at most ", kMaxBlockValues, " values"));
  }
  if (values != samples * channels) {
    return absl::InvalidArgumentError(absl::StrCat("series block: ", values,
                                                   " values, expected ",
                                                   samples, " x ", channels));
  }
  return absl::OkStatus();
}

bool Fit32(const Numbers& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](int64_t number) {
    return number >= INT32_MIN && number <= INT32_MAX;
  });
}

// Columns of numbers that are coded together.
struct Group {
  std::vector<Numbers> columns;
};

absl::Status PutGroup(const Group& group, ImuLevel level, Bytes* out) {
  const size_t width = group.columns.size();
  if (width == 0) return absl::OkStatus();
  auto coder = ImuBlockCoder::Create(width);
  if (!coder.ok()) return coder.status();
  const size_t samples = group.columns[0].size();
  std::vector<int32_t> rows;
  for (size_t begin = 0; begin < samples; begin += kMaxImuRows) {
    const size_t end = std::min(samples, begin + kMaxImuRows);
    rows.clear();
    for (size_t i = begin; i < end; ++i) {
      for (const Numbers& column : group.columns) {
        rows.push_back(static_cast<int32_t>(column[i]));
      }
    }
    const auto block = coder->Encode(rows, level);
    if (!block.ok()) return block.status();
    PutVarint(block->size(), out);
    out->insert(out->end(), block->begin(), block->end());
  }
  return absl::OkStatus();
}

// Fills the group's columns, which are there and empty.
absl::Status ReadGroup(ByteReader* in, size_t samples, Group* group) {
  const size_t width = group->columns.size();
  if (width == 0) return absl::OkStatus();
  auto coder = ImuBlockCoder::Create(width);
  if (!coder.ok()) return coder.status();
  for (size_t begin = 0; begin < samples; begin += kMaxImuRows) {
    const size_t count = std::min(samples - begin, kMaxImuRows);
    const auto rows = coder->Decode(in->Take(in->Varint()));
    if (!rows.ok()) return rows.status();
    if (rows->size() != count * width) {
      return absl::DataLossError(
          absl::StrCat("series block: ", rows->size(), " numbers in a group, ",
                       "expected ", count, " x ", width));
    }
    for (size_t i = 0; i < rows->size(); ++i) {
      group->columns[i % width].push_back((*rows)[i]);
    }
  }
  return absl::OkStatus();
}

// Writes channels whose numbers go to groups.
class GroupWriter {
 public:
  void Add(ChannelForm form, std::span<const double> column) {
    if (form.fit && Fit32(form.fit->k)) {
      AddGrid(*std::move(form.fit), column);
    } else if (!form.floats.empty()) {
      heads_.push_back(kGroupFloat);
      rest_.columns.push_back(std::move(form.floats));
    } else {
      if (form.fit) last_ = form.fit->grid;
      heads_.insert(heads_.end(), form.bytes.begin(), form.bytes.end());
    }
  }

  absl::StatusOr<Bytes> Finish(ImuLevel level) && {
    absl::Status status = PutGroup(numbers_, level, &heads_);
    if (status.ok()) status = PutGroup(rest_, level, &heads_);
    if (!status.ok()) return status;
    return std::move(heads_);
  }

 private:
  void AddGrid(GridFit fit, std::span<const double> column) {
    const bool same = last_ == fit.grid;
    heads_.push_back(static_cast<uint8_t>((same ? kGroupSameGrid : kGroupGrid) +
                                          static_cast<uint8_t>(fit.grid.kind)));
    if (!same) PutGrid(fit.grid, &heads_);
    last_ = fit.grid;
    PutExceptions(fit.exceptions, column, &heads_);
    numbers_.columns.push_back(std::move(fit.k));
    if (HasUnits(fit.grid.kind)) AddUnits(std::move(fit.units));
  }

  void AddUnits(Numbers units) {
    if (units.empty()) {
      heads_.push_back(kNoUnits);
    } else if (Fit32(units)) {
      heads_.push_back(kUnitsInGroup);
      rest_.columns.push_back(std::move(units));
    } else {
      heads_.push_back(kUnitsHere);
      EncodeIntegers(units, kMaxPredictionOrder, &heads_);
    }
  }

  Bytes heads_;
  std::optional<Grid> last_;
  Group numbers_;
  Group rest_;
};

// Channels, by themselves or in groups, whichever is shorter.
absl::StatusOr<Bytes> EncodeChannels(const SeriesBatch& batch, size_t channels,
                                     ImuLevel level) {
  const size_t samples = batch.time_ns.size();
  Bytes alone;
  GroupWriter groups;
  Column column(samples);
  std::optional<Grid> last;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < samples; ++i) {
      column[i] = batch.values[i * channels + c];
    }
    ChannelForm form = FormChannel(column, &last);
    alone.insert(alone.end(), form.bytes.begin(), form.bytes.end());
    groups.Add(std::move(form), column);
  }
  auto grouped = std::move(groups).Finish(level);
  if (!grouped.ok() || grouped->size() < alone.size()) return grouped;
  return alone;
}

// What a head of version 2 leaves to the groups.
struct Waiting {
  size_t channel = 0;
  std::optional<Grid> grid;  // none: floats
  Exceptions exceptions;
  Numbers units;  // that stood in the head
  bool grouped_units = false;
};

class ChannelReader {
 public:
  ChannelReader(size_t samples, size_t channels, std::vector<double>* values)
      : samples_(samples), channels_(channels), values_(values) {}

  absl::Status Read(uint8_t version, ByteReader* in) {
    for (size_t c = 0; c < channels_; ++c) {
      const uint8_t model = in->U8();
      if (!in->ok()) return absl::DataLossError("series block: ends early");
      const absl::Status status = version == kVersionAlone || model < kGroupGrid
                                      ? ReadAlone(model, c, in)
                                      : ReadHead(model, c, in);
      if (!status.ok()) return status;
    }
    return ReadGroups(in);
  }

 private:
  absl::Status ReadAlone(uint8_t model, size_t c, ByteReader* in) {
    const auto column = ReadChannel(model, in, samples_, &last_);
    if (!column.ok()) return column.status();
    Put(c, *column);
    return absl::OkStatus();
  }

  absl::Status ReadHead(uint8_t model, size_t c, ByteReader* in) {
    Waiting waiting;
    waiting.channel = c;
    if (model == kGroupFloat) {
      rest_.columns.emplace_back();
      waiting_.push_back(std::move(waiting));
      return absl::OkStatus();
    }
    if (const auto kind = GridKindOf(model, kGroupGrid)) {
      last_ = ReadGrid(*kind, in);
    } else if (const auto same = GridKindOf(model, kGroupSameGrid);
               !same || !last_ || last_->kind != *same) {
      return absl::DataLossError(absl::StrCat("series block: unknown model ",
                                              static_cast<int>(model)));
    }
    waiting.grid = last_;
    numbers_.columns.emplace_back();
    absl::Status status = ReadExceptions(in, samples_, &waiting.exceptions);
    if (status.ok() && HasUnits(last_->kind)) status = ReadUnits(in, &waiting);
    waiting_.push_back(std::move(waiting));
    return status;
  }

  absl::Status ReadUnits(ByteReader* in, Waiting* waiting) {
    const uint8_t place = in->U8();
    if (place == kNoUnits) return absl::OkStatus();
    if (place == kUnitsInGroup) {
      rest_.columns.emplace_back();
      waiting->grouped_units = true;
      return absl::OkStatus();
    }
    if (place != kUnitsHere) {
      return absl::DataLossError("series block: units at an unknown place");
    }
    auto units = DecodeIntegers(in, samples_);
    if (!units.ok()) return units.status();
    waiting->units = *std::move(units);
    return absl::OkStatus();
  }

  absl::Status ReadGroups(ByteReader* in) {
    absl::Status status = ReadGroup(in, samples_, &numbers_);
    if (status.ok()) status = ReadGroup(in, samples_, &rest_);
    if (!status.ok()) return status;
    size_t number = 0;
    size_t rest = 0;
    for (const Waiting& waiting : waiting_) {
      if (!waiting.grid) {
        PutFloats(waiting.channel, rest_.columns[rest++]);
        continue;
      }
      const Numbers& units =
          waiting.grouped_units ? rest_.columns[rest++] : waiting.units;
      Put(waiting.channel, GridColumn(*waiting.grid, numbers_.columns[number++],
                                      units, waiting.exceptions));
    }
    return absl::OkStatus();
  }

  void Put(size_t c, const Column& column) {
    for (size_t i = 0; i < samples_; ++i) {
      (*values_)[i * channels_ + c] = column[i];
    }
  }
  void PutFloats(size_t c, const Numbers& ordered) {
    for (size_t i = 0; i < samples_; ++i) {
      (*values_)[i * channels_ + c] =
          FromOrderedFloatBits(static_cast<int32_t>(ordered[i]));
    }
  }

  size_t samples_;
  size_t channels_;
  std::vector<double>* values_;  // samples x channels
  std::optional<Grid> last_;
  std::vector<Waiting> waiting_;
  Group numbers_;
  Group rest_;
};

void PutChecksum(Bytes* out) {
  const uint32_t checksum = imu::Crc32c(out->data(), out->size());
  for (int i = 0; i < 32; i += 8) {
    out->push_back(static_cast<uint8_t>(checksum >> i));
  }
}

bool ChecksumFits(std::span<const uint8_t> block) {
  if (block.size() < kChecksumBytes) return false;
  const size_t size = block.size() - kChecksumBytes;
  uint32_t checksum = imu::Crc32c(block.data(), size);
  for (const uint8_t byte : block.subspan(size)) {
    if (byte != static_cast<uint8_t>(checksum)) return false;
    checksum >>= 8;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> EncodeSeriesBlock(
    const SeriesBatch& batch, size_t channels, const SeriesCoding& coding) {
  const size_t samples = batch.time_ns.size();
  const absl::Status shape = CheckShape(samples, channels, batch.values.size());
  if (!shape.ok()) return shape;
  const auto body = EncodeChannels(batch, channels, coding.level);
  if (!body.ok()) return body.status();
  Bytes out = {kVersion, static_cast<uint8_t>(channels)};
  PutVarint(samples, &out);
  EncodeSampleTimes(batch.time_ns, &out);
  out.insert(out.end(), body->begin(), body->end());
  PutChecksum(&out);
  return out;
}

absl::StatusOr<DecodedSeries> DecodeSeriesBlock(
    std::span<const uint8_t> block) {
  const uint8_t version = block.empty() ? 0 : block[0];
  if (version != kVersion && version != kVersionAlone) {
    return absl::DataLossError(
        absl::StrCat("series block: version ", static_cast<int>(version),
                     " of ", block.size(), " bytes, expected version 1 or ",
                     static_cast<int>(kVersion)));
  }
  if (version == kVersion) {
    if (!ChecksumFits(block)) {
      return absl::DataLossError("series block: its checksum does not fit");
    }
    block = block.first(block.size() - kChecksumBytes);
  }
  ByteReader in(block.subspan(1));
  DecodedSeries decoded;
  decoded.channels = in.U8();
  const uint64_t samples = in.Varint();
  if (!in.ok() || samples > kMaxBlockSamples ||
      !CheckShape(samples, decoded.channels, samples * decoded.channels).ok()) {
    return absl::DataLossError("series block: shape beyond the limits");
  }
  auto times = version == kVersionAlone ? DecodeTimes(&in, samples)
                                        : DecodeSampleTimes(&in, samples);
  if (!times.ok()) return times.status();
  decoded.batch.time_ns = *std::move(times);
  decoded.batch.values.resize(samples * decoded.channels);
  ChannelReader reader(samples, decoded.channels, &decoded.batch.values);
  const absl::Status status = reader.Read(version, &in);
  if (!status.ok()) return status;
  if (!in.ok() || in.remaining() != 0) {
    return absl::DataLossError(
        absl::StrCat("series block: ", in.remaining(),
                     " bytes after the last channel, or too few before"));
  }
  return decoded;
}

}  // namespace fovea
