// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which sample a time gets, at every border there is, and against a search
// through all samples.

#include "api/align.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/api/list_source.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

const std::vector<Channel> kOneChannel = {{"level", ""}};

// What one time got: residual and value, or nothing.
struct Got {
  std::optional<int64_t> residual_ns;
  double value = 0;
  friend bool operator==(const Got&, const Got&) = default;
};

void PrintTo(const Got& got, std::ostream* out) {
  if (!got.residual_ns) {
    *out << "none";
  } else {
    *out << *got.residual_ns << " ns: " << got.value;
  }
}

const Got kNone;

class AlignTest : public ::testing::Test {
 protected:
  // Samples at these times; each one's value is its number.
  void Samples(std::vector<int64_t> times) { times_ = std::move(times); }

  std::vector<Got> At(const std::vector<int64_t>& frames, AlignMethod method,
                      int64_t max_gap_ns) const {
    Aligner aligner(std::make_unique<testing::ListSource>(times_), kOneChannel,
                    method, max_gap_ns);
    std::vector<Got> all;
    for (const int64_t time : frames) {
      const auto sample = aligner.At(time);
      EXPECT_TRUE(sample.ok()) << sample.status();
      if (!sample.ok()) return all;
      all.push_back(*sample
                        ? Got{(*sample)->residual_ns, (*sample)->values.front()}
                        : kNone);
    }
    return all;
  }

  std::vector<Got> Nearest(const std::vector<int64_t>& frames,
                           int64_t gap = 100) const {
    return At(frames, AlignMethod::kNearest, gap);
  }
  std::vector<Got> Previous(const std::vector<int64_t>& frames,
                            int64_t gap = 100) const {
    return At(frames, AlignMethod::kPrevious, gap);
  }
  std::vector<Got> Linear(const std::vector<int64_t>& frames,
                          int64_t gap = 100) const {
    return At(frames, AlignMethod::kLinear, gap);
  }

  // By looking at all samples for each frame.
  Got Searched(int64_t frame, AlignMethod method, int64_t gap) const {
    std::optional<size_t> before, after;
    for (size_t i = 0; i < times_.size(); ++i) {
      if (times_[i] <= frame) before = i;
      if (times_[i] > frame && !after) after = i;
    }
    const auto got = [&](std::optional<size_t> i) {
      if (!i || std::abs(times_[*i] - frame) > gap) return kNone;
      return Got{times_[*i] - frame, static_cast<double>(*i)};
    };
    const Got behind = got(before), ahead = got(after);
    if (method == AlignMethod::kPrevious) return behind;
    const bool later =
        ahead.residual_ns &&
        (!behind.residual_ns || *ahead.residual_ns < -*behind.residual_ns);
    Got nearer = later ? ahead : behind;
    if (method == AlignMethod::kNearest || behind.residual_ns == 0) {
      return nearer;
    }
    if (!behind.residual_ns || !ahead.residual_ns) return kNone;
    const double whole =
        static_cast<double>(*ahead.residual_ns - *behind.residual_ns);
    nearer.value =
        behind.value + (ahead.value - behind.value) *
                           static_cast<double>(-*behind.residual_ns) / whole;
    return nearer;
  }

  std::vector<int64_t> times_;
};

TEST_F(AlignTest, NearestTakesTheEarlierOfEquallyNear) {
  Samples({10, 20});
  EXPECT_THAT(Nearest({9, 10, 14, 15, 16, 20, 21}),
              ElementsAre(Got{1, 0}, Got{0, 0}, Got{-4, 0}, Got{-5, 0},
                          Got{4, 1}, Got{0, 1}, Got{-1, 1}));
}

TEST_F(AlignTest, PreviousNeverLooksAhead) {
  Samples({10, 20});
  EXPECT_THAT(Previous({9, 10, 19, 20, 120, 121}),
              ElementsAre(kNone, Got{0, 0}, Got{-9, 0}, Got{0, 1}, Got{-100, 1},
                          kNone));
}

TEST_F(AlignTest, LinearLiesBetweenAndSaysTheNearer) {
  Samples({10, 20, 40});
  EXPECT_THAT(
      Linear({9, 10, 14, 15, 16, 20, 25, 40, 41}),
      ElementsAre(kNone, Got{0, 0}, Got{-4, 0.4}, Got{-5, 0.5}, Got{4, 0.6},
                  Got{0, 1}, Got{-5, 1.25}, Got{0, 2}, kNone));
}

TEST_F(AlignTest, NoValueIsMadeUpAcrossAGap) {
  Samples({0, 1000});
  EXPECT_THAT(Nearest({100, 101, 899, 900}),
              ElementsAre(Got{-100, 0}, kNone, kNone, Got{100, 1}));
  // Near to one of the two is not between the two.
  EXPECT_THAT(Linear({0, 1, 999, 1000}),
              ElementsAre(Got{0, 0}, kNone, kNone, Got{0, 1}));
  EXPECT_THAT(Linear({500}, 500), ElementsAre(Got{-500, 0.5}));
  EXPECT_THAT(Linear({500}, 499), ElementsAre(kNone));
}

TEST_F(AlignTest, AGapOfNothingTakesExactHitsAlone) {
  Samples({10, 20});
  for (const auto method :
       {AlignMethod::kNearest, AlignMethod::kPrevious, AlignMethod::kLinear}) {
    EXPECT_THAT(At({9, 10, 11, 20}, method, 0),
                ElementsAre(kNone, Got{0, 0}, kNone, Got{0, 1}));
  }
}

TEST_F(AlignTest, OfRepeatedTimesTheLastBehindAndTheFirstAhead) {
  Samples({10, 10, 10, 20, 20});
  EXPECT_THAT(Nearest({9, 10, 14, 16}),
              ElementsAre(Got{1, 0}, Got{0, 2}, Got{-4, 2}, Got{4, 3}));
  EXPECT_THAT(Previous({10, 19, 20}),
              ElementsAre(Got{0, 2}, Got{-9, 2}, Got{0, 4}));
  EXPECT_THAT(Linear({15}), ElementsAre(Got{-5, 2.5}));
}

TEST_F(AlignTest, RepeatedFramesGetTheSameAgain) {
  Samples({10, 20});
  EXPECT_THAT(Linear({12, 12, 12, 20, 20}),
              ElementsAre(Got{-2, 0.2}, Got{-2, 0.2}, Got{-2, 0.2}, Got{0, 1},
                          Got{0, 1}));
}

TEST_F(AlignTest, WithoutSamplesThereIsNothing) {
  Samples({});
  EXPECT_THAT(Nearest({0, 1}, kLatest), ElementsAre(kNone, kNone));
  EXPECT_THAT(Linear({0, 1}, kLatest), ElementsAre(kNone, kNone));
}

TEST_F(AlignTest, TheEndsOfTimeAreFarApart) {
  Samples({kEarliest, kLatest});
  EXPECT_THAT(Nearest({kEarliest, kEarliest + 3, -2, 0, kLatest}, kLatest),
              ElementsAre(Got{0, 0}, Got{-3, 0}, Got{-kLatest + 1, 0},
                          Got{kLatest, 1}, Got{0, 1}));
  EXPECT_THAT(Previous({kEarliest, 0, kLatest}, kLatest),
              ElementsAre(Got{0, 0}, kNone, Got{0, 1}));
  EXPECT_THAT(Linear({-1, 0}, kLatest), ElementsAre(kNone, kNone));
  Samples({kEarliest + 1, kLatest});
  EXPECT_THAT(Linear({0}, kLatest), ElementsAre(Got{-kLatest, 0.5}));
}

TEST_F(AlignTest, EqualsASearchThroughAllSamples) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 engine(seed);
    const auto draw = [&](uint64_t below) {
      return static_cast<int64_t>(engine() % below);
    };
    const auto times = [&](int64_t count, uint64_t longest_step) {
      std::vector<int64_t> all;
      for (int64_t i = 0, now = draw(50) - 25; i < count; ++i) {
        all.push_back(now += draw(longest_step));
      }
      return all;
    };
    Samples(times(draw(40), 1 + static_cast<uint64_t>(draw(30))));
    const auto frames = times(draw(40), 1 + static_cast<uint64_t>(draw(30)));
    const int64_t gap = draw(40);
    for (const auto method : {AlignMethod::kNearest, AlignMethod::kPrevious,
                              AlignMethod::kLinear}) {
      const auto got = At(frames, method, gap);
      ASSERT_EQ(got.size(), frames.size());
      for (size_t i = 0; i < frames.size(); ++i) {
        const Got want = Searched(frames[i], method, gap);
        ASSERT_EQ(got[i].residual_ns, want.residual_ns) << "frame " << i;
        ASSERT_NEAR(got[i].value, want.value, 1e-12) << "frame " << i;
      }
    }
  }
}

TEST_F(AlignTest, FaultsOfTheSourceComeThrough) {
  Aligner aligner(
      std::make_unique<testing::BrokenSource>(absl::DataLossError("block 7")),
      kOneChannel, AlignMethod::kNearest, 100);
  const auto sample = aligner.At(0);
  EXPECT_TRUE(absl::IsDataLoss(sample.status())) << sample.status();
}

TEST(DefaultMaxGapTest, IsThreePeriodsOrASecond) {
  EXPECT_EQ(DefaultMaxGap(200), 15'000'000);
  EXPECT_EQ(DefaultMaxGap(0.5), 6'000'000'000);
  EXPECT_EQ(DefaultMaxGap(0), 1'000'000'000);
  EXPECT_EQ(DefaultMaxGap(-1), 1'000'000'000);
  EXPECT_EQ(DefaultMaxGap(std::nan("")), 1'000'000'000);
  EXPECT_GT(DefaultMaxGap(1e-300), int64_t{1} << 62);
}

// --- order of time --------------------------------------------------------

std::vector<uint64_t> Indexes(TimedSource* source) {
  std::vector<uint64_t> all;
  while (true) {
    const auto sample = source->Next();
    EXPECT_TRUE(sample.ok()) << sample.status();
    if (!sample.ok() || !sample->has_value()) return all;
    EXPECT_EQ((*sample)->values.front(), static_cast<double>((*sample)->index));
    all.push_back((*sample)->index);
  }
}

std::unique_ptr<TimedSource> Sorted(std::vector<int64_t> times, size_t window) {
  return std::make_unique<TimeSorted>(
      "walk", std::make_unique<testing::ListSource>(std::move(times)), window);
}

TEST(TimeSortedTest, EqualTimesKeepTheirOrder) {
  const auto source = Sorted({20, 10, 20, 10, 5}, 4);
  EXPECT_THAT(Indexes(source.get()), ElementsAre(4, 1, 3, 0, 2));
  EXPECT_THAT(Indexes(source.get()), ElementsAre());
}

TEST(TimeSortedTest, AWindowHoldsAsManyAsItSays) {
  // The last one passes all three before it, and no fewer will do.
  EXPECT_THAT(Indexes(Sorted({20, 30, 40, 10}, 3).get()),
              ElementsAre(3, 0, 1, 2));
  const auto narrow = Sorted({20, 30, 40, 10}, 2);
  ASSERT_TRUE(narrow->Next().ok());
  const absl::Status status = narrow->Next().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("'walk' index 3"));
}

TEST(TimeSortedTest, EqualsAStableSortWithinItsWindow) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 engine(seed);
    const int64_t jitter = 1 + static_cast<int64_t>(engine() % 8);
    std::vector<int64_t> times(200);
    for (size_t i = 0; i < times.size(); ++i) {
      times[i] = static_cast<int64_t>(i) +
                 static_cast<int64_t>(engine() % static_cast<uint64_t>(jitter));
    }
    std::vector<uint64_t> order(times.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) {
      return times[a] < times[b];
    });
    // One is passed by those less than the jitter before it.
    EXPECT_EQ(Indexes(Sorted(times, static_cast<size_t>(jitter) - 1).get()),
              order);
  }
}

// --- residuals ------------------------------------------------------------

TEST(ResidualSummaryTest, NothingSumsToNothing) {
  const ResidualSummary summary;
  EXPECT_EQ(summary.count(), 0);
  EXPECT_EQ(summary.Quantile(0.5), 0);
  EXPECT_EQ(summary.most_ns(), 0);
}

TEST(ResidualSummaryTest, OneIsAllOfThem) {
  for (const int64_t length :
       {int64_t{0}, int64_t{1}, int64_t{255}, int64_t{256}, int64_t{257},
        int64_t{1'234'567}, kLatest}) {
    ResidualSummary summary;
    summary.Add(-length);
    EXPECT_EQ(summary.most_ns(), length);
    EXPECT_NEAR(static_cast<double>(summary.Quantile(0.5)),
                static_cast<double>(length),
                0.004 * static_cast<double>(length));
  }
}

TEST(ResidualSummaryTest, QuantilesAreThoseOfTheSortedLengths) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 engine(seed);
    ResidualSummary summary;
    std::vector<int64_t> lengths(1 + engine() % 500);
    for (int64_t& length : lengths) {
      length = static_cast<int64_t>(engine() >> (1 + engine() % 63));
      summary.Add(engine() % 2 == 0 ? length : -length);
    }
    std::sort(lengths.begin(), lengths.end());
    for (const double share : {0.001, 0.25, 0.5, 0.95, 1.0}) {
      const auto rank = static_cast<size_t>(
          std::ceil(share * static_cast<double>(lengths.size())));
      const auto want = static_cast<double>(lengths[rank - 1]);
      EXPECT_NEAR(static_cast<double>(summary.Quantile(share)), want,
                  0.004 * want);
    }
    EXPECT_EQ(summary.most_ns(), lengths.back());
  }
}

}  // namespace
}  // namespace fovea
