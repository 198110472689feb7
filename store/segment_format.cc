// SPDX-License-Identifier: GPL-2.0-or-later
//
// Segment file names. They are made from numbers only, and a name is
// accepted only when those numbers would make exactly it.

#include "store/segment_format.h"

#include <charconv>

#include "absl/strings/str_format.h"

namespace fovea {
namespace {

constexpr std::string_view kSuffix = ".fseg";

// Reads one number off the front of `text`, and `after` behind it.
template <typename T>
bool TakeNumber(std::string_view* text, std::string_view after, T* value) {
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, *value);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(stop - text->data()));
  if (text->substr(0, after.size()) != after) return false;
  text->remove_prefix(after.size());
  return true;
}

}  // namespace

std::string SegmentName(const SegmentHeader& header) {
  return absl::StrFormat("%08d-%02d-%d.fseg", header.id, header.retention_class,
                         header.hour);
}

std::optional<SegmentHeader> ParseSegmentName(std::string_view name) {
  SegmentHeader header;
  std::string_view rest = name;
  if (!TakeNumber(&rest, "-", &header.id) ||
      !TakeNumber(&rest, "-", &header.retention_class) ||
      !TakeNumber(&rest, kSuffix, &header.hour) || !rest.empty() ||
      SegmentName(header) != name) {
    return std::nullopt;
  }
  return header;
}

std::string SegmentLabel(uint64_t id) {
  return absl::StrFormat("segment %08d", id);
}

}  // namespace fovea
