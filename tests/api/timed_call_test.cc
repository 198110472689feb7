// SPDX-License-Identifier: GPL-2.0-or-later
//
// Functions that throw, are late or never return do no harm.

#include "api/timed_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>

#include "absl/time/clock.h"
#include "tests/api/reuse_story.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int64_t kLong = 60'000'000'000;
constexpr int64_t kShort = 20'000'000;

class TimedCallsTest : public ::testing::Test {
 protected:
  void TearDown() override { Release(); }

  // Lets those return that were late, and waits until they have.
  void Release() {
    if (!release_->try_wait()) release_->count_down();
    while (hanging_.use_count() > 1) absl::SleepFor(absl::Milliseconds(1));
  }

  absl::Status Hang() {
    return calls_
        .Run(
            [release = release_, hanging = hanging_] {
              release->wait();
              return OneBox();
            },
            kShort)
        .status();
  }

  TimedCalls calls_;
  std::shared_ptr<std::latch> release_ = std::make_shared<std::latch>(1);
  std::shared_ptr<int> hanging_ = std::make_shared<int>(0);
};

TEST_F(TimedCallsTest, WhatIsSaidInTimeComesBack) {
  for (const int64_t longest_ns : {int64_t{-1}, int64_t{0}, kLong}) {
    const auto said = calls_.Run([] { return OneBox(); }, longest_ns);
    ASSERT_TRUE(said.ok()) << said.status();
    EXPECT_THAT(said->detections, SizeIs(1));
    const auto failed = calls_.Run(
        []() -> absl::StatusOr<Answer> {
          return absl::NotFoundError("no weights");
        },
        longest_ns);
    EXPECT_EQ(failed.status(), absl::NotFoundError("no weights"));
  }
}

TEST_F(TimedCallsTest, WithoutALimitItIsCalledWhereOneIs) {
  const auto here = std::this_thread::get_id();
  std::thread::id there;
  const auto call = [&there] {
    there = std::this_thread::get_id();
    return OneBox();
  };
  ASSERT_TRUE(calls_.Run(call, 0).ok());
  EXPECT_EQ(there, here);
  ASSERT_TRUE(calls_.Run(call, kLong).ok());
  EXPECT_NE(there, here);
}

TEST_F(TimedCallsTest, WhatIsThrownIsAnError) {
  for (const int64_t longest_ns : {int64_t{0}, kLong}) {
    const auto threw = calls_.Run(
        []() -> absl::StatusOr<Answer> {
          throw std::runtime_error("out of cheese");
        },
        longest_ns);
    EXPECT_TRUE(absl::IsInternal(threw.status())) << threw.status();
    EXPECT_THAT(std::string(threw.status().message()),
                HasSubstr("it threw: out of cheese"));
    const auto odd =
        calls_.Run([]() -> absl::StatusOr<Answer> { throw 7; }, longest_ns);
    EXPECT_TRUE(absl::IsInternal(odd.status())) << odd.status();
  }
}

TEST_F(TimedCallsTest, OneThatHangsIsLeftAlone) {
  const absl::Status late = Hang();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
  EXPECT_THAT(std::string(late.message()), HasSubstr("within 20 ms"));
}

TEST_F(TimedCallsTest, WhileItHangsNoOtherIsBegun) {
  ASSERT_FALSE(Hang().ok());
  bool begun = false;
  const auto next = calls_.Run(
      [&begun] {
        begun = true;
        return OneBox();
      },
      kLong);
  EXPECT_TRUE(absl::IsUnavailable(next.status())) << next.status();
  EXPECT_FALSE(begun);
}

TEST_F(TimedCallsTest, OnceItReturnsOthersAreCalledAgain) {
  ASSERT_FALSE(Hang().ok());
  Release();
  const auto next = calls_.Run([] { return OneBox(); }, kLong);
  EXPECT_TRUE(next.ok()) << next.status();
}

TEST_F(TimedCallsTest, AHangingCallOutlivesWhoAsked) {
  {
    TimedCalls shorter;
    const auto late = shorter.Run(
        [release = release_, hanging = hanging_] {
          release->wait();
          return OneBox();
        },
        kShort);
    EXPECT_TRUE(absl::IsDeadlineExceeded(late.status()));
  }
  EXPECT_GT(hanging_.use_count(), 1);
}

}  // namespace
}  // namespace fovea::testing
