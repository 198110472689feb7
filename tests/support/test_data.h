// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where tests find real recordings, and a folder of their own to write in.

#ifndef FOVEA_TESTS_SUPPORT_TEST_DATA_H_
#define FOVEA_TESTS_SUPPORT_TEST_DATA_H_

#include <cstdint>
#include <string>
#include <vector>

namespace fovea::testing {

// Full path of `name` below $FOVEA_TEST_DATA (default: ../shared/data of
// the source tree), or "" when it is not there.
std::string TestData(const std::string& name);

// Skips the current test with a printed reason when `name` is absent, else
// declares `variable` as its path.
#define FOVEA_NEED_TEST_DATA(variable, name)                          \
  const std::string variable = ::fovea::testing::TestData(name);      \
  if (variable.empty()) {                                             \
    GTEST_SKIP() << "real recording '" << (name)                      \
                 << "' is absent; set FOVEA_TEST_DATA to its folder"; \
  }                                                                   \
  static_assert(true)

// A fresh folder that goes away with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::vector<uint8_t> ReadFileBytes(const std::string& path);
void WriteFileBytes(const std::string& path, const std::vector<uint8_t>& bytes);
void WriteFileText(const std::string& path, const std::string& text);

// A file below `folder` that holds `text`; "" when none does.
std::string FileHolding(const std::string& folder, const std::string& text);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_TEST_DATA_H_
