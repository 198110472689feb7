// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace fovea {
namespace {

std::string Encoded(uint32_t c) {
  const auto tail = [&](int shift) {
    return static_cast<char>(0x80 | ((c >> shift) & 0x3f));
  };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8Test, EveryCharacterIsOneAndNoSurrogateIs) {
  for (uint32_t c = 0; c < 0x120000; ++c) {
    const bool character = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    const std::string text = Encoded(c);
    ASSERT_EQ(IsUtf8(text), character) << c;
    // Cut short it is none.
    ASSERT_FALSE(text.size() > 1 && IsUtf8(text.substr(0, text.size() - 1)))
        << c;
  }
}

TEST(Utf8Test, OverlongFormsAreNone) {
  for (const char* text :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\x80",
        "\xff", "\xc3(", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_EQ(Utf8Prefix(text), 0U) << text;
  }
}

TEST(Utf8Test, ThePrefixEndsWhereTextDoes) {
  EXPECT_EQ(Utf8Prefix(""), 0U);
  EXPECT_EQ(Utf8Prefix("plain"), 5U);
  EXPECT_EQ(Utf8Prefix("m\xc2\xb2\xff!"), 3U);
}

}  // namespace
}  // namespace fovea
