// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/window_block.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/imu/core/block.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/window_body.h"
#include "codec/imu/window_contexts.h"

namespace fovea {
namespace {

using imu::BlockHead;
using imu::HeadVerdict;
using imu::Mode;

constexpr int32_t kMostValue = 1 << 26;
constexpr int kMostStrength = 255;
constexpr int kMostCoarser = (1 << imu::kCoarserBits) - 1;

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("imu window block: ", what));
}

absl::Status CheckOptions(const ImuWindowOptions& options, size_t channels) {
  if (options.strength < 0 || options.strength > kMostStrength ||
      options.most_coarser < 0 || options.most_coarser > kMostCoarser) {
    return absl::InvalidArgumentError(absl::StrCat(
        "imu window block: strength ", options.strength, " and ",
        options.most_coarser, " half octaves above it, expected 0 to ",
        kMostStrength, " and 0 to ", kMostCoarser));
  }
  if (options.bounds.empty() || options.bounds.size() == channels) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "imu window block: ", options.bounds.size(),
      " bounds, expected one for each of ", channels, " channels, or none"));
}

absl::Status CheckValues(std::span<const int32_t> values, size_t channels) {
  const size_t rows = values.size() / channels;
  if (values.size() % channels != 0 || rows < 1 || rows > kMaxImuRows) {
    return absl::InvalidArgumentError(absl::StrCat(
        "imu window block: ", values.size(), " values, expected 1 to ",
        kMaxImuRows, " rows of ", channels));
  }
  for (const int32_t value : values) {
    if (value >= -kMostValue && value <= kMostValue) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("imu window block: a value is ", value,
                     ", expected at most ", kMostValue, " either way"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImuWindowCoder> ImuWindowCoder::Create(
    std::span<const uint8_t> plan) {
  auto parsed = imu::ParseWindowPlan(plan);
  if (parsed) return ImuWindowCoder(*std::move(parsed));
  return absl::InvalidArgumentError(
      absl::StrCat("imu window plan: ", plan.size(),
                   " bytes are damaged or of another version; make it again"));
}

absl::StatusOr<std::vector<uint8_t>> ImuWindowCoder::Encode(
    std::span<const int32_t> values, const ImuWindowOptions& options) {
  absl::Status checked = CheckOptions(options, plan_.channels);
  if (checked.ok()) checked = CheckValues(values, plan_.channels);
  if (!checked.ok()) return checked;
  const size_t rows = values.size() / plan_.channels;
  const int channels = static_cast<int>(plan_.channels);
  const std::vector<uint8_t> body =
      imu::EncodeWindowBody(plan_, values, options);
  const size_t offset = imu::BodyOffset(rows);
  const size_t raw = 1 + values.size() * static_cast<size_t>(imu::WidthOf(
                                             values.data(), values.size()));
  std::vector<uint8_t> block(offset + std::min(body.size(), raw));
  if (body.size() < raw) {
    std::ranges::copy(body, block.begin() + static_cast<long>(offset));
    imu::SealBlock(Mode::kWindows, rows, channels, plan_.id, body.size(),
                   block.data());
  } else {
    imu::EncodeRawBody(values.data(), values.size(), block.data() + offset,
                       raw);
    imu::SealBlock(Mode::kRaw, rows, channels, 0, raw, block.data());
  }
  return block;
}

absl::StatusOr<DecodedWindows> ImuWindowCoder::Decode(
    std::span<const uint8_t> block) {
  BlockHead head;
  if (imu::ReadBlockHead(block.data(), block.size(), plan_.id, &head) ==
      HeadVerdict::kBad) {
    return Damaged("damaged, or coded by another plan");
  }
  if (head.channels != static_cast<int>(plan_.channels)) {
    return absl::DataLossError(absl::StrCat("imu window block: ", head.channels,
                                            " channels, expected ",
                                            plan_.channels));
  }
  const auto body = block.subspan(head.bytes);
  DecodedWindows decoded;
  decoded.values.resize(head.rows * plan_.channels);
  bool whole = false;
  if (head.mode == Mode::kRaw) {
    whole = imu::DecodeRawBody(body.data(), body.size(), decoded.values.size(),
                               decoded.values.data());
  } else if (head.mode == Mode::kWindows && head.by_profile) {
    whole =
        imu::DecodeWindowBody(plan_, body, decoded.values, &decoded.verdict);
  } else {
    return Damaged("not one of windows");
  }
  if (!whole) return Damaged("its checksum fits, its body does not");
  return decoded;
}

}  // namespace fovea
