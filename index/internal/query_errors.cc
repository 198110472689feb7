// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/query_errors.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "index/utf8.h"

namespace fovea {

absl::Status Unexpected(const std::string& what, const std::string& expected,
                        const std::string& found) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": expected ", expected, ", found ", found));
}

std::string Shown(std::string_view text) {
  constexpr size_t kMost = 40;
  const std::string start(text.substr(0, kMost));
  const std::string shown =
      IsUtf8(text) ? absl::Utf8SafeCEscape(start.substr(0, Utf8Prefix(start)))
                   : absl::CEscape(start);
  return absl::StrCat("'", shown, text.size() > kMost ? "..." : "", "'");
}

std::string Shown(double number) { return absl::StrFormat("%.15g", number); }

std::string Shown(Length length) {
  return absl::StrCat(Shown(length.value), length.percent ? "%" : " pixels");
}

}  // namespace fovea
