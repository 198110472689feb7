// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/table.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace fovea::cli {
namespace {

TEST(FormatCount, GroupsThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(FormatCount, AgreesWithItsNoun) {
  EXPECT_EQ(FormatCount(0, "frame"), "0 frames");
  EXPECT_EQ(FormatCount(1, "frame"), "1 frame");
  EXPECT_EQ(FormatCount(1234, "frame"), "1,234 frames");
}

TEST(FormatBytes, KeepsThreePlacesAcrossEveryBorder) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1.00 kB");
  EXPECT_EQ(FormatBytes(9994), "9.99 kB");
  EXPECT_EQ(FormatBytes(9996), "10.0 kB");
  EXPECT_EQ(FormatBytes(99'960), "100 kB");
  EXPECT_EQ(FormatBytes(999'600), "1.00 MB");
  EXPECT_EQ(FormatBytes(61'000'000), "61.0 MB");
  EXPECT_EQ(FormatBytes(UINT64_MAX), "18.4 EB");
}

TEST(FormatShare, HasNoShareOfNothing) {
  EXPECT_EQ(FormatShare(148, 1000), "14.8 %");
  EXPECT_EQ(FormatShare(1, 0), "-");
}

TEST(Table, AlignsByWhatIsSeenNotByBytes) {
  Table table({{"NAME"}, {"N", Align::kRight}});
  table.Add({"caf\xC3\xA9", "1"});
  table.Add({"a", "1,000"});
  EXPECT_EQ(table.Render(false),
            "NAME      N\n"
            "caf\xC3\xA9      1\n"
            "a     1,000\n");
}

TEST(Table, TakesShortRowsAndCleansCells) {
  Table table({{"A"}, {"B"}});
  table.Add({"x\ny"});
  EXPECT_EQ(table.Render(false), "A    B\nx?y\n");
}

TEST(FactList, LeavesOutWhatIsEmpty) {
  FactList facts;
  facts.Add("kind", "camera");
  facts.Add("gap", "");
  facts.Add("length", "2 s");
  EXPECT_EQ(facts.Render(), "kind    camera\nlength  2 s\n");
}

}  // namespace
}  // namespace fovea::cli
