// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of imu and series samples, lossless where nothing else is asked for:
// about a second of up to 64 channels and their timestamps, each block
// decodable alone. Values that
// sit on an exact integer grid (ADC counts behind a scale, decimals from a
// text file) are found out, checked bit for bit, and coded as integers, all
// channels together as inertial blocks (codec/imu/imu_block.h); anything else
// escapes to raw bits. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_SERIES_BLOCK_H_
#define FOVEA_CODEC_SERIES_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/window_block.h"
#include "codec/sample.h"
#include "codec/series_profile.h"
#include "codec/series_text.h"
#include "codec/series_window_plan.h"

namespace fovea {

inline constexpr size_t kMaxSeriesChannels = 64;
inline constexpr size_t kMaxBlockSamples = 1'000'000;
inline constexpr size_t kMaxBlockValues = 8'000'000;  // samples x channels

// For a model: as coarse as its answers allow (codec/imu/window_block.h).
struct SeriesWindowCoding {
  // Not owned; of other channels, or null: none. Blocks with a sample that is
  // no number or too large for it, or of more than kMaxImuRows, are coded
  // without, and so are those whose bounds are finer than its units.
  const SeriesWindowPlan* plan = nullptr;

  int strength = 0;       // as ImuWindowOptions
  int most_coarser = 15;  // the same

  // Of a window's samples as they will be decoded, rows x channels from the
  // block's `first_row` on; past its end the last row repeats. Null: all
  // windows are at the strength.
  std::function<WindowOpinion(size_t first_row, std::span<const double> rows)>
      judge = nullptr;
};

struct SeriesCoding {
  ImuLevel level = ImuLevel::kNormal;

  // What was learned of the device. Not owned; of other channels, or null:
  // none. Blocks all of whose samples are on its grids are coded by it, unless
  // there are bounds; what they would take without is not looked at.
  const SeriesProfile* profile = nullptr;

  // By which blocks name what the series is (codec/series_metadata.h); 0: they
  // do not.
  uint32_t metadata = 0;

  // How far a decoded sample may be from the given one, for each channel in
  // its unit; 0 or none: not at all, or with `windows` any distance. Checked
  // for every sample. NaN, infinities and what is far off the rest are kept bit
  // for bit.
  std::vector<double> bounds;

  SeriesWindowCoding windows = {};
};

// Encodes a batch, of its text what TextToKeep() says where the series has a
// name and the block is not coded by windows: the rules are to be those of
// the metadata. Deterministic on one kind of machine. kInvalidArgument: no
// samples, more than kMaxBlockSamples or kMaxBlockValues, channels
// outside 1..64, or values.size() that is not samples * channels. Any double is
// kept, NaN payloads and -0 included.
absl::StatusOr<std::vector<uint8_t>> EncodeSeriesBlock(
    const SeriesBatch& batch, size_t channels, const SeriesCoding& coding = {});

struct DecodedSeries {
  size_t channels = 0;
  SeriesBatch batch;
  std::vector<double> bounds;  // that it was coded by; none: exact
  uint32_t metadata = 0;       // that it names, or its profile has; 0: none
  WindowVerdict verdict;       // of 0 windows: it was not coded for a model
  BlockText text;              // WithRules() makes it the batch's
};

// Inverse of EncodeSeriesBlock; reads version 1 too. kDataLoss on damage, any
// change of a byte of later versions among it; kFailedPrecondition where the
// block names a profile or a plan that is not the one given, both named. Memory
// is bounded by the limits above whatever the bytes say.
absl::StatusOr<DecodedSeries> DecodeSeriesBlock(
    std::span<const uint8_t> block, const SeriesProfile* profile = nullptr,
    const SeriesWindowPlan* plan = nullptr);

// What the head of a block says, ids 0 for none. Damage is not told.
struct SeriesBlockNames {
  int version = 0;
  bool bounded = false;
  bool text = false;      // of some channels is kept
  uint32_t metadata = 0;  // 0, too, where the profile has it
  uint32_t profile = 0;
  uint32_t plan = 0;  // of windows
};
SeriesBlockNames NamesOfSeriesBlock(std::span<const uint8_t> block);

inline constexpr size_t kMaxOpaqueBlockBytes = size_t{256} << 20;

// Opaque packets of about a second: times, then bytes, LZ4 where it pays.
// kInvalidArgument: no packets, more than kMaxBlockSamples, or more than
// kMaxOpaqueBlockBytes in all. Decoding damage is kDataLoss.
struct OpaqueBlock {
  std::vector<uint8_t> bytes;
  size_t head_bytes = 0;  // times and sizes; behind them the packets' bytes
};
absl::StatusOr<OpaqueBlock> EncodeOpaqueBlock(
    std::span<const OpaquePacket> packets);
absl::StatusOr<std::vector<OpaquePacket>> DecodeOpaqueBlock(
    std::span<const uint8_t> block);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_BLOCK_H_
