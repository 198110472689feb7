// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of a file could not be read, in one line for its user.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_FILE_DAMAGE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_FILE_DAMAGE_H_

#include <cstdint>
#include <string>

namespace fovea::codec_internal {

struct FileDamage {
  int64_t places = 0;
  uint64_t bytes = 0;  // passed over
  std::string what;    // of the first place: "byte 17: ..."

  void Add(uint64_t size, const std::string& reason) {
    if (places++ == 0) what = reason;
    bytes += size;
  }
  void Add(const FileDamage& other) {
    if (places == 0) what = other.what;
    places += other.places;
    bytes += other.bytes;
  }

  std::string Text() const {
    std::string text = what;
    if (places > 1) text += " (first of " + std::to_string(places) + " places)";
    return text + "; " + std::to_string(bytes) +
           " bytes are passed over, the rest is read";
  }
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_FILE_DAMAGE_H_
