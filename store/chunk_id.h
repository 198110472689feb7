// SPDX-License-Identifier: GPL-2.0-or-later
//
// A chunk's name: the SHA-256 of its canonical payload.

#ifndef FOVEA_STORE_CHUNK_ID_H_
#define FOVEA_STORE_CHUNK_ID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fovea {

struct ChunkId {
  std::array<uint8_t, 32> bytes = {};

  // SHA-256 of `payload`.
  static ChunkId Of(std::span<const uint8_t> payload);

  // 64 lower-case hexadecimal digits, and back.
  std::string ToHex() const;
  static absl::StatusOr<ChunkId> FromHex(std::string_view hex);

  friend auto operator<=>(const ChunkId&, const ChunkId&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const ChunkId& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

}  // namespace fovea

#endif  // FOVEA_STORE_CHUNK_ID_H_
