// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/clip_cursor.h"

#include <cassert>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

absl::Status NoCursor(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "no cursor of a list of clips: ", std::string(why),
      "; give back the text that came with the page before, or none"));
}

}  // namespace

std::string EncodeClipCursor(const ClipCursor& cursor,
                             std::string_view query_digest, QueryOrder order) {
  assert(query_digest.size() <= kClipCursorLimits.max_digest_bytes);
  RowWriter out;
  out.U8(kVersion);
  out.Text(query_digest);
  out.U8(static_cast<uint8_t>(order));
  out.Varint(cursor.given);
  out.U64(cursor.last.stream);
  out.SortableI64(cursor.last.span.begin_ns);
  out.SortableI64(cursor.last.span.end_ns);
  out.U16(cursor.last.score);
  return absl::WebSafeBase64Escape(out.bytes());
}

absl::StatusOr<ClipCursor> DecodeClipCursor(std::string_view text,
                                            std::string_view query_digest,
                                            QueryOrder order) {
  if (text.size() > kClipCursorLimits.max_text_bytes) {
    return NoCursor(absl::StrCat(text.size(), " bytes, at most ",
                                 kClipCursorLimits.max_text_bytes));
  }
  std::string bytes;
  if (!absl::WebSafeBase64Unescape({text.data(), text.size()}, &bytes)) {
    return NoCursor("not base64url");
  }
  RowReader in(bytes, "cursor");
  if (in.U8() != kVersion) return NoCursor("of another release");
  const std::string_view digest =
      in.Text(kClipCursorLimits.max_digest_bytes, "digest length");
  const uint8_t its_order = in.U8();
  ClipCursor cursor;
  cursor.given = in.Varint();
  cursor.last.stream = in.U64();
  cursor.last.span.begin_ns = in.SortableI64();
  cursor.last.span.end_ns = in.SortableI64();
  cursor.last.score = in.U16();
  if (absl::Status s = in.Finish(); !s.ok()) {
    return NoCursor(std::string(s.message()));
  }
  if (cursor.given == 0 || cursor.last.span.empty()) {
    return NoCursor("names no clip");
  }
  if (digest != query_digest || its_order != static_cast<uint8_t>(order)) {
    return absl::InvalidArgumentError(
        "the cursor belongs to another query: ask with the query it came "
        "from, or start without a cursor");
  }
  return cursor;
}

}  // namespace fovea
