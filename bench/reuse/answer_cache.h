// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers by the vector of their input, and the vote of the nearest ones.

#ifndef FOVEA_BENCH_REUSE_ANSWER_CACHE_H_
#define FOVEA_BENCH_REUSE_ANSWER_CACHE_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "bench/reuse/answer.h"
#include "bench/reuse/same_memo.h"

namespace fovea::bench::reuse {

using Key = std::vector<float>;

// Root of the mean squared difference of keys of one size.
float RootMeanSquare(const Key& a, const Key& b);

struct Neighbour {
  float distance = 0;
  size_t entry = 0;
};

// Not thread-safe.
class AnswerCache {
 public:
  struct Entry {
    Key key;
    Answer answer;
    size_t vote = 0;  // equal where answers count as the same
  };

  // Answers are the same by `same`, which outlives the cache.
  explicit AnswerCache(SameMemo* same) : same_(*same) {}

  void Add(const Key& key, const Answer& answer);
  size_t size() const { return entries_.size(); }
  const Entry& entry(size_t i) const { return entries_[i]; }

  // Up to `count` nearest, nearest first. `distance` takes two keys.
  template <typename Distance>
  std::vector<Neighbour> Nearest(const Key& key, size_t count,
                                 const Distance& distance) const;

  // Homogenised kNN (FoggyCache, MobiCom'18): of the neighbours nearer than
  // their mean, votes N per answer; the nearest entry of the most voted one
  // where max N / sqrt(sum N^2) is at least `theta`. Published without
  // `fewest` and `farthest`, which bound how many must be left and how far.
  std::optional<size_t> Vote(const std::vector<Neighbour>& neighbours,
                             double theta, size_t fewest,
                             double farthest) const;

 private:
  SameMemo& same_;
  std::vector<Entry> entries_;
  std::vector<Answer> votes_;  // the first answer of each
};

template <typename Distance>
std::vector<Neighbour> AnswerCache::Nearest(const Key& key, size_t count,
                                            const Distance& distance) const {
  std::vector<Neighbour> all;
  for (size_t i = 0; i < entries_.size(); ++i) {
    all.push_back({distance(key, entries_[i].key), i});
  }
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(count),
                    all.end(), [](const Neighbour& a, const Neighbour& b) {
                      return a.distance < b.distance;
                    });
  all.resize(count);
  return all;
}

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_ANSWER_CACHE_H_
