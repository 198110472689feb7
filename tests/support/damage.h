// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walks the ways in which a few bytes go bad.

#ifndef FOVEA_TESTS_SUPPORT_DAMAGE_H_
#define FOVEA_TESTS_SUPPORT_DAMAGE_H_

#include <cstddef>
#include <string>

namespace fovea::testing {

// Calls `visit` with `bytes` cut to each shorter length, 0 included.
template <typename Visit>
void ForEachTruncation(const std::string& bytes, Visit visit) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    visit(bytes.substr(0, size));
  }
}

// Calls `visit` with each byte of `bytes` replaced by each other value.
template <typename Visit>
void ForEachByteChange(const std::string& bytes, Visit visit) {
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int mask = 1; mask < 256; ++mask) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ mask);
      visit(changed);
    }
  }
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_DAMAGE_H_
