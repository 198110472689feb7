// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/hash_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <tuple>
#include <vector>

namespace fovea::internal {
namespace {

// `bits` random ones: few make many equal.
Fingerprint Random(std::mt19937_64& random, int bits) {
  const uint64_t mask = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  Fingerprint fingerprint;
  fingerprint.coarse = random() & mask;
  for (uint64_t& word : fingerprint.fine) word = random() & mask;
  return fingerprint;
}

std::vector<uint32_t> PlainNearest(const std::vector<Fingerprint>& all,
                                   const Fingerprint& to, size_t most) {
  std::vector<std::tuple<int, int, uint32_t>> order;
  for (uint32_t i = 0; i < all.size(); ++i) {
    order.emplace_back(CoarseDistance(all[i], to), FineDistance(all[i], to), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<uint32_t> places;
  for (size_t i = 0; i < std::min(most, order.size()); ++i) {
    places.push_back(std::get<2>(order[i]));
  }
  std::sort(places.begin(), places.end());
  return places;
}

std::vector<uint32_t> Sorted(std::vector<uint32_t> places) {
  std::sort(places.begin(), places.end());
  return places;
}

TEST(HashListTest, NearestAreThoseOfAPlainSort) {
  for (const int bits : {64, 8, 1, 0}) {
    std::mt19937_64 random(static_cast<uint64_t>(bits));
    std::vector<Fingerprint> all;
    HashList list;
    for (size_t size = 0; size < 300; ++size) {
      const Fingerprint to = Random(random, bits);
      for (const size_t most : {1U, 64U}) {
        ASSERT_EQ(Sorted(list.Nearest(to, most)), PlainNearest(all, to, most))
            << size << " of " << bits << " bits";
      }
      all.push_back(Random(random, bits));
      list.Append(all.back());
    }
  }
}

TEST(HashListTest, TheLastTakesThePlaceOfTheRemoved) {
  std::mt19937_64 random(3);
  std::vector<Fingerprint> all;
  HashList list;
  for (int i = 0; i < 200; ++i) {
    all.push_back(Random(random, 64));
    list.Append(all.back());
  }
  while (!all.empty()) {
    const size_t place = random() % all.size();
    all[place] = all.back();
    all.pop_back();
    list.Remove(place);
    ASSERT_EQ(list.size(), all.size());
    const Fingerprint to = Random(random, 64);
    ASSERT_EQ(Sorted(list.Nearest(to, 10)), PlainNearest(all, to, 10));
  }
}

TEST(HashListTest, EqualOnesAreFound) {
  HashList list;
  EXPECT_TRUE(list.Equal(0).empty());
  for (const uint64_t coarse : {5U, 7U, 5U, 4U}) list.Append({coarse, {}});
  EXPECT_EQ(list.Equal(5), (std::vector<uint32_t>{0, 2}));
  EXPECT_TRUE(list.Equal(6).empty());
}

TEST(HashKernelsTest, EveryInstructionSetGivesTheSame) {
  std::mt19937_64 random(5);
  const HashKernels scalar = ScalarHashKernels();
  for (const HashKernels& kernels : RunnableHashKernels()) {
    for (size_t count = 0; count < 300; ++count) {
      std::vector<uint64_t> hashes(count);
      for (uint64_t& hash : hashes) hash = random();
      if (count > 1) hashes[0] = 0, hashes[1] = ~uint64_t{0};
      const uint64_t key = count % 2 == 0 ? 0 : random();
      std::vector<uint8_t> expected(count), got(count);
      scalar.distances(hashes.data(), count, key, expected.data());
      kernels.distances(hashes.data(), count, key, got.data());
      ASSERT_EQ(got, expected);

      const uint8_t most = static_cast<uint8_t>(random() % 65);
      const size_t found = scalar.count_up_to(got.data(), count, most);
      ASSERT_EQ(kernels.count_up_to(got.data(), count, most), found);
      std::vector<uint32_t> places(found), plain(found);
      ASSERT_EQ(scalar.places_up_to(got.data(), count, most, plain.data()),
                found);
      ASSERT_EQ(kernels.places_up_to(got.data(), count, most, places.data()),
                found);
      ASSERT_EQ(places, plain);
    }
  }
}

TEST(HashKernelsTest, FineDistancesCountAllBits) {
  std::mt19937_64 random(9);
  std::vector<FineHash> hashes(40);
  std::vector<uint32_t> places(60);
  for (FineHash& hash : hashes) {
    for (uint64_t& word : hash) word = random();
  }
  for (uint32_t& place : places) place = static_cast<uint32_t>(random() % 40);
  FineHash key = hashes[places[0]];
  for (uint64_t& word : key) word = ~word;
  for (const HashKernels& kernels : RunnableHashKernels()) {
    std::vector<uint16_t> got(places.size());
    kernels.fine_distances(hashes.data(), places.data(), places.size(), key,
                           got.data());
    EXPECT_EQ(got[0], 256);
    for (size_t i = 0; i < places.size(); ++i) {
      EXPECT_EQ(got[i], FineDistance({0, key}, {0, hashes[places[i]]}));
    }
  }
}

}  // namespace
}  // namespace fovea::internal
