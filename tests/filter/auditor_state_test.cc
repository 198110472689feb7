// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an auditor keeps beyond the process.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/byte_stream.h"
#include "filter/audit_state.h"
#include "filter/auditor.h"
#include "tests/filter/audit_watch.h"

namespace fovea {
namespace {

TEST(AuditorTest, WorkGoesOnFromASavedState) {
  for (const int at : {0, 60, 128, 300, 2000, 9000}) {
    Watch straight(Seeded(9), 3), restored(Seeded(9), 3);
    straight.Feed(at, 0.02);
    restored.Feed(at, 0.02);
    restored.Restore();
    straight.Feed(4000, 0.02);
    restored.Feed(4000, 0.02);
    EXPECT_EQ(straight.auditor().Save(), restored.auditor().Save()) << at;
    EXPECT_EQ(straight.given(), restored.given());
  }
}

TEST(AuditorTest, DamagedStatesAreRefused) {
  Watch watch(Seeded(9));
  watch.Feed(3000, 0.01);
  const std::vector<uint8_t> good = watch.auditor().Save();
  for (size_t i = 0; i < good.size(); ++i) {
    std::vector<uint8_t> bad = good;
    bad[i] ^= 1;
    EXPECT_EQ(Auditor::Load(Seeded(9), bad).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
    bad.assign(good.begin(), good.begin() + static_cast<int64_t>(i));
    EXPECT_EQ(Auditor::Load(Seeded(9), bad).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
  }
}

TEST(AuditorTest, ForeignStatesAreRefused) {
  Watch watch(Seeded(9));
  watch.Feed(3000, 0.01);
  const std::vector<uint8_t> bytes = watch.auditor().Save();
  AuditOptions stricter = Seeded(9);
  stricter.max_error = 0.01;
  EXPECT_EQ(Auditor::Load(stricter, bytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Auditor::Load(Seeded(10), bytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Auditor::Load(Seeded(9), bytes).ok());
}

TEST(AuditorTest, StatesOfAnotherVersionAreRefusedAsSuch) {
  Watch watch(Seeded(9));
  watch.Feed(3000, 0.01);
  std::vector<uint8_t> bytes = watch.auditor().Save();
  bytes.erase(bytes.end() - 8, bytes.end());
  ++bytes[0];
  PutU64(internal::AuditStateCheck(bytes), &bytes);
  EXPECT_EQ(Auditor::Load(Seeded(9), bytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace fovea
