// SPDX-License-Identifier: GPL-2.0-or-later
//
// SHA-256 through OpenSSL's EVP interface; the only file that sees OpenSSL.

#include "store/chunk_id.h"

#include <openssl/evp.h>

#include <cassert>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

ChunkId ChunkId::Of(std::span<const uint8_t> payload) {
  ChunkId id;
  unsigned int written = 0;
  [[maybe_unused]] const int done =
      EVP_Digest(payload.data(), payload.size(), id.bytes.data(), &written,
                 EVP_sha256(), nullptr);
  // Fails only when the library itself is broken; a wrong name would be
  // worse than stopping.
  if (done != 1 || written != id.bytes.size()) __builtin_trap();
  return id;
}

std::string ChunkId::ToHex() const {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

absl::StatusOr<ChunkId> ChunkId::FromHex(std::string_view hex) {
  ChunkId id;
  if (hex.size() != 2 * id.bytes.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a chunk's name has ", 2 * id.bytes.size(),
                     " hexadecimal digits, found ", hex.size()));
  }
  for (size_t i = 0; i < hex.size(); ++i) {
    const int value = DigitValue(hex[i]);
    if (value < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("a chunk's name: character ", i,
                       " is no lower-case hexadecimal "
                       "digit"));
    }
    uint8_t& byte = id.bytes[i / 2];
    byte = static_cast<uint8_t>(byte << 4 | value);
  }
  return id;
}

}  // namespace fovea
