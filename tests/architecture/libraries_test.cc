// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the program brings into memory before it has read its arguments.

#include <array>
#include <cstdio>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/build_paths.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Every shared library that the program needs, directly or not.
std::string LibrariesOf(const std::string& program) {
  std::FILE* pipe = popen(("ldd '" + program + "'").c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  size_t size = 0;
  while (pipe != nullptr &&
         (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    text.append(buffer.data(), size);
  }
  if (pipe != nullptr) pclose(pipe);
  return text;
}

TEST(LibrariesTest, TheProgramLinksNoNetworkRuntime) {
  const std::string libraries = LibrariesOf(testing::FoveaBinary());
  ASSERT_THAT(libraries, HasSubstr("libabsl_status"));
  for (const char* heavy : {"libtorch", "libc10", "libonnx", "libprotobuf",
                            "libopencv", "libopenblas"}) {
    EXPECT_THAT(libraries, Not(HasSubstr(heavy)));
  }
}

}  // namespace
}  // namespace fovea
