// SPDX-License-Identifier: GPL-2.0-or-later
//
//    1  checksum type, 4: XXH3
//   40  places of two blocks, which have checksums, and padding
//    4  format version, 5
//    8  magic

#include "store/internal/table_footer.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

constexpr uint8_t kChecksumType = 4;
constexpr std::array<uint8_t, 12> kVersionAndMagic = {
    5, 0, 0, 0, 0xF7, 0xCF, 0xF4, 0x85, 0xB7, 0x41, 0xE2, 0x88};

}  // namespace

absl::Status CheckTableFooter(RandomFile* file, const std::string& path) {
  std::array<uint8_t, 1 + 40 + kVersionAndMagic.size()> footer = {};
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  if (size < footer.size()) {
    return absl::DataLossError(absl::StrCat(path, " ends at ", size));
  }
  FOVEA_ASSIGN_OR_RETURN(const size_t got,
                         file->Read(size - footer.size(), footer));
  if (got == footer.size() && footer.front() == kChecksumType &&
      std::equal(kVersionAndMagic.rbegin(), kVersionAndMagic.rend(),
                 footer.rbegin())) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(path, ": its footer is damaged"));
}

}  // namespace fovea
