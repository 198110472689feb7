// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lossless blocks of whole numbers, rows of channels: what an inertial
// sensor's converter gave, or any slow series on an integer grid. Each block
// decodes alone and tells any change of its bytes. codec/FORMAT.md draws
// them; codec/imu/core/fovea_imu.h gives levels fast and normal to C.

#ifndef FOVEA_CODEC_IMU_IMU_BLOCK_H_
#define FOVEA_CODEC_IMU_IMU_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {
namespace imu {
struct BlockHead;
struct Workspace;
}  // namespace imu

inline constexpr size_t kMaxImuChannels = 64;
inline constexpr size_t kMaxImuRows = 65536;  // of a block

enum class ImuLevel : uint8_t {
  kFast,    // some 350 MB/s of 16-bit values, 3 to 8 % larger
  kNormal,  // some 80 MB/s; takes a profile
  kMax      // some 4 MB/s; 1 to 3 % smaller from ten seconds a block on
};

// Encodes and decodes blocks of `channels` values a row. Holds nothing
// between blocks but the profile. Not thread-safe; make one per thread.
class ImuBlockCoder {
 public:
  // kInvalidArgument: channels outside 1 to 64, or a profile that is
  // damaged, of another version, or of other channels. `profile`: bytes of
  // TrainImuProfile(), empty for none.
  static absl::StatusOr<ImuBlockCoder> Create(
      size_t channels, std::span<const uint8_t> profile = {});

  ImuBlockCoder(ImuBlockCoder&&) = default;
  ImuBlockCoder& operator=(ImuBlockCoder&&) = default;
  ImuBlockCoder(const ImuBlockCoder&) = delete;
  ImuBlockCoder& operator=(const ImuBlockCoder&) = delete;

  // `values`: rows x channels. At most 16 bytes more than the values in the
  // fewest whole bytes that hold each. Deterministic on one kind of machine;
  // decodes alike on all. kInvalidArgument: no rows, more than kMaxImuRows,
  // or a size that is no multiple of the channels.
  absl::StatusOr<std::vector<uint8_t>> Encode(std::span<const int32_t> values,
                                              ImuLevel level);

  // The values of a block. kDataLoss: damaged, of other channels, or coded
  // by a profile that this coder does not have. Memory and time are bounded by
  // the limits above; before the checksum fits nothing is allocated.
  absl::StatusOr<std::vector<int32_t>> Decode(std::span<const uint8_t> block);

  // The same within a container that tells the channels and rows and has a
  // checksum of its own: mode and body alone. `rows`: 1 to kMaxImuRows.
  absl::StatusOr<std::vector<uint8_t>> EncodeBare(
      std::span<const int32_t> values, ImuLevel level);
  absl::StatusOr<std::vector<int32_t>> DecodeBare(
      std::span<const uint8_t> block, size_t rows);

  size_t channels() const { return channels_; }

 private:
  explicit ImuBlockCoder(size_t channels);

  imu::Workspace* work() {
    return reinterpret_cast<imu::Workspace*>(memory_.data());
  }
  uint32_t profile_id() const;
  std::vector<uint8_t> EncodeMax(std::span<const int32_t> values, size_t rows);
  absl::StatusOr<std::vector<int32_t>> DecodeBody(
      const imu::BlockHead& head, std::span<const uint8_t> block);

  size_t channels_;
  std::vector<uint64_t> memory_;  // a Workspace, which moves with it
};

}  // namespace fovea

#endif  // FOVEA_CODEC_IMU_IMU_BLOCK_H_
