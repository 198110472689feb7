// SPDX-License-Identifier: GPL-2.0-or-later
//
// A series block (little-endian; varints of 7 bits a byte):
//
//   u8       version 2 | flags: 8 names what the series is, 16 coded by a
//            profile, 32 every channel is on the profile's grid, 64 coded
//            within bounds, 128 coded by windows
//   u8       channels
//   varint   samples
//   u32      the metadata's id, under flag 8
//   u32      the profile's id, under flag 16
//   u32      the plan's id, under flag 128
//   bounds   of the channels, 0 for exact, under flag 64
//   texts    in version 3, which is as version 2 but for these and has no flag
//            128: as codec/series_text.cc draws them
//   times    as codec/sample_clock.h writes them
//   bytes    under flag 128, instead of all below but the checksum: a window
//            block (codec/imu/window_block.h) of numbers in the plan's units
//   channel  (none under flag 32) u8 model, then by model:
//     below 32    all of it, as codec/series_channel.h reads it
//     32 + kind   grid, exceptions, numbers in group 1; kinds 2-4: u8 where
//                 units are: 0 there are none, 1 integers here, 2 in group 2
//     40 + kind   the same on the grid of the last grid channel before
//     49          as 32 + kind on the profile's grid
//     48          floats: their bits in numeric order are in group 2
//     50          a lattice of this channel or of it and the two behind it,
//                 which have no model (codec/series_lattice.cc); its numbers
//                 are in group 1, its units in group 2
//     51          floats split in two (codec/split_floats.cc): what is below
//                 their steps here, counts of steps in group 1
//   group 1, group 2, where channels use them: rows of their columns, for
//            each 65 536 of them (fewer at the end) varint bytes and an
//            inertial block (codec/imu/imu_block.h)
//   u32      CRC-32C of all bytes before
//
// Version 1 has times as codec/timestamp_coder.h writes them, models below 32
// only, no groups and no checksum.

#include "codec/series_block.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/bounded_grid.h"
#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/imu_block.h"
#include "codec/integer_grid.h"
#include "codec/internal/series_layout.h"
#include "codec/rice_coder.h"
#include "codec/sample_clock.h"
#include "codec/series_bounds.h"
#include "codec/series_channel.h"
#include "codec/series_lattice.h"
#include "codec/series_profile.h"
#include "codec/series_text.h"
#include "codec/series_window_numbers.h"
#include "codec/series_window_plan.h"
#include "codec/split_floats.h"

namespace fovea {
namespace {

using internal::CheckSeriesShape;
using internal::Group;
using internal::kAllOnProfile;
using internal::kBounded;
using internal::kByProfile;
using internal::kByWindows;
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
using internal::kVersionText;

using Bytes = std::vector<uint8_t>;
using Column = std::vector<double>;
using Numbers = std::vector<int64_t>;

bool Fit32(const Numbers& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](int64_t number) {
    return number >= INT32_MIN && number <= INT32_MAX;
  });
}

// `learned`: an inertial profile for these columns, empty for none.
absl::Status PutGroup(const Group& group, ImuLevel level,
                      std::span<const uint8_t> learned, Bytes* out) {
  const size_t width = group.columns.size();
  if (width == 0) return absl::OkStatus();
  auto coder = ImuBlockCoder::Create(width, learned);
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
    const auto block = coder->EncodeBare(rows, level);
    if (!block.ok()) return block.status();
    PutVarint(block->size(), out);
    out->insert(out->end(), block->begin(), block->end());
  }
  return absl::OkStatus();
}

// Channels as bytes, and the flags of a block that has them.
struct Channels {
  uint8_t flags = 0;
  Bytes bytes;
};

// Writes channels whose numbers go to groups.
class GroupWriter {
 public:
  void Add(ChannelForm form, std::span<const double> column) {
    plain_ = false;
    if (form.fit && Fit32(form.fit->k)) {
      AddGrid(*std::move(form.fit), column);
    } else if (!form.floats.empty()) {
      heads_.push_back(kGroupFloat);
      rest_.columns.push_back(std::move(form.floats));
    } else {
      // By itself; the grid that its bytes may refer to is not in this block
      // where the channel before is coded otherwise.
      if (form.fit) form = FormChannel(column, &last_);
      heads_.insert(heads_.end(), form.bytes.begin(), form.bytes.end());
    }
  }

  // `columns`: from the lattice's first channel on.
  void AddLattice(LatticeFit fit, std::span<const Column> columns) {
    plain_ = false;
    heads_.push_back(kLattice);
    PutLatticeHead(fit, columns, &heads_);
    const bool predicted = AllPredicted(fit);
    for (size_t j = 0; j < fit.lattice.basis.width; ++j) {
      numbers_.columns.push_back(std::move(fit.k[j]));
      if (!predicted) rest_.columns.push_back(std::move(fit.units[j]));
    }
  }

  void AddSplit(SplitFloats split, std::span<const double> column) {
    plain_ = false;
    heads_.push_back(kSplit);
    PutSplitHead(split, column, &heads_);
    numbers_.columns.push_back(std::move(split.k));
  }

  // On the profile's grid for the channel.
  void AddLearned(GridFit fit, std::span<const double> column) {
    plain_ = plain_ && fit.exceptions.empty() && fit.units.empty();
    heads_.push_back(kProfileGrid);
    AddNumbers(std::move(fit), column);
  }

  absl::StatusOr<Channels> Finish(ImuLevel level,
                                  const SeriesProfile* profile) && {
    Channels channels;
    std::span<const uint8_t> learned;
    if (profile != nullptr) {
      channels.flags = kByProfile;
      if (profile->channels() == numbers_.columns.size()) {
        learned = profile->numbers();
      }
      if (plain_) {
        channels.flags |= kAllOnProfile;
        heads_.clear();
      }
    }
    absl::Status status = PutGroup(numbers_, level, learned, &heads_);
    if (status.ok()) status = PutGroup(rest_, level, {}, &heads_);
    if (!status.ok()) return status;
    channels.bytes = std::move(heads_);
    return channels;
  }

 private:
  void AddGrid(GridFit fit, std::span<const double> column) {
    const bool same = last_ == fit.grid;
    heads_.push_back(static_cast<uint8_t>((same ? kGroupSameGrid : kGroupGrid) +
                                          static_cast<uint8_t>(fit.grid.kind)));
    if (!same) PutGrid(fit.grid, &heads_);
    last_ = fit.grid;
    AddNumbers(std::move(fit), column);
  }

  void AddNumbers(GridFit fit, std::span<const double> column) {
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
  std::optional<IntegerGrid> last_;
  bool plain_ = true;  // heads_ says nothing that the profile does not
  Group numbers_;
  Group rest_;
};

Column ColumnOf(const SeriesBatch& batch, size_t channels, size_t c) {
  Column column(batch.time_ns.size());
  for (size_t i = 0; i < column.size(); ++i) {
    column[i] = batch.values[i * channels + c];
  }
  return column;
}

// A block's channels, and what each may be coded as.
struct Forms {
  Bytes alone;  // all of them by themselves
  std::vector<Column> columns;
  std::vector<ChannelForm> forms;
  std::vector<std::optional<SplitFloats>> splits;  // that are shorter
  std::vector<size_t> bytes;                       // of the form or the split
  std::vector<bool> lossy;                         // within bounds
};

Forms FormsOf(const SeriesBatch& batch, size_t channels,
              const std::vector<double>& bounds) {
  Forms all;
  std::optional<IntegerGrid> last;
  for (size_t c = 0; c < channels; ++c) {
    all.columns.push_back(ColumnOf(batch, channels, c));
    const Column& column = all.columns.back();
    ChannelForm form = FormChannel(column, &last);
    all.alone.insert(all.alone.end(), form.bytes.begin(), form.bytes.end());
    all.bytes.push_back(form.bytes.size());
    auto fit =
        bounds.empty() ? std::nullopt : FitBounded(column, bounds[c], form.fit);
    all.lossy.push_back(fit.has_value());
    std::optional<SplitFloats> split;
    if (fit) {
      form.fit = std::move(fit);
    } else if (IsRough(form.bytes.size(), column.size())) {
      split = SplitColumn(column);
    }
    if (split && split->bytes >= form.bytes.size()) split.reset();
    if (split) all.bytes.back() = split->bytes;
    all.splits.push_back(std::move(split));
    all.forms.push_back(std::move(form));
  }
  return all;
}

// All channels in groups, where they can be.
GroupWriter Grouped(Forms all) {
  const std::span<const Column> columns(all.columns);
  auto lattices = FindLattices(columns, all.bytes, all.lossy);
  GroupWriter groups;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (lattices[c]) {
      const size_t width = lattices[c]->lattice.basis.width;
      groups.AddLattice(*std::move(lattices[c]), columns.subspan(c));
      c += width - 1;
    } else if (all.splits[c]) {
      groups.AddSplit(*std::move(all.splits[c]), columns[c]);
    } else {
      groups.Add(std::move(all.forms[c]), columns[c]);
    }
  }
  return groups;
}

// Channels within their bounds, by themselves or in groups, whichever is
// shorter.
absl::StatusOr<Channels> EncodeChannels(const SeriesBatch& batch,
                                        size_t channels,
                                        const SeriesCoding& coding) {
  Forms forms = FormsOf(batch, channels, coding.bounds);
  Channels alone = {0, std::move(forms.alone)};
  const bool bounded = std::find(forms.lossy.begin(), forms.lossy.end(),
                                 true) != forms.lossy.end();
  GroupWriter groups = Grouped(std::move(forms));
  const SeriesProfile* const profile = coding.profile;
  absl::StatusOr<Channels> learned = Channels{};
  if (profile != nullptr && profile->channels() == channels) {
    learned = GroupWriter(groups).Finish(coding.level, profile);
    if (!learned.ok()) return learned;
  }
  auto best = std::move(groups).Finish(coding.level, nullptr);
  if (!best.ok()) return best;
  // The profile's id takes four bytes more.
  if (!learned->bytes.empty() &&
      learned->bytes.size() + 4 < best->bytes.size()) {
    best = std::move(learned);
  }
  if (bounded) best->flags |= kBounded;
  return best->bytes.size() < alone.bytes.size() ? *std::move(best)
                                                 : std::move(alone);
}

// All channels on the profile's grids; no bytes where one is not.
absl::StatusOr<Channels> EncodeByProfile(const SeriesBatch& batch,
                                         const SeriesProfile& profile,
                                         ImuLevel level) {
  GroupWriter groups;
  for (size_t c = 0; c < profile.channels(); ++c) {
    const Column column = ColumnOf(batch, profile.channels(), c);
    auto fit = FitGrid(profile.grids()[c], column);
    if (!fit || !Fit32(fit->k)) return Channels{};
    groups.AddLearned(*std::move(fit), column);
  }
  return std::move(groups).Finish(level, &profile);
}

// Whether each decoded sample is within its bound, if it has one.
bool AreWithin(std::span<const double> bounds, std::span<const double> given,
               std::span<const double> decoded) {
  for (size_t i = 0; !bounds.empty() && i < given.size(); ++i) {
    const double bound = bounds[i % bounds.size()];
    if (bound == 0) continue;
    if (!(std::abs(given[i] - decoded[i]) <= bound)) return false;
  }
  return true;
}

// What is left of bounds for numbers, in whole units; of 0, any distance.
// False: it is finer than the units.
bool BoundsInUnits(const SeriesCoding& coding, ImuWindowOptions* options) {
  const std::vector<double>& units = coding.windows.plan->units();
  for (size_t c = 0; c < coding.bounds.size(); ++c) {
    if (coding.bounds[c] == 0) {
      options->bounds.push_back(-1);
      continue;
    }
    const double left = std::floor(coding.bounds[c] / units[c] - 0.5);
    if (left < 0) return false;
    options->bounds.push_back(
        static_cast<int32_t>(std::min(left, kMostWindowNumber)));
  }
  return true;
}

// For the model; no bytes where that is not possible.
absl::StatusOr<Channels> EncodeByWindows(const SeriesBatch& batch,
                                         const SeriesCoding& coding) {
  const SeriesWindowPlan& plan = *coding.windows.plan;
  const auto numbers = NumbersOf(batch.values, plan.units());
  ImuWindowOptions options;
  options.strength = coding.windows.strength;
  options.most_coarser = coding.windows.most_coarser;
  if (!numbers || batch.time_ns.size() > kMaxImuRows ||
      !BoundsInUnits(coding, &options)) {
    return Channels{};
  }
  if (coding.windows.judge) {
    options.judge = [&](size_t window, std::span<const int32_t> rows) {
      return coding.windows.judge(window * plan.window(),
                                  SamplesOf(rows, plan.units()));
    };
  }
  auto coder = ImuWindowCoder::Create(plan.steps());
  if (!coder.ok()) return coder.status();
  auto block = coder->Encode(*numbers, options);
  if (!block.ok()) return block.status();
  const auto decoded = coder->Decode(*block);
  if (!decoded.ok()) return decoded.status();
  if (!AreWithin(coding.bounds, batch.values,
                 SamplesOf(decoded->values, plan.units()))) {
    return Channels{};
  }
  const bool bounded = !coding.bounds.empty();
  return Channels{static_cast<uint8_t>(kByWindows | (bounded ? kBounded : 0)),
                  *std::move(block)};
}

// Channels in their shortest form that `coding` allows.
absl::StatusOr<Channels> ShortestChannels(const SeriesBatch& batch,
                                          size_t channels,
                                          const SeriesCoding& coding) {
  const SeriesWindowPlan* const plan = coding.windows.plan;
  if (plan != nullptr && plan->channels() == channels) {
    auto coarse = EncodeByWindows(batch, coding);
    if (!coarse.ok() || !coarse->bytes.empty()) return coarse;
  }
  const SeriesProfile* const profile = coding.profile;
  if (profile != nullptr && profile->channels() == channels &&
      coding.bounds.empty()) {
    auto learned = EncodeByProfile(batch, *profile, coding.level);
    if (!learned.ok() || !learned->bytes.empty()) return learned;
  }
  return EncodeChannels(batch, channels, coding);
}

}  // namespace

absl::Status internal::CheckSeriesShape(size_t samples, size_t channels,
                                        size_t values) {
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

absl::StatusOr<std::vector<uint8_t>> EncodeSeriesBlock(
    const SeriesBatch& batch, size_t channels, const SeriesCoding& coding) {
  const size_t samples = batch.time_ns.size();
  absl::Status sound = CheckSeriesShape(samples, channels, batch.values.size());
  if (sound.ok()) sound = CheckBounds(coding.bounds, channels);
  if (!sound.ok()) return sound;
  const auto body = ShortestChannels(batch, channels, coding);
  if (!body.ok()) return body.status();
  const bool has_text = coding.metadata != 0 && (body->flags & kByWindows) == 0;
  const BlockText text =
      has_text ? TextToKeep(batch, channels, coding.bounds) : BlockText();
  const bool by_profile = (body->flags & kByProfile) != 0;
  // What the profile says of the series need not be said twice.
  const bool named =
      coding.metadata != 0 &&
      !(by_profile && coding.profile->metadata_id() == coding.metadata);
  const uint8_t version = text.channels != 0 ? kVersionText : kVersion;
  Bytes out = {static_cast<uint8_t>(version | body->flags),
               static_cast<uint8_t>(channels)};
  if (named) out[0] |= kNamesMetadata;
  PutVarint(samples, &out);
  if (named) PutU32(coding.metadata, &out);
  if (by_profile) PutU32(coding.profile->id(), &out);
  if ((body->flags & kByWindows) != 0) PutU32(coding.windows.plan->id(), &out);
  if ((body->flags & kBounded) != 0) {
    PutBounds(coding.bounds, &out);
  }
  if (version == kVersionText) PutBlockText(text, channels, &out);
  EncodeSampleTimes(batch.time_ns, &out);
  out.insert(out.end(), body->bytes.begin(), body->bytes.end());
  PutU32(imu::Crc32c(out.data(), out.size()), &out);
  return out;
}

}  // namespace fovea
