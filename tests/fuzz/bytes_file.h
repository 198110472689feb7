// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fuzzer's bytes as a file.

#ifndef FOVEA_TESTS_FUZZ_BYTES_FILE_H_
#define FOVEA_TESTS_FUZZ_BYTES_FILE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "store/file_system.h"

namespace fovea {

class BytesFile final : public RandomFile {
 public:
  explicit BytesFile(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  absl::StatusOr<size_t> Read(uint64_t offset,
                              std::span<uint8_t> out) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t left = bytes_.size() - static_cast<size_t>(offset);
    const size_t count = std::min(left, out.size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count,
                out.begin());
    return count;
  }
  absl::StatusOr<uint64_t> Size() override { return bytes_.size(); }

 private:
  const std::span<const uint8_t> bytes_;
};

}  // namespace fovea

#endif  // FOVEA_TESTS_FUZZ_BYTES_FILE_H_
