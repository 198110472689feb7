// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_agreement.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <tuple>

namespace fovea {
namespace {

constexpr double kSlope = 20;
constexpr double kInOverlap = 0.5;  // share of a box

double Squash(float score, float threshold) {
  return 1 / (1 + std::exp(-kSlope * (static_cast<double>(score) -
                                      static_cast<double>(threshold))));
}

Box BoxOf(const Detection& d) { return {d.left, d.top, d.right, d.bottom}; }

std::optional<Detection> Mapped(const Homography& h, const Detection& seen) {
  const auto box = MapBox(h, BoxOf(seen));
  if (!box) return std::nullopt;
  Detection mapped = seen;
  mapped.left = box->left;
  mapped.top = box->top;
  mapped.right = box->right;
  mapped.bottom = box->bottom;
  return mapped;
}

using Links = std::vector<std::optional<size_t>>;

// Per box of `wanted` the one of `given` it is linked to: of a class, by
// falling overlap, each once; equal overlaps in order.
Links Link(std::span<const Detection> wanted,
           std::span<const std::optional<Detection>> given,
           float least_overlap) {
  std::vector<std::tuple<float, size_t, size_t>> pairs;
  for (size_t w = 0; w < wanted.size(); ++w) {
    for (size_t g = 0; g < given.size(); ++g) {
      if (!given[g] || given[g]->label != wanted[w].label) continue;
      const float overlap = Overlap(wanted[w], *given[g]);
      if (overlap >= least_overlap) pairs.emplace_back(-overlap, w, g);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  Links links(wanted.size());
  std::vector<bool> used(given.size());
  for (const auto& [overlap, w, g] : pairs) {
    if (links[w] || used[g]) continue;
    links[w] = g;
    used[g] = true;
  }
  return links;
}

Links LinkCoded(std::span<const Detection> original,
                std::span<const Detection> decoded) {
  const std::vector<std::optional<Detection>> given(decoded.begin(),
                                                    decoded.end());
  return Link(original, given, kSameBoxOverlap);
}

// What one picture's boxes came to.
struct Kept {
  std::vector<float> scores;     // per original box, after coding; 0: gone
  std::vector<Detection> extra;  // decoded boxes nothing is linked to
};

Kept KeptOf(std::span<const Detection> original,
            std::span<const Detection> decoded) {
  const Links links = LinkCoded(original, decoded);
  Kept kept;
  std::vector<bool> used(decoded.size());
  for (const auto& link : links) {
    kept.scores.push_back(link ? decoded[*link].score : 0);
    if (link) used[*link] = true;
  }
  for (size_t i = 0; i < decoded.size(); ++i) {
    if (!used[i]) kept.extra.push_back(decoded[i]);
  }
  return kept;
}

// Adds up one picture.
class Sums {
 public:
  Sums(float threshold, float slack) : threshold_(threshold), slack_(slack) {}

  void Box(float original, float kept) {
    const bool wanted = original >= threshold_;
    const bool there = kept >= threshold_ + (wanted ? -slack_ : slack_);
    out_.found += wanted && there;
    out_.missed += wanted && !there;
    out_.extra += !wanted && there;
    const double before = Squash(original, threshold_);
    out_.distance += std::abs(Squash(kept, threshold_) - before);
    out_.weight += before;
  }
  // Seen by both: as good as the better view of it.
  void Object(float original, float kept) {
    Box(original, std::min(kept, original));
  }
  void Extra(float score) {
    out_.extra += score >= threshold_ + slack_;
    out_.distance += Squash(score, threshold_);
  }
  const Agreement& out() const { return out_; }

 private:
  const float threshold_, slack_;
  Agreement out_;
};

}  // namespace

std::vector<std::optional<size_t>> SameObjects(
    const PairAnswers& answers, const Homography& first_to_second) {
  std::vector<std::optional<Detection>> mapped;
  for (const Detection& seen : answers.first) {
    mapped.push_back(Mapped(first_to_second, seen));
  }
  return Link(answers.second, mapped, kSameObjectOverlap);
}

Agreement ComparePair(const PairAnswers& original, const PairAnswers& decoded,
                      const Homography& first_to_second,
                      const MacroblockMask& mask, float threshold,
                      float slack) {
  const Kept first = KeptOf(original.first, decoded.first);
  const Kept second = KeptOf(original.second, decoded.second);
  const Links same = SameObjects(original, first_to_second);
  Sums sums(threshold, slack);
  std::vector<bool> counted(original.first.size());
  for (size_t i = 0; i < original.second.size(); ++i) {
    const float seen = original.second[i].score;
    if (ShareIn(mask, BoxOf(original.second[i])) < kInOverlap) {
      sums.Box(seen, second.scores[i]);
    } else if (same[i]) {
      counted[*same[i]] = true;
      sums.Object(std::max(seen, original.first[*same[i]].score),
                  std::max(second.scores[i], first.scores[*same[i]]));
    }
  }
  for (size_t i = 0; i < original.first.size(); ++i) {
    if (!counted[i]) sums.Box(original.first[i].score, first.scores[i]);
  }
  for (const Detection& extra : first.extra) sums.Extra(extra.score);
  for (const Detection& extra : second.extra) {
    if (ShareIn(mask, BoxOf(extra)) < kInOverlap) sums.Extra(extra.score);
  }
  return sums.out();
}

std::vector<Box> OnlyInSecond(const PairAnswers& answers,
                              const Homography& first_to_second,
                              float threshold) {
  PairAnswers counted;
  for (const Detection& seen : answers.first) {
    if (seen.score >= threshold) counted.first.push_back(seen);
  }
  for (const Detection& seen : answers.second) {
    if (seen.score >= threshold) counted.second.push_back(seen);
  }
  const Links same = SameObjects(counted, first_to_second);
  std::vector<Box> boxes;
  for (size_t i = 0; i < counted.second.size(); ++i) {
    if (!same[i]) boxes.push_back(BoxOf(counted.second[i]));
  }
  return boxes;
}

}  // namespace fovea
