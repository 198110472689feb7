// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/ballast.h"

#include <sys/stat.h>

#include "gtest/gtest.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

constexpr uint64_t kBytes = 1 << 20;

class BallastTest : public ::testing::Test {
 protected:
  uint64_t Size() {
    const auto size = ballast_.Size();
    EXPECT_TRUE(size.ok()) << size.status();
    return size.value_or(0);
  }

  TempDir dir_;
  FaultFileSystem disk_;
  Ballast ballast_{&disk_, dir_.path(), kBytes};
};

TEST_F(BallastTest, TakesTheDiskAndGivesItBack) {
  EXPECT_EQ(Size(), 0u);
  EXPECT_EQ(ballast_.missing(), kBytes);
  ASSERT_TRUE(ballast_.Fill().ok());
  EXPECT_EQ(ballast_.missing(), 0u);
  EXPECT_EQ(Size(), kBytes);
  struct stat info = {};
  ASSERT_EQ(stat(dir_.File(kBallastName).c_str(), &info), 0);
  EXPECT_GE(static_cast<uint64_t>(info.st_blocks) * 512, kBytes);
  ASSERT_TRUE(ballast_.Fill().ok());
  EXPECT_EQ(Size(), kBytes);
  ASSERT_TRUE(ballast_.Release().ok());
  EXPECT_EQ(ballast_.missing(), kBytes);
  EXPECT_EQ(Size(), 0u);
  EXPECT_TRUE(ballast_.Release().ok());
}

TEST_F(BallastTest, NeedsThriceTheRoom) {
  disk_.SetFreeBytes(3 * kBytes - 1);
  ASSERT_TRUE(ballast_.Fill().ok());
  EXPECT_EQ(Size(), 0u);
  disk_.SetFreeBytes(3 * kBytes);
  ASSERT_TRUE(ballast_.Fill().ok());
  EXPECT_EQ(Size(), kBytes);
}

TEST_F(BallastTest, GoesWhenTheDiskHasLess) {
  ASSERT_TRUE(ballast_.Fill().ok());
  disk_.SetFreeBytes(1000);
  ASSERT_TRUE(ballast_.ReleaseBelow(1000).ok());
  EXPECT_EQ(Size(), kBytes);
  ASSERT_TRUE(ballast_.ReleaseBelow(1001).ok());
  EXPECT_EQ(Size(), 0u);
}

TEST_F(BallastTest, OneOfAnotherSizeIsMadeAnew) {
  WriteFileText(dir_.File(kBallastName), "torn by a crash");
  ASSERT_TRUE(ballast_.Fill().ok());
  EXPECT_EQ(Size(), kBytes);
}

TEST_F(BallastTest, ADiskWithoutSpaceLeavesNoFile) {
  disk_.FailCall("reserve", 1, absl::ResourceExhaustedError("full"));
  EXPECT_TRUE(absl::IsResourceExhausted(ballast_.Fill()));
  EXPECT_EQ(Size(), 0u);
}

}  // namespace
}  // namespace fovea::testing
