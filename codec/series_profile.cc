// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8       version, 1
//   varint   bytes of what follows
//   bytes    of the metadata (codec/series_metadata.h) without its checksum
//   grids    u8 kind and its numbers, of each channel
//   bytes    of an inertial profile (codec/imu/core/profile.h)
//   u32      CRC-32C of all bytes before but the inertial profile's own
//            checksum, its last four: what blocks name it by. (A checksum over
//            what ends in its own would not depend on it, so the metadata's is
//            left out, too.)

#include "codec/series_profile.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/core/profile.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/profile_trainer.h"
#include "codec/series_channel.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kChecksumBytes = 4;

// Samples off the grid that a channel may have, one in so many.
constexpr size_t kExceptionShare = 100;

absl::Status Damaged(const char* what) {
  return absl::DataLossError(
      absl::StrCat("series profile: ", what, "; learn it again"));
}

// Bits a sample that differences of `k` take, about.
double BitsOf(const std::vector<int64_t>& k) {
  double bits = 0;
  for (size_t i = 1; i < k.size(); ++i) {
    bits += std::log2(1 + std::abs(static_cast<double>(k[i]) -
                                   static_cast<double>(k[i - 1])));
  }
  return bits;
}

bool Fit32(const std::vector<int64_t>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](int64_t number) {
    return number >= INT32_MIN && number <= INT32_MAX;
  });
}

absl::Status ReadMetadata(ByteReader* in, SeriesMetadata* metadata,
                          uint32_t* id) {
  const auto part = in->Take(in->Varint());
  std::vector<uint8_t> bytes(part.begin(), part.end());
  PutU32(imu::Crc32c(bytes.data(), bytes.size()), &bytes);
  auto parsed = ParseSeriesMetadata(bytes);
  if (!parsed.ok()) return parsed.status();
  *metadata = *std::move(parsed);
  *id = SeriesMetadataId(bytes);
  return absl::OkStatus();
}

// The grid of fewest bits that holds nearly all samples.
std::optional<GridFit> CoarsestFit(const std::vector<double>& column) {
  std::vector<GridFit> fits = FitScales(column);
  if (auto decimals = FitDecimals(column)) {
    std::vector<GridFit> lattices = FitLatticeOfDecimals(*decimals);
    std::move(lattices.begin(), lattices.end(), std::back_inserter(fits));
    fits.push_back(*std::move(decimals));
  }
  std::optional<GridFit> best;
  double least = 0;
  for (GridFit& fit : fits) {
    if (!Fit32(fit.k) ||
        fit.exceptions.size() > column.size() / kExceptionShare) {
      continue;
    }
    const double bits = BitsOf(fit.k) + BitsOf(fit.units);
    if (best && bits >= least) continue;
    least = bits;
    best = std::move(fit);
  }
  return best;
}

}  // namespace

absl::StatusOr<SeriesProfile> SeriesProfile::Parse(
    std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 * kChecksumBytes ||
      bytes.size() > kMaxSeriesProfileBytes) {
    return Damaged("it is cut or too long");
  }
  const size_t size = bytes.size() - kChecksumBytes;
  SeriesProfile profile;
  profile.id_ = ByteReader(bytes.last(kChecksumBytes)).U32();
  if (profile.id_ != imu::Crc32c(bytes.data(), size - kChecksumBytes)) {
    return Damaged("its checksum does not fit");
  }
  ByteReader in(bytes.first(size));
  if (in.U8() != kVersion) return Damaged("it is of another version");
  const absl::Status of_what =
      ReadMetadata(&in, &profile.metadata_, &profile.metadata_id_);
  if (!of_what.ok()) return of_what;
  const size_t channels = profile.metadata_.channels.size();
  if (channels > imu::kMaxProfileChannels) {
    return Damaged("it is of too many channels");
  }
  for (size_t c = 0; c < channels; ++c) {
    const auto kind = GridKindOf(in.U8(), 0);
    if (!kind) return Damaged("it has an unknown grid");
    const auto grid = ReadGrid(*kind, &in);
    if (!in.ok()) return Damaged("it ends early");
    if (!grid) return Damaged("it has numbers of no grid");
    profile.grids_.push_back(*grid);
  }
  profile.numbers_.assign(in.rest().begin(), in.rest().end());
  if (!ImuBlockCoder::Create(channels, profile.numbers_).ok()) {
    return Damaged("it holds no inertial profile");
  }
  return profile;
}

absl::StatusOr<std::vector<uint8_t>> LearnSeriesProfile(
    std::span<const std::vector<double>> recordings, size_t channels) {
  SeriesMetadata metadata;
  metadata.channels.resize(channels);
  return LearnSeriesProfile(recordings, metadata);
}

absl::StatusOr<std::vector<uint8_t>> LearnSeriesProfile(
    std::span<const std::vector<double>> recordings,
    const SeriesMetadata& metadata) {
  const size_t channels = metadata.channels.size();
  if (channels < 1 || channels > imu::kMaxProfileChannels) {
    return absl::InvalidArgumentError(absl::StrCat("series profile: ", channels,
                                                   " channels, expected 1 to ",
                                                   imu::kMaxProfileChannels));
  }
  std::vector<std::vector<int32_t>> numbers;
  for (const auto& recording : recordings) {
    numbers.emplace_back(recording.size());
  }
  const auto of_what = EncodeSeriesMetadata(metadata);
  if (!of_what.ok()) return of_what.status();
  std::vector<uint8_t> bytes = {kVersion};
  PutVarint(of_what->size() - kChecksumBytes, &bytes);
  bytes.insert(bytes.end(), of_what->begin(), of_what->end() - kChecksumBytes);
  for (size_t c = 0; c < channels; ++c) {
    std::vector<double> column;
    for (const auto& recording : recordings) {
      for (size_t i = c; i < recording.size(); i += channels) {
        column.push_back(recording[i]);
      }
    }
    const auto fit = CoarsestFit(column);
    if (!fit) {
      const std::string& name = metadata.channels[c].name;
      return absl::FailedPreconditionError(absl::StrCat(
          "series profile: channel ", name.empty() ? absl::StrCat(c) : name,
          " shows no integer grid: its blocks would not use a profile"));
    }
    bytes.push_back(static_cast<uint8_t>(fit->grid.kind));
    PutGrid(fit->grid, &bytes);
    size_t next = 0;
    for (auto& recording : numbers) {
      for (size_t i = c; i < recording.size(); i += channels) {
        recording[i] = static_cast<int32_t>(fit->k[next++]);
      }
    }
  }
  const auto trained = TrainImuProfile(numbers, channels);
  if (!trained.ok()) return trained.status();
  bytes.insert(bytes.end(), trained->begin(), trained->end());
  const uint32_t id = imu::Crc32c(bytes.data(), bytes.size() - kChecksumBytes);
  PutU32(id, &bytes);
  return bytes;
}

}  // namespace fovea
