// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/test_data.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace fovea::testing {

std::string TestData(const std::string& name) {
  const char* root = std::getenv("FOVEA_TEST_DATA");
  const std::string path =
      std::string(root != nullptr ? root : FOVEA_DEFAULT_TEST_DATA) + "/" +
      name;
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? path : "";
}

TempDir::TempDir() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "fovea-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("cannot make a folder like " + pattern);
  }
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<uint8_t> ReadFileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteFileBytes(const std::string& path,
                    const std::vector<uint8_t>& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!out) throw std::runtime_error("cannot write " + path);
}

void WriteFileText(const std::string& path, const std::string& text) {
  WriteFileBytes(path, {text.begin(), text.end()});
}

std::string FileHolding(const std::string& folder, const std::string& text) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    // An open store replaces its tables meanwhile.
    if (!in && !std::filesystem::exists(entry.path())) continue;
    if (!in) throw std::runtime_error("cannot read " + entry.path().string());
    const std::string all{std::istreambuf_iterator<char>(in),
                          std::istreambuf_iterator<char>()};
    if (all.find(text) != std::string::npos) return entry.path().string();
  }
  return "";
}

}  // namespace fovea::testing
