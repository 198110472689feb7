// SPDX-License-Identifier: GPL-2.0-or-later
//
// The grammar of GPMF: 8-byte heads (four-letter key, type, element size,
// repeat; big-endian), data padded to 4 bytes, type 0 nests. What the keys
// mean is gpmf.cc's business.

#ifndef FOVEA_CODEC_FORMATS_GPMF_KLV_H_
#define FOVEA_CODEC_FORMATS_GPMF_KLV_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace fovea {

struct GpmfItem {
  std::string key;    // four characters, unprintable ones as '?'
  char type = 0;      // '\0' nests
  size_t size = 0;    // bytes of one row
  size_t repeat = 0;  // rows
  std::span<const uint8_t> data;
  size_t offset = 0;  // of the head in the payload
};

// A STRM container: its items up to the data, and the data itself, which is
// the last item and earlier ones of the same key.
struct GpmfStream {
  uint32_t device = 0;
  std::string device_name;  // DVNM
  std::vector<GpmfItem> properties;
  std::vector<GpmfItem> data;

  const GpmfItem* Property(std::string_view key) const;
};

// Calls `visit` for each stream of the payload, in order. kDataLoss, naming
// the offset, when an item passes the end of what holds it or nests deeper
// than `max_depth`.
absl::Status WalkGpmf(std::span<const uint8_t> payload, int max_depth,
                      const std::function<void(const GpmfStream&)>& visit);

// Types of the fields of one row: the item's type, or what TYPE spells for
// '?' ("Lf[3]" is "Lfff"). Empty when that makes no sense.
std::string GpmfRowTypes(const GpmfStream& stream, const GpmfItem& item);

// Bytes of a field; 0 for unknown types.
size_t GpmfTypeSize(char type);
bool GpmfTypeIsNumeric(char type);

// A numeric field as a double; `bytes` holds at least its size.
double GpmfNumber(char type, const uint8_t* bytes);

// All the numbers of a plain item; empty when it is not numeric.
std::vector<double> GpmfNumbers(const GpmfItem& item);

// Text of an item, Latin-1 turned into UTF-8, zero bytes cut off.
std::string GpmfText(std::span<const uint8_t> bytes);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_GPMF_KLV_H_
