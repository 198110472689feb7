// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads what codec/series_block.cc draws and writes.

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/imu_block.h"
#include "codec/integer_grid.h"
#include "codec/internal/series_layout.h"
#include "codec/rice_coder.h"
#include "codec/sample_clock.h"
#include "codec/series_block.h"
#include "codec/series_bounds.h"
#include "codec/series_channel.h"
#include "codec/series_lattice.h"
#include "codec/series_profile.h"
#include "codec/series_text.h"
#include "codec/series_window_numbers.h"
#include "codec/series_window_plan.h"
#include "codec/split_floats.h"
#include "codec/timestamp_coder.h"

namespace fovea {
namespace {

using internal::CheckSeriesShape;
using internal::Group;
using internal::kAllOnProfile;
using internal::kBounded;
using internal::kByProfile;
using internal::kByWindows;
using internal::kChecksumBytes;
using internal::kGroupFloat;
using internal::kGroupGrid;
using internal::kGroupSameGrid;
using internal::kLattice;
using internal::kNamesMetadata;
using internal::kNoUnits;
using internal::kProfileGrid;
using internal::kSplit;
using internal::kUnitsHere;
using internal::kUnitsInGroup;
using internal::kVersion;
using internal::kVersionAlone;
using internal::kVersionBits;
using internal::kVersionText;

using Column = std::vector<double>;
using Numbers = std::vector<int64_t>;

// Fills the group's columns, which are there and empty.
absl::Status ReadGroup(ByteReader* in, size_t samples,
                       std::span<const uint8_t> learned, Group* group) {
  const size_t width = group->columns.size();
  if (width == 0) return absl::OkStatus();
  auto coder = ImuBlockCoder::Create(width, learned);
  if (!coder.ok()) return coder.status();
  for (size_t begin = 0; begin < samples; begin += kMaxImuRows) {
    const size_t count = std::min(samples - begin, kMaxImuRows);
    const auto rows = coder->DecodeBare(in->Take(in->Varint()), count);
    if (!rows.ok()) return rows.status();
    for (size_t i = 0; i < rows->size(); ++i) {
      group->columns[i % width].push_back((*rows)[i]);
    }
  }
  return absl::OkStatus();
}

// What a head of version 2 leaves to the groups.
struct Waiting {
  size_t channel = 0;
  std::optional<LatticeHead> lattice;
  std::optional<SplitHead> split;
  std::optional<IntegerGrid> grid;  // none of them: floats
  Exceptions exceptions;
  Numbers units;  // that stood in the head
  bool grouped_units = false;
};

class ChannelReader {
 public:
  // `profile`: that the block names, null for none.
  ChannelReader(size_t samples, size_t channels, const SeriesProfile* profile,
                std::vector<double>* values)
      : samples_(samples),
        channels_(channels),
        profile_(profile),
        values_(values) {}

  // All channels by themselves, as version 1 has them.
  absl::Status ReadAllAlone(ByteReader* in) {
    for (size_t c = 0; c < channels_; ++c) {
      const absl::Status status = ReadAlone(in->U8(), c, in);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // `heads`: a model stands before every channel; else all are on the
  // profile's grids.
  absl::Status Read(bool heads, ByteReader* in) {
    for (size_t c = 0; c < channels_; ++c) {
      const uint8_t model = heads ? in->U8() : uint8_t{kProfileGrid};
      absl::Status status;
      if (model < kGroupGrid) {
        status = ReadAlone(model, c, in);
      } else if (model == kLattice) {
        status = ReadLattice(c, in);
        c += status.ok() ? waiting_.back().lattice->lattice.basis.width - 1 : 0;
      } else if (model == kSplit) {
        status = ReadSplit(c, in);
      } else {
        status = ReadHead(model, c, heads, in);
      }
      if (!status.ok()) return status;
    }
    return ReadGroups(in);
  }

 private:
  absl::Status ReadAlone(uint8_t model, size_t c, ByteReader* in) {
    if (!in->ok()) return absl::DataLossError("series block: ends early");
    const auto column = ReadChannel(model, in, samples_, &last_);
    if (!column.ok()) return column.status();
    Put(c, *column);
    return absl::OkStatus();
  }

  // `more`: exceptions and the units' place follow the model.
  absl::Status ReadHead(uint8_t model, size_t c, bool more, ByteReader* in) {
    Waiting waiting;
    waiting.channel = c;
    if (model == kGroupFloat) {
      rest_.columns.emplace_back();
      waiting_.push_back(std::move(waiting));
      return absl::OkStatus();
    }
    waiting.grid = GridOf(model, c, in);
    if (!waiting.grid) {
      return absl::DataLossError(absl::StrCat(
          "series block: unknown model or numbers of no grid, model ",
          static_cast<int>(model)));
    }
    numbers_.columns.emplace_back();
    absl::Status status;
    if (more) status = ReadExceptions(in, samples_, &waiting.exceptions);
    if (more && status.ok() && HasUnits(waiting.grid->kind)) {
      status = ReadUnits(in, &waiting);
    }
    waiting_.push_back(std::move(waiting));
    return status;
  }

  absl::Status ReadLattice(size_t c, ByteReader* in) {
    auto head = ReadLatticeHead(in, samples_, channels_ - c);
    if (!head.ok()) return head.status();
    for (size_t j = 0; j < head->lattice.basis.width; ++j) {
      numbers_.columns.emplace_back();
      if (head->has_units) rest_.columns.emplace_back();
    }
    Waiting waiting;
    waiting.channel = c;
    waiting.lattice = *std::move(head);
    waiting_.push_back(std::move(waiting));
    return absl::OkStatus();
  }

  absl::Status ReadSplit(size_t c, ByteReader* in) {
    auto head = ReadSplitHead(in, samples_);
    if (!head.ok()) return head.status();
    numbers_.columns.emplace_back();
    Waiting waiting;
    waiting.channel = c;
    waiting.split = *std::move(head);
    waiting_.push_back(std::move(waiting));
    return absl::OkStatus();
  }

  // nullopt: the model is unknown, refers to what is not there, or its numbers
  // make no grid.
  std::optional<IntegerGrid> GridOf(uint8_t model, size_t c, ByteReader* in) {
    if (model == kProfileGrid) {
      if (profile_ == nullptr) return std::nullopt;
      return profile_->grids()[c];
    }
    if (const auto kind = GridKindOf(model, kGroupGrid)) {
      last_ = ReadGrid(*kind, in);
      return last_;
    }
    const auto same = GridKindOf(model, kGroupSameGrid);
    return same && last_ && last_->kind == *same ? last_ : std::nullopt;
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
    std::span<const uint8_t> learned;
    if (profile_ != nullptr && numbers_.columns.size() == channels_) {
      learned = profile_->numbers();
    }
    absl::Status status = ReadGroup(in, samples_, learned, &numbers_);
    if (status.ok()) status = ReadGroup(in, samples_, {}, &rest_);
    if (!status.ok()) return status;
    size_t number = 0;
    size_t rest = 0;
    for (const Waiting& waiting : waiting_) {
      if (waiting.lattice) {
        PutLattice(waiting, &number, &rest);
        continue;
      }
      if (waiting.split) {
        auto column = JoinSplit(*waiting.split, numbers_.columns[number++]);
        if (!column.ok()) return column.status();
        Put(waiting.channel, *column);
        continue;
      }
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
  // Takes its columns from the groups.
  void PutLattice(const Waiting& waiting, size_t* number, size_t* rest) {
    LatticeColumns k;
    LatticeColumns units;
    for (size_t j = 0; j < waiting.lattice->lattice.basis.width; ++j) {
      k[j] = std::move(numbers_.columns[(*number)++]);
      if (waiting.lattice->has_units) {
        units[j] = std::move(rest_.columns[(*rest)++]);
      }
    }
    const auto columns = LatticeSamples(*waiting.lattice, k, std::move(units));
    for (size_t j = 0; j < columns.size(); ++j) {
      Put(waiting.channel + j, columns[j]);
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
  const SeriesProfile* profile_;
  std::vector<double>* values_;  // samples x channels
  std::optional<IntegerGrid> last_;
  std::vector<Waiting> waiting_;
  Group numbers_;
  Group rest_;
};

bool ChecksumFits(std::span<const uint8_t> block) {
  if (block.size() < kChecksumBytes) return false;
  const size_t size = block.size() - kChecksumBytes;
  ByteReader in(block.subspan(size));
  return in.U32() == imu::Crc32c(block.data(), size);
}

// Whether `table`, a profile or a plan, is the one that a block of so many
// channels names.
template <typename Table>
absl::Status CheckTable(const char* what, uint32_t id, size_t channels,
                        const Table* table) {
  if (table != nullptr && table->id() == id && table->channels() == channels) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "series block: coded by ", what, " ", absl::Hex(id, absl::kZeroPad8),
      table == nullptr
          ? std::string(", and none was given")
          : absl::StrCat(" of ", channels, " channels, and given was ",
                         absl::Hex(table->id(), absl::kZeroPad8), " of ",
                         table->channels())));
}

// What a block says before its samples.
struct Head {
  size_t channels = 0;
  size_t samples = 0;
  uint32_t metadata = 0, profile = 0, plan = 0;  // ids, 0 for none
  std::vector<double> bounds;
  BlockText text;
  std::vector<int64_t> time_ns;
};

absl::StatusOr<DecodedSeries> DecodeWindows(const Head& head,
                                            std::span<const uint8_t> bytes,
                                            const SeriesWindowPlan& plan) {
  auto coder = ImuWindowCoder::Create(plan.steps());
  if (!coder.ok()) return coder.status();
  auto windows = coder->Decode(bytes);
  if (!windows.ok()) return windows.status();
  if (windows->values.size() != head.samples * head.channels) {
    return absl::DataLossError(absl::StrCat(
        "series block: ", windows->values.size(), " numbers in windows, ",
        "expected ", head.samples, " x ", head.channels));
  }
  DecodedSeries decoded;
  decoded.channels = head.channels;
  decoded.batch = {head.time_ns, SamplesOf(windows->values, plan.units())};
  decoded.bounds = head.bounds;
  decoded.metadata = head.metadata;
  decoded.verdict = windows->verdict;
  return decoded;
}

absl::Status Early() {
  return absl::DataLossError(
      "series block: shape beyond the limits, or it ends early");
}

absl::StatusOr<DecodedSeries> CheckEnd(const ByteReader& in,
                                       DecodedSeries decoded) {
  if (in.ok() && in.remaining() == 0) return decoded;
  return absl::DataLossError(
      absl::StrCat("series block: ", in.remaining(),
                   " bytes after the last channel, or too few before"));
}

// What follows version 1.
absl::StatusOr<DecodedSeries> DecodeAlone(ByteReader in) {
  DecodedSeries decoded;
  decoded.channels = in.U8();
  const uint64_t samples = in.Varint();
  if (!in.ok() || samples > kMaxBlockSamples ||
      !CheckSeriesShape(samples, decoded.channels, samples * decoded.channels)
           .ok()) {
    return Early();
  }
  auto times = DecodeTimes(&in, samples);
  if (!times.ok()) return times.status();
  decoded.batch.time_ns = *std::move(times);
  decoded.batch.values.resize(samples * decoded.channels);
  ChannelReader reader(samples, decoded.channels, nullptr,
                       &decoded.batch.values);
  const absl::Status status = reader.ReadAllAlone(&in);
  if (!status.ok()) return status;
  return CheckEnd(in, std::move(decoded));
}

absl::StatusOr<Head> ReadHead(uint8_t version, ByteReader* in) {
  const auto flags = static_cast<uint8_t>(version & ~kVersionBits);
  Head head;
  head.channels = in->U8();
  const uint64_t samples = in->Varint();
  if (!in->ok() || samples > kMaxBlockSamples ||
      !CheckSeriesShape(samples, head.channels, samples * head.channels).ok()) {
    return Early();
  }
  head.samples = samples;
  if ((flags & kNamesMetadata) != 0) head.metadata = in->U32();
  if ((flags & kByProfile) != 0) head.profile = in->U32();
  if ((flags & kByWindows) != 0) head.plan = in->U32();
  if ((flags & kBounded) != 0) {
    auto bounds = ReadBounds(head.channels, in);
    if (!bounds.ok()) return bounds.status();
    head.bounds = *std::move(bounds);
  }
  if ((version & kVersionBits) == kVersionText) {
    auto text = ReadBlockText(in, head.channels, head.samples);
    if (!text.ok()) return text.status();
    head.text = *std::move(text);
  }
  return head;
}

// What follows version 2 or 3 and its flags, without the checksum.
absl::StatusOr<DecodedSeries> DecodeBody(uint8_t version, ByteReader in,
                                         const SeriesProfile* profile,
                                         const SeriesWindowPlan* plan) {
  const auto flags = static_cast<uint8_t>(version & ~kVersionBits);
  auto head = ReadHead(version, &in);
  if (!head.ok()) return head.status();
  absl::Status fits;
  if ((flags & kByProfile) == 0) {
    profile = nullptr;
  } else {
    fits = CheckTable("profile", head->profile, head->channels, profile);
  }
  if (fits.ok() && (flags & kByWindows) != 0) {
    fits = CheckTable("plan", head->plan, head->channels, plan);
  }
  if (!fits.ok()) return fits;
  auto times = DecodeSampleTimes(&in, head->samples);
  if (!times.ok()) return times.status();
  head->time_ns = *std::move(times);
  if ((flags & kByWindows) != 0) return DecodeWindows(*head, in.rest(), *plan);
  DecodedSeries decoded;
  decoded.channels = head->channels;
  decoded.bounds = std::move(head->bounds);
  decoded.metadata = head->metadata;
  if (decoded.metadata == 0 && profile != nullptr) {
    decoded.metadata = profile->metadata_id();
  }
  decoded.batch.time_ns = std::move(head->time_ns);
  decoded.batch.values.resize(head->samples * head->channels);
  ChannelReader reader(head->samples, head->channels, profile,
                       &decoded.batch.values);
  absl::Status status = reader.Read((flags & kAllOnProfile) == 0, &in);
  if (status.ok()) status = CheckBlockText(head->text, decoded.batch.values);
  if (!status.ok()) return status;
  decoded.text = std::move(head->text);
  return CheckEnd(in, std::move(decoded));
}

}  // namespace

absl::StatusOr<DecodedSeries> DecodeSeriesBlock(std::span<const uint8_t> block,
                                                const SeriesProfile* profile,
                                                const SeriesWindowPlan* plan) {
  const uint8_t version = block.empty() ? 0 : block[0];
  if (version == kVersionAlone)
    return DecodeAlone(ByteReader(block.subspan(1)));
  const uint8_t number = version & kVersionBits;
  if (number != kVersion && number != kVersionText) {
    return absl::DataLossError(absl::StrCat(
        "series block: ", block.size(), " bytes that begin with ",
        static_cast<int>(version), ", expected version 1, or version ",
        static_cast<int>(kVersion), " or ", static_cast<int>(kVersionText),
        " and its flags"));
  }
  if ((version & kByWindows) != 0 &&
      ((version & (kByProfile | kAllOnProfile)) != 0 ||
       number == kVersionText)) {
    return absl::DataLossError(
        absl::StrCat("series block: flags that exclude each other in ",
                     static_cast<int>(version)));
  }
  if (!ChecksumFits(block)) {
    return absl::DataLossError("series block: its checksum does not fit");
  }
  const auto body = block.subspan(1, block.size() - 1 - kChecksumBytes);
  return DecodeBody(version, ByteReader(body), profile, plan);
}

SeriesBlockNames NamesOfSeriesBlock(std::span<const uint8_t> block) {
  SeriesBlockNames names;
  ByteReader in(block);
  const uint8_t version = in.U8();
  names.version = version & kVersionBits;
  names.text = names.version == kVersionText;
  if (names.version != kVersion && !names.text) return names;
  names.bounded = (version & kBounded) != 0;
  in.U8();
  in.Varint();
  if ((version & kNamesMetadata) != 0) names.metadata = in.U32();
  if ((version & kByProfile) != 0) names.profile = in.U32();
  if ((version & kByWindows) != 0) names.plan = in.U32();
  return names;
}

}  // namespace fovea
