// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/answer_cache.h"

#include <cmath>
#include <map>

namespace fovea::bench::reuse {

float RootMeanSquare(const Key& a, const Key& b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<float>(a.size()));
}

void AnswerCache::Add(const Key& key, const Answer& answer) {
  // The latest votes first: answers return soon or not at all.
  size_t vote = votes_.size();
  while (vote > 0 && !same_.Same(answer, votes_[vote - 1])) --vote;
  if (vote == 0) {
    votes_.push_back(answer);
    vote = votes_.size();
  }
  entries_.push_back({key, answer, vote - 1});
}

std::optional<size_t> AnswerCache::Vote(
    const std::vector<Neighbour>& neighbours, double theta, size_t fewest,
    double farthest) const {
  if (neighbours.empty()) return std::nullopt;
  double mean = 0;
  for (const Neighbour& n : neighbours) {
    mean += static_cast<double>(n.distance) /
            static_cast<double>(neighbours.size());
  }
  std::map<size_t, size_t> counts;
  size_t left = 0;
  for (const Neighbour& n : neighbours) {
    // Where all are equally far none is an outlier.
    const bool is_near = n.distance < mean || n.distance == 0;
    if (!is_near || n.distance > farthest) continue;
    ++counts[entries_[n.entry].vote];
    ++left;
  }
  if (left < fewest || counts.empty()) return std::nullopt;
  double squares = 0;
  auto top = counts.begin();
  for (auto it = counts.begin(); it != counts.end(); ++it) {
    squares += static_cast<double>(it->second * it->second);
    if (it->second > top->second) top = it;
  }
  if (static_cast<double>(top->second) / std::sqrt(squares) < theta) {
    return std::nullopt;
  }
  for (const Neighbour& n : neighbours) {
    if (entries_[n.entry].vote == top->first) return n.entry;
  }
  return std::nullopt;
}

}  // namespace fovea::bench::reuse
