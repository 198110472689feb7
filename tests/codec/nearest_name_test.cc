// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/nearest_name.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

TEST(NearestName, FindsTheTypo) {
  EXPECT_EQ(NearestName("fornt", {"front", "rear", "front.imu"}), "front");
  EXPECT_EQ(NearestName("ingets", {"info", "ingest"}), "ingest");
}

TEST(NearestName, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(NearestName("door", {"front", "rear"}), "");
  EXPECT_EQ(NearestName("x", {}), "");
  EXPECT_EQ(NearestName("", {"abc"}), "");
}

}  // namespace
}  // namespace fovea
