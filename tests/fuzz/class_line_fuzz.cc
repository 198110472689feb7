// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a line in which a program tells a class. What is read lies
// within the limits; what is not is quoted so that it can be printed.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/answer_bytes.h"
#include "api/class_line.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto told = fovea::ParseClassLine(line);
  if (told.ok()) {
    const bool within = told->score >= 0 && told->score <= 1 &&
                        told->label < fovea::kMostClasses;
    if (!within) std::abort();
    return 0;
  }
  const std::string text(told.status().message());
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return c >= ' ' && c <= '~'; })) {
    std::abort();
  }
  return 0;
}
