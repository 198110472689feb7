// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_tree.h"

#include <cmath>
#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "filter/sensor_features.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

// Windows of a model that answers 1 where the first cell is above 0 and the
// tenth above 20, else 0: neither cell alone tells.
class TwoAnswers {
 public:
  explicit TwoAnswers(uint32_t seed, uint16_t columns = kSensorCells)
      : dice_(seed), columns_(columns) {}

  static int Answer(const Features& window) {
    return window.cells[0] > 0 && window.cells[10] > 20 ? 1 : 0;
  }

  const Features& Draw() {
    std::uniform_int_distribution<int> cell(-100, 100);
    Features& window = windows_.emplace_back(Features{columns_, 1, {}});
    for (int i = 0; i < columns_; ++i) {
      window.cells.push_back(static_cast<int8_t>(cell(dice_)));
    }
    return window;
  }

  std::vector<SensorPair> Pairs(size_t count) {
    std::vector<SensorPair> pairs;
    for (size_t i = 0; i < count; ++i) {
      const Features& input = Draw();
      const Features& reference = Draw();
      pairs.push_back({&input, &reference, Answer(reference),
                       Answer(input) != Answer(reference)});
    }
    return pairs;
  }

 private:
  std::mt19937 dice_;
  uint16_t columns_;
  std::deque<Features> windows_;
};

double ShareRight(const SensorTree& tree, std::span<const SensorPair> pairs) {
  int right = 0;
  for (const SensorPair& pair : pairs) {
    const float odds =
        tree.LogOdds(*pair.input, *pair.reference, pair.reference_answer);
    right += (odds > 0) == pair.differ;
  }
  return right / static_cast<double>(pairs.size());
}

SensorTreeOptions TellingAnswersApart() {
  SensorTreeOptions options;
  options.answers = 2;
  return options;
}

TEST(SensorTreeTest, LearnsWhatNoSingleCellTells) {
  TwoAnswers model(3);
  const auto train = model.Pairs(4000), test = model.Pairs(4000);
  const auto tree = SensorTree::Train(train, TellingAnswersApart());
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_GT(ShareRight(*tree, test), 0.97);
}

TEST(SensorTreeTest, LearnsFromDistanceWhereAnswersAreNoLabels) {
  TwoAnswers model(4);
  std::vector<SensorPair> pairs = model.Pairs(4000);
  for (SensorPair& pair : pairs) {
    pair.reference_answer = kNoAnswer;
    pair.differ =
        std::abs(pair.input->cells[18] - pair.reference->cells[18]) > 60;
  }
  const auto tree = SensorTree::Train(pairs, {});
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_GT(ShareRight(*tree, pairs), 0.99);
}

TEST(SensorTreeTest, SamePairsMakeTheSameTree) {
  TwoAnswers model(5);
  const auto pairs = model.Pairs(500);
  const auto once = SensorTree::Train(pairs, TellingAnswersApart());
  const auto twice = SensorTree::Train(pairs, TellingAnswersApart());
  ASSERT_TRUE(once.ok() && twice.ok());
  EXPECT_EQ(once->Encode(), twice->Encode());
}

TEST(SensorTreeTest, BytesAreTheTree) {
  for (int depth = 1; depth <= 6; ++depth) {
    TwoAnswers model(6, 31);
    const auto pairs = model.Pairs(300);
    SensorTreeOptions options = TellingAnswersApart();
    options.depth = depth;
    options.trees = 7;
    const auto tree = SensorTree::Train(pairs, options);
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(tree->trees(), 14);
    const auto again = SensorTree::Decode(tree->Encode(), FilterLimits());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, *tree);
    for (const SensorPair& pair : pairs) {
      EXPECT_EQ(again->LogOdds(*pair.input, *pair.reference, 1),
                tree->LogOdds(*pair.input, *pair.reference, 1));
    }
  }
}

TEST(SensorTreeTest, AnotherShapeIsInfinitelyUnlikelyTheSame) {
  TwoAnswers model(7), wider(8, 27);
  const auto tree =
      SensorTree::Train(model.Pairs(100), TellingAnswersApart()).value();
  EXPECT_TRUE(std::isinf(tree.LogOdds(wider.Draw(), wider.Draw(), 0)));
  EXPECT_TRUE(std::isinf(tree.LogOdds(model.Draw(), wider.Draw(), 0)));
  EXPECT_TRUE(std::isinf(tree.LogOdds({}, {}, 0)));
  EXPECT_TRUE(std::isfinite(tree.LogOdds(model.Draw(), model.Draw(), -1)));
}

// --- what training refuses -----------------------------------------------

TEST(SensorTreeTest, NeedsPairsOfBothKinds) {
  TwoAnswers model(9);
  std::vector<SensorPair> pairs = model.Pairs(50);
  EXPECT_FALSE(SensorTree::Train({}, TellingAnswersApart()).ok());
  for (const bool differ : {false, true}) {
    for (SensorPair& pair : pairs) pair.differ = differ;
    const auto tree = SensorTree::Train(pairs, TellingAnswersApart());
    EXPECT_EQ(tree.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(tree.status().message(), HasSubstr("pairs that differ"));
  }
}

TEST(SensorTreeTest, NamesThePairOfAnotherShape) {
  TwoAnswers model(10), wider(11, 27);
  std::vector<SensorPair> pairs = model.Pairs(50);
  pairs[13].input = &wider.Draw();
  const auto tree = SensorTree::Train(pairs, TellingAnswersApart());
  EXPECT_THAT(tree.status().message(), HasSubstr("pair 13"));
}

TEST(SensorTreeTest, NamesThePairOfAnAnswerBeyond) {
  TwoAnswers model(12);
  std::vector<SensorPair> pairs = model.Pairs(50);
  pairs[7].reference_answer = 2;
  const auto tree = SensorTree::Train(pairs, TellingAnswersApart());
  EXPECT_THAT(tree.status().message(), HasSubstr("pair 7"));
}

TEST(SensorTreeTest, WalksTheOptions) {
  TwoAnswers model(13);
  const auto pairs = model.Pairs(50);
  const auto ok = [&](auto change) {
    SensorTreeOptions options = TellingAnswersApart();
    options.trees = 2;
    change(&options);
    return SensorTree::Train(pairs, options).ok();
  };
  using O = SensorTreeOptions;
  EXPECT_TRUE(ok([](O* o) { o->depth = 1; }));
  EXPECT_FALSE(ok([](O* o) { o->depth = 0; }));
  EXPECT_FALSE(ok([](O* o) { o->depth = 7; }));
  EXPECT_FALSE(ok([](O* o) { o->trees = 0; }));
  EXPECT_FALSE(ok([](O* o) { o->trees = 513; }));
  EXPECT_FALSE(ok([](O* o) { o->answers = -1; }));
  EXPECT_FALSE(ok([](O* o) { o->answers = 257; }));
  EXPECT_FALSE(ok([](O* o) { o->rate = 0; }));
  EXPECT_FALSE(ok([](O* o) { o->rate = std::nan(""); }));
  EXPECT_FALSE(ok([](O* o) { o->least_leaf = -1; }));
}

// --- what reading refuses ------------------------------------------------

std::vector<uint8_t> SmallTree() {
  TwoAnswers model(14);
  SensorTreeOptions options = TellingAnswersApart();
  options.trees = 2;
  options.depth = 2;
  return SensorTree::Train(model.Pairs(200), options).value().Encode();
}

TEST(SensorTreeBytesTest, EveryCutIsNoticed) {
  const std::vector<uint8_t> bytes = SmallTree();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto tree =
        SensorTree::Decode(std::span(bytes).first(size), FilterLimits());
    EXPECT_EQ(tree.status().code(), absl::StatusCode::kDataLoss) << size;
  }
  std::vector<uint8_t> longer = bytes;
  longer.push_back(0);
  EXPECT_THAT(SensorTree::Decode(longer, FilterLimits()).status().message(),
              HasSubstr("1 bytes left over"));
}

TEST(SensorTreeBytesTest, AnotherVersionIsSaid) {
  std::vector<uint8_t> bytes = SmallTree();
  bytes[0] = 2;
  EXPECT_EQ(SensorTree::Decode(bytes, FilterLimits()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(SensorTreeBytesTest, CountsMeetTheLimits) {
  // cells, answers, depth, trees
  const std::pair<size_t, uint8_t> bad[] = {{1, 24}, {2, 127}, {3, 0},
                                            {3, 7},  {4, 0},   {4, 127}};
  for (const auto& [at, value] : bad) {
    std::vector<uint8_t> bytes = SmallTree();
    bytes[at] = value;
    FilterLimits limits;
    limits.max_tree_answers = 100;
    limits.max_trees = 100;
    EXPECT_EQ(SensorTree::Decode(bytes, limits).status().code(),
              absl::StatusCode::kDataLoss)
        << at << " " << static_cast<int>(value);
  }
}

TEST(SensorTreeBytesTest, FlippedBitsNeverAskOutOfRange) {
  const std::vector<uint8_t> bytes = SmallTree();
  TwoAnswers model(15);
  const Features& a = model.Draw();
  const Features& b = model.Draw();
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::vector<uint8_t> flipped = bytes;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto tree = SensorTree::Decode(flipped, FilterLimits());
    if (!tree.ok()) continue;
    EXPECT_FALSE(std::isnan(tree->LogOdds(a, b, 0))) << bit;
  }
}

}  // namespace
}  // namespace fovea
