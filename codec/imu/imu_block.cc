// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/imu_block.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/imu/core/block.h"
#include "codec/imu/core/workspace.h"
#include "codec/imu/internal/lz4.h"
#include "codec/imu/max_body.h"

namespace fovea {
namespace {

// Of a block's first byte; the second is in bare ones alone.
constexpr uint8_t kModeBits = 0x0f;
constexpr uint8_t kBareByProfile = 0x80;

using imu::BlockHead;
using imu::HeadVerdict;
using imu::Mode;

static_assert(kMaxImuChannels == imu::kMaxChannels);
static_assert(kMaxImuRows == imu::kMaxRows);

// LZ4 is tried where a block is no smaller than this part of the raw one:
// it finds what repeats at a distance, which predictions do not.
constexpr size_t kPoor = 8;  // seven of so many

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("imu block: ", what));
}

// `block` as LZ4 of its raw body, if that is smaller.
void OfferLz4(std::span<const int32_t> values, size_t rows, int channels,
              std::vector<uint8_t>* block) {
  const auto width =
      static_cast<size_t>(imu::WidthOf(values.data(), values.size()));
  const size_t offset = imu::BodyOffset(rows);
  std::vector<uint8_t> raw(1 + values.size() * width);
  if (block->size() < offset + raw.size() / kPoor * (kPoor - 1)) return;
  imu::EncodeRawBody(values.data(), values.size(), raw.data(), raw.size());
  const std::vector<uint8_t> packed =
      imu::Lz4Pack(std::span(raw).subspan(1), block->size() - offset - 1);
  if (packed.empty()) return;
  block->resize(offset + 1 + packed.size());
  (*block)[offset] = raw[0];
  std::copy(packed.begin(), packed.end(),
            block->begin() + static_cast<long>(offset + 1));
  imu::SealBlock(Mode::kLz4, rows, channels, 0, 1 + packed.size(),
                 block->data());
}

bool DecodeLz4(std::span<const uint8_t> body, std::span<int32_t> values) {
  if (body.empty() || body[0] < 1 || body[0] > 4) return false;
  std::vector<uint8_t> raw(1 + values.size() * body[0]);
  raw[0] = body[0];
  return imu::Lz4Unpack(body.subspan(1), std::span(raw).subspan(1)) &&
         imu::DecodeRawBody(raw.data(), raw.size(), values.size(),
                            values.data());
}

}  // namespace

ImuBlockCoder::ImuBlockCoder(size_t channels)
    : channels_(channels),
      memory_(imu::WorkspaceBytes(static_cast<int>(channels), true) / 8) {
  imu::PlaceWorkspace(memory_.data(), static_cast<int>(channels), true);
}

absl::StatusOr<ImuBlockCoder> ImuBlockCoder::Create(
    size_t channels, std::span<const uint8_t> profile) {
  if (channels < 1 || channels > kMaxImuChannels) {
    return absl::InvalidArgumentError(absl::StrCat(
        "imu block: ", channels, " channels, expected 1 to ", kMaxImuChannels));
  }
  ImuBlockCoder coder(channels);
  if (!profile.empty() &&
      !imu::UseProfile(coder.work(), profile.data(), profile.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("imu profile: ", profile.size(),
                     " bytes are damaged, of another "
                     "version, or not for ",
                     channels, " channels; learn it again"));
  }
  return coder;
}

uint32_t ImuBlockCoder::profile_id() const {
  const auto* const work =
      reinterpret_cast<const imu::Workspace*>(memory_.data());
  return work->taps != nullptr ? work->profile.id : 0;
}

std::vector<uint8_t> ImuBlockCoder::EncodeMax(std::span<const int32_t> values,
                                              size_t rows) {
  const size_t offset = imu::BodyOffset(rows);
  std::vector<uint8_t> block(offset + values.size() * 4);
  const size_t size =
      imu::EncodeMaxBody(work(), values.data(), rows, block.data() + offset,
                         block.size() - offset);
  if (size == 0) return {};
  block.resize(offset + size);
  imu::SealBlock(Mode::kMax, rows, work()->channels, profile_id(), size,
                 block.data());
  return block;
}

absl::StatusOr<std::vector<uint8_t>> ImuBlockCoder::Encode(
    std::span<const int32_t> values, ImuLevel level) {
  const size_t rows = values.size() / channels_;
  if (values.size() % channels_ != 0 || rows < 1 || rows > kMaxImuRows) {
    return absl::InvalidArgumentError(
        absl::StrCat("imu block: ", values.size(), " values, expected 1 to ",
                     kMaxImuRows, " rows of ", channels_));
  }
  const Mode mode = level == ImuLevel::kFast ? Mode::kFast : Mode::kNormal;
  std::vector<uint8_t> block(imu::BlockBound(rows, work()->channels));
  block.resize(imu::EncodeBlock(work(), mode, values.data(), rows, block.data(),
                                block.size()));
  if (level == ImuLevel::kMax) {
    std::vector<uint8_t> max = EncodeMax(values, rows);
    if (!max.empty() && max.size() < block.size()) block = std::move(max);
  }
  OfferLz4(values, rows, work()->channels, &block);
  return block;
}

absl::StatusOr<std::vector<int32_t>> ImuBlockCoder::Decode(
    std::span<const uint8_t> block) {
  BlockHead head;
  const HeadVerdict verdict =
      imu::ReadBlockHead(block.data(), block.size(), profile_id(), &head);
  if (verdict == HeadVerdict::kBad) {
    return Damaged("damaged, or coded by another profile");
  }
  if (head.channels != static_cast<int>(channels_)) {
    return absl::DataLossError(absl::StrCat("imu block: ", head.channels,
                                            " channels, expected ", channels_));
  }
  return DecodeBody(head, block);
}

absl::StatusOr<std::vector<int32_t>> ImuBlockCoder::DecodeBody(
    const BlockHead& head, std::span<const uint8_t> block) {
  if (head.mode > Mode::kLz4) return Damaged("of a level not known here");
  std::vector<int32_t> values(head.rows * channels_);
  const auto body = block.subspan(head.bytes);
  bool whole = false;
  if (head.mode <= Mode::kNormal) {
    whole = imu::DecodeBlock(work(), block.data(), block.size(), head,
                             values.data());
  } else if (head.mode == Mode::kLz4) {
    whole = DecodeLz4(body, values);
  } else {
    const int16_t* const taps = work()->taps;
    if (!head.by_profile) work()->taps = nullptr;
    whole = imu::DecodeMaxBody(work(), body.data(), body.size(), head.rows,
                               values.data());
    work()->taps = taps;
  }
  if (!whole) return Damaged("its checksum fits, its body does not");
  return values;
}

absl::StatusOr<std::vector<uint8_t>> ImuBlockCoder::EncodeBare(
    std::span<const int32_t> values, ImuLevel level) {
  auto block = Encode(values, level);
  if (!block.ok()) return block.status();
  const auto mode = static_cast<Mode>((*block)[0] & kModeBits);
  const bool by_profile =
      work()->taps != nullptr && (mode == Mode::kNormal || mode == Mode::kMax);
  const size_t body = imu::BodyOffset(values.size() / channels_);
  block->erase(block->begin() + 1,
               block->begin() + static_cast<std::ptrdiff_t>(body));
  if (by_profile) (*block)[0] |= kBareByProfile;
  return block;
}

absl::StatusOr<std::vector<int32_t>> ImuBlockCoder::DecodeBare(
    std::span<const uint8_t> block, size_t rows) {
  if (rows < 1 || rows > kMaxImuRows || block.empty() ||
      (block[0] & ~(kModeBits | kBareByProfile)) != imu::kBlockVersion << 4) {
    return Damaged("of no version known here");
  }
  BlockHead head;
  head.mode = static_cast<Mode>(block[0] & kModeBits);
  head.rows = rows;
  head.channels = static_cast<int>(channels_);
  head.bytes = 1;
  head.by_profile = (block[0] & kBareByProfile) != 0;
  if (head.by_profile && work()->taps == nullptr) {
    return Damaged("coded by a profile that is not there");
  }
  return DecodeBody(head, block);
}

}  // namespace fovea
