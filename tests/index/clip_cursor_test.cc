// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cursors come back as they went out, or not at all.

#include "index/clip_cursor.h"

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr char kDigest[] = "the digest of a query";

ClipCursor SomeCursor() {
  return {17, {UINT64_MAX, {INT64_MIN, INT64_MAX}, 65535}};
}

std::string WhyNot(const std::string& text,
                   QueryOrder order = QueryOrder::kLatest) {
  const auto cursor = DecodeClipCursor(text, kDigest, order);
  EXPECT_EQ(cursor.status().code(), absl::StatusCode::kInvalidArgument);
  return cursor.status().ToString();
}

TEST(ClipCursorTest, ComesBackAsItWentOut) {
  for (const std::string digest : {"", kDigest}) {
    for (const ClipCursor& cursor :
         {SomeCursor(), ClipCursor{1, {0, {-5, -4}, 0}}}) {
      const std::string text =
          EncodeClipCursor(cursor, digest, QueryOrder::kLatest);
      const auto back = DecodeClipCursor(text, digest, QueryOrder::kLatest);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(*back, cursor);
    }
  }
}

TEST(ClipCursorTest, TheLongestIsWithinTheLimit) {
  const std::string digest(kClipCursorLimits.max_digest_bytes, 'd');
  ClipCursor cursor = SomeCursor();
  cursor.given = UINT64_MAX;
  EXPECT_LE(EncodeClipCursor(cursor, digest, QueryOrder::kScore).size(),
            kClipCursorLimits.max_text_bytes);
}

TEST(ClipCursorTest, OfAnotherQueryIsSaid) {
  const char kWhy[] = "the cursor belongs to another query";
  EXPECT_THAT(
      WhyNot(EncodeClipCursor(SomeCursor(), kDigest, QueryOrder::kTime)),
      HasSubstr(kWhy));
  EXPECT_THAT(WhyNot(EncodeClipCursor(SomeCursor(), "", QueryOrder::kLatest)),
              HasSubstr(kWhy));
}

TEST(ClipCursorTest, CutAnywhereOrLengthenedItIsNone) {
  const std::string text =
      EncodeClipCursor(SomeCursor(), kDigest, QueryOrder::kLatest);
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(text, &bytes));
  const auto as_text = [](const std::string& b) {
    return absl::WebSafeBase64Escape(b);
  };
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(WhyNot(as_text(bytes.substr(0, size))),
                HasSubstr("no cursor of a list of clips: "));
  }
  EXPECT_THAT(WhyNot(as_text(bytes + "x")), HasSubstr("no cursor"));
  EXPECT_THAT(WhyNot("not base64!"), HasSubstr("not base64url"));
  EXPECT_THAT(WhyNot(std::string(257, 'A')), HasSubstr("at most 256"));
  bytes[0] = 9;
  EXPECT_THAT(WhyNot(as_text(bytes)), HasSubstr("of another release"));
}

TEST(ClipCursorTest, OneThatNamesNoClipIsNone) {
  ClipCursor cursor = SomeCursor();
  cursor.given = 0;
  EXPECT_THAT(WhyNot(EncodeClipCursor(cursor, kDigest, QueryOrder::kLatest)),
              HasSubstr("names no clip"));
  cursor = SomeCursor();
  cursor.last.span = {5, 5};
  EXPECT_THAT(WhyNot(EncodeClipCursor(cursor, kDigest, QueryOrder::kLatest)),
              HasSubstr("names no clip"));
}

}  // namespace
}  // namespace fovea
