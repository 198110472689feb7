// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a list of clips goes on, as text that a client keeps and gives back:
//   base64url of  1 byte    version
//                 counted   digest of the query
//                 1 byte    order
//                 varint    clips given so far
//                 8 bytes   stream of the last one
//                 8+8 bytes its begin and end, sign bit turned over
//                 2 bytes   its score

#ifndef FOVEA_INDEX_CLIP_CURSOR_H_
#define FOVEA_INDEX_CLIP_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "index/clip.h"
#include "index/query.h"

namespace fovea {

struct ClipCursorLimits {
  size_t max_digest_bytes = 64;
  size_t max_text_bytes = 256;
};
inline constexpr ClipCursorLimits kClipCursorLimits;

// Of a list whose `given` first clips end with `last`.
struct ClipCursor {
  uint64_t given = 0;
  Clip last;
  friend bool operator==(const ClipCursor&, const ClipCursor&) = default;
};

// Bound to the query whose digest (of at most max_digest_bytes) and order
// are told.
std::string EncodeClipCursor(const ClipCursor& cursor,
                             std::string_view query_digest, QueryOrder order);

// kInvalidArgument: no cursor, or one of another query.
absl::StatusOr<ClipCursor> DecodeClipCursor(std::string_view text,
                                            std::string_view query_digest,
                                            QueryOrder order);

}  // namespace fovea

#endif  // FOVEA_INDEX_CLIP_CURSOR_H_
