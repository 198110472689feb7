// SPDX-License-Identifier: GPL-2.0-or-later
//
// The end of a table:
//
//   footer   1 checksum type, 1: CRC-32C (4, XXH3, of earlier releases)
//           40 place of the metaindex, of the index, padding
//            4 format version, 5    8 magic
//   place    varint offset, varint size; behind the block its trailer:
//            1 compression   4 masked crc32c of block and compression byte
//   metaindex block, uncompressed: entry*, restart points, 4 their number
//   entry    varint shared, varint rest, varint value length, rest of the
//            key, value: the place of the block the key names

#include "store/internal/table_check.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/masked_crc32c.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

constexpr uint8_t kCrc32cType = 1;
constexpr uint8_t kXxh3Type = 4;
constexpr std::array<uint8_t, 12> kVersionAndMagic = {
    5, 0, 0, 0, 0xF7, 0xCF, 0xF4, 0x85, 0xB7, 0x41, 0xE2, 0x88};
constexpr size_t kPlacesBytes = 40;
constexpr size_t kFooterBytes = 1 + kPlacesBytes + kVersionAndMagic.size();
constexpr size_t kTrailerBytes = 5;
constexpr uint64_t kMostBlockBytes = 1 << 20;  // of these two kinds
constexpr std::string_view kPropertiesName = "rocksdb.properties";

struct Place {
  uint64_t offset = 0;
  uint64_t size = 0;
};

bool TakeVarint(ByteReader* in, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = in->Little<uint8_t>();
    *value |= uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return in->ok();
  }
  return false;
}

bool TakePlace(ByteReader* in, Place* place) {
  return TakeVarint(in, &place->offset) && TakeVarint(in, &place->size);
}

class TableEnd {
 public:
  TableEnd(RandomFile* file, const std::string& path)
      : file_(file), path_(path) {}

  absl::Status Check() {
    FOVEA_ASSIGN_OR_RETURN(size_, file_->Size());
    std::array<uint8_t, kFooterBytes> footer = {};
    if (size_ < footer.size()) {
      return absl::DataLossError(absl::StrCat(path_, " ends at ", size_));
    }
    FOVEA_RETURN_IF_ERROR(Read(size_ - footer.size(), footer));
    const bool known =
        footer.front() == kCrc32cType || footer.front() == kXxh3Type;
    if (!known || !std::equal(kVersionAndMagic.rbegin(),
                              kVersionAndMagic.rend(), footer.rbegin())) {
      return Damaged("footer");
    }
    if (footer.front() == kXxh3Type) return absl::OkStatus();
    ByteReader places(
        std::span<const uint8_t>(footer).subspan(1, kPlacesBytes));
    Place metaindex;
    if (!TakePlace(&places, &metaindex)) return Damaged("footer");
    FOVEA_ASSIGN_OR_RETURN(const std::vector<uint8_t> entries,
                           ReadBlock(metaindex, "metaindex"));
    Place properties;
    if (!FindProperties(entries, &properties)) return Damaged("metaindex");
    return ReadBlock(properties, "properties").status();
  }

 private:
  absl::Status Damaged(const char* what) const {
    return absl::DataLossError(
        absl::StrCat(path_, ": its ", what, " is damaged"));
  }

  absl::Status Read(uint64_t offset, std::span<uint8_t> out) const {
    FOVEA_ASSIGN_OR_RETURN(const size_t got, file_->Read(offset, out));
    return got == out.size() ? absl::OkStatus() : Damaged("end");
  }

  absl::StatusOr<std::vector<uint8_t>> ReadBlock(const Place& place,
                                                 const char* what) const {
    if (place.size > kMostBlockBytes || place.offset > size_ ||
        place.size + kTrailerBytes > size_ - place.offset) {
      return Damaged(what);
    }
    std::vector<uint8_t> block(place.size + kTrailerBytes);
    FOVEA_RETURN_IF_ERROR(Read(place.offset, block));
    const auto covered = std::span<const uint8_t>(block).first(place.size + 1);
    ByteReader trailer(std::span<const uint8_t>(block).subspan(place.size + 1));
    if (trailer.Little<uint32_t>() != Masked(ComputeCrc32c(covered))) {
      return Damaged(what);
    }
    block.resize(place.size);
    return block;
  }

  static bool FindProperties(std::span<const uint8_t> entries, Place* place) {
    ByteReader in(entries);
    std::string key;
    while (!in.at_end()) {
      uint64_t shared = 0;
      uint64_t rest = 0;
      uint64_t length = 0;
      if (!TakeVarint(&in, &shared) || !TakeVarint(&in, &rest) ||
          !TakeVarint(&in, &length) || shared > key.size()) {
        return false;
      }
      key.resize(static_cast<size_t>(shared));
      key += TextOf(in.Bytes(rest));
      ByteReader value(in.Bytes(length));
      if (!in.ok()) return false;
      if (key == kPropertiesName) return TakePlace(&value, place);
    }
    return false;
  }

  RandomFile* const file_;
  const std::string& path_;
  uint64_t size_ = 0;
};

}  // namespace

absl::Status CheckTable(RandomFile* file, const std::string& path) {
  return TableEnd(file, path).Check();
}

}  // namespace fovea
