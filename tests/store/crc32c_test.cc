// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/crc32c.h"

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace fovea {
namespace {

Crc32c Of(const std::vector<uint8_t>& bytes) { return ComputeCrc32c(bytes); }

TEST(Crc32cTest, AgreesWithRfc3720) {
  EXPECT_EQ(Of(std::vector<uint8_t>(32, 0)), Crc32c{0x8A9136AA});
  EXPECT_EQ(Of(std::vector<uint8_t>(32, 0xFF)), Crc32c{0x62A8AB43});
  std::vector<uint8_t> rising(32);
  for (uint8_t i = 0; i < 32; ++i) rising[i] = i;
  EXPECT_EQ(Of(rising), Crc32c{0x46DD794E});
  EXPECT_EQ(Of({rising.rbegin(), rising.rend()}), Crc32c{0x113FDB5C});
  const std::string digits = "123456789";
  EXPECT_EQ(Of({digits.begin(), digits.end()}), Crc32c{0xE3069283});
  EXPECT_EQ(Of({}), Crc32c{0});
  EXPECT_EQ(ToString(Crc32c{0xE3069283}), "0xe3069283");
}

TEST(Crc32cTest, ExtendingIsConcatenating) {
  std::vector<uint8_t> bytes(300);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(i * 7);
  }
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::span<const uint8_t> all(bytes);
    EXPECT_EQ(ExtendCrc32c(ComputeCrc32c(all.first(cut)), all.subspan(cut)),
              ComputeCrc32c(all));
  }
}

TEST(Crc32cTest, HardwareEqualsPortable) {
  const crc32c_internal::Kernel hardware = crc32c_internal::Hardware();
  if (hardware == nullptr) GTEST_SKIP() << "processor without SSE4.2";
  std::mt19937 chance(7);
  std::vector<uint8_t> bytes(1100);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(chance());
  for (size_t size = 0; size < 1000; ++size) {
    const size_t start = chance() % 100;
    const auto state = static_cast<uint32_t>(chance());
    EXPECT_EQ(hardware(state, bytes.data() + start, size),
              crc32c_internal::Portable(state, bytes.data() + start, size));
  }
}

}  // namespace
}  // namespace fovea
