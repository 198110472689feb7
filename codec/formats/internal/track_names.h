// SPDX-License-Identifier: GPL-2.0-or-later
//
// Suffixes of a file's tracks, made from names of its own.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_TRACK_NAMES_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_TRACK_NAMES_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace fovea::codec_internal {

class TrackNames {
 public:
  // `wanted` without slashes in front, with '_' for what not every part of a
  // stream's name may be, and with _2, _3... where it is taken.
  std::string Give(std::string_view wanted) {
    while (!wanted.empty() && wanted.front() == '/') wanted.remove_prefix(1);
    std::string name(wanted.substr(0, kMostBytes));
    for (char& c : name) {
      if (!IsPlain(c)) c = '_';
    }
    if (name.empty()) name = "unnamed";
    std::string free = name;
    for (int n = 2; !taken_.insert(free).second; ++n) {
      free = name + "_" + std::to_string(n);
    }
    return free;
  }

 private:
  static constexpr size_t kMostBytes = 96;
  static bool IsPlain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  }

  std::set<std::string> taken_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_TRACK_NAMES_H_
