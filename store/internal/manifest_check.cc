// SPDX-License-Identifier: GPL-2.0-or-later
//
// A manifest is a log: blocks of 32 KiB of fragments, none over a border;
// where a block has no room for a fragment's head, zeros.
//
//   fragment  4 masked crc32c of kind and bytes   2 length   1 kind, 1: a
//             whole record, 2: its first, 3: a middle, 4: its last one | bytes

#include "store/internal/manifest_check.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/masked_crc32c.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kHeadBytes = 7;
constexpr size_t kCheckedFrom = 6;  // the kind

enum Kind : uint8_t { kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// Whether a fragment of this kind may come when a record is half read.
bool Fits(uint8_t kind, bool within_record) {
  return within_record ? kind == kMiddle || kind == kLast
                       : kind == kWhole || kind == kFirst;
}

// Reads the fragment that `rest` begins with; its size, or 0 for damage.
size_t TakeFragment(std::span<const uint8_t> rest, bool* within_record) {
  if (rest.size() < kHeadBytes) return 0;
  ByteReader head(rest.first(kHeadBytes));
  const auto crc = head.Little<uint32_t>();
  const auto length = head.Little<uint16_t>();
  const auto kind = head.Little<uint8_t>();
  if (rest.size() - kHeadBytes < length || !Fits(kind, *within_record)) {
    return 0;
  }
  const auto checked = rest.subspan(kCheckedFrom, 1 + size_t{length});
  if (crc != Masked(ComputeCrc32c(checked))) return 0;
  *within_record = kind == kFirst || kind == kMiddle;
  return kHeadBytes + length;
}

}  // namespace

absl::Status CheckManifest(RandomFile* file, const std::string& path) {
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  const auto damage = [&](uint64_t offset) {
    return absl::DataLossError(
        absl::StrCat(path, " at offset ", offset, ": no whole record"));
  };
  std::vector<uint8_t> block(kBlockBytes);
  bool within_record = false;
  for (uint64_t begin = 0; begin < size; begin += kBlockBytes) {
    FOVEA_ASSIGN_OR_RETURN(const size_t got, file->Read(begin, block));
    if (got != std::min<uint64_t>(kBlockBytes, size - begin)) {
      return damage(begin + got);
    }
    size_t at = 0;
    while (at < got && kBlockBytes - at >= kHeadBytes) {
      const size_t taken =
          TakeFragment(std::span(block).first(got).subspan(at), &within_record);
      if (taken == 0) return damage(begin + at);
      at += taken;
    }
    const auto filler = std::span(block).first(got).subspan(at);
    if (std::ranges::any_of(filler, [](uint8_t b) { return b != 0; })) {
      return damage(begin + at);
    }
  }
  return within_record ? damage(size) : absl::OkStatus();
}

}  // namespace fovea
