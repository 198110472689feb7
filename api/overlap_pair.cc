// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_pair.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr double kMovement = 3;   // grey levels, mean over a macroblock
constexpr double kMostScale = 6;  // of areas, between two views

PictureSize SizeOf(const Frame& frame) { return {frame.width, frame.height}; }

// How much each macroblock changed: mean absolute difference of luma.
std::vector<double> MovementOf(const Frame& before, const Frame& after) {
  const int columns = MacroblockCount(before.width);
  const int rows = MacroblockCount(before.height);
  std::vector<double> moved;
  for (int block = 0; block < columns * rows; ++block) {
    const int left = block % columns * kMacroblockSize;
    const int top = block / columns * kMacroblockSize;
    const int right = std::min(before.width, left + kMacroblockSize);
    const int bottom = std::min(before.height, top + kMacroblockSize);
    int sum = 0;
    for (int y = top; y < bottom; ++y) {
      const uint8_t* a = before.y.data + y * before.y.stride;
      const uint8_t* b = after.y.data + y * after.y.stride;
      for (int x = left; x < right; ++x) sum += std::abs(a[x] - b[x]);
    }
    moved.push_back(static_cast<double>(sum) /
                    ((right - left) * (bottom - top)));
  }
  return moved;
}

// Correlation over pairs of values.
class Correlation {
 public:
  void Add(double a, double b) {
    n_ += 1, a_ += a, b_ += b, aa_ += a * a, bb_ += b * b, ab_ += a * b;
  }
  double value() const {
    const double spread = (n_ * aa_ - a_ * a_) * (n_ * bb_ - b_ * b_);
    return spread > 0 ? (n_ * ab_ - a_ * b_) / std::sqrt(spread) : 0;
  }

 private:
  double n_ = 0, a_ = 0, b_ = 0, aa_ = 0, bb_ = 0, ab_ = 0;
};

// What moved around a macroblock: parallax moves things by some of them.
double Around(const std::vector<double>& moved, int columns, int rows,
              int column, int row) {
  double most = 0;
  for (int y = std::max(0, row - 1); y <= std::min(rows - 1, row + 1); ++y) {
    for (int x = std::max(0, column - 1);
         x <= std::min(columns - 1, column + 1); ++x) {
      most = std::max(most, moved[static_cast<size_t>(y * columns + x)]);
    }
  }
  return most;
}

// What moved in both pictures, per set macroblock of the mask.
struct Movement {
  std::vector<double> first, second;
};

Movement MovementIn(const PairLook& look, const Homography& second_to_first,
                    const MacroblockMask& mask) {
  Movement out;
  const std::vector<double> first = MovementOf(look.first, look.first_later);
  const std::vector<double> second = MovementOf(look.second, look.second_later);
  const int columns = MacroblockCount(look.first.width);
  const int rows = MacroblockCount(look.first.height);
  for (size_t i = 0; i < mask.set.size(); ++i) {
    if (!mask.set[i]) continue;
    const int column = static_cast<int>(i) % mask.columns;
    const int row = static_cast<int>(i) / mask.columns;
    const auto p = MapPoint(second_to_first, {(column + 0.5) * kMacroblockSize,
                                              (row + 0.5) * kMacroblockSize});
    if (!p) continue;  // at every look alike
    const int there =
        std::clamp(static_cast<int>(p->x) / kMacroblockSize, 0, columns - 1);
    const int line =
        std::clamp(static_cast<int>(p->y) / kMacroblockSize, 0, rows - 1);
    out.first.push_back(Around(first, columns, rows, there, line));
    out.second.push_back(Around(second, mask.columns, mask.rows, column, row));
  }
  return out;
}

// Over several looks what each place has more or less of than usual: on one
// road cars drive at all times, but not at the same ones.
void SubtractMeans(std::vector<Movement>* looks) {
  if (looks->size() < 2) return;
  for (size_t i = 0; i < (*looks)[0].first.size(); ++i) {
    double first = 0, second = 0;
    for (const Movement& look : *looks) {
      first += look.first[i];
      second += look.second[i];
    }
    for (Movement& look : *looks) {
      look.first[i] -= first / static_cast<double>(looks->size());
      look.second[i] -= second / static_cast<double>(looks->size());
    }
  }
}

void CompareMovement(std::span<const PairLook> looks,
                     const Homography& second_to_first, PairFinding* finding) {
  std::vector<Movement> moved;
  for (const PairLook& look : looks) {
    moved.push_back(MovementIn(look, second_to_first, finding->mask));
    for (const auto* values : {&moved.back().first, &moved.back().second}) {
      for (const double value : *values) {
        finding->moved = finding->moved || value >= kMovement;
      }
    }
  }
  SubtractMeans(&moved);
  Correlation sums;
  for (const Movement& look : moved) {
    for (size_t i = 0; i < look.first.size(); ++i) {
      sums.Add(look.first[i], look.second[i]);
    }
  }
  finding->motion_correlation = sums.value();
}

struct Look {
  HomographyFit fit;
  double inlier_share = 0;
};

// A camera's view is neither mirrored nor many times larger in another's.
bool Plausible(const Homography& h, PictureSize size) {
  const double x = 0.5 * size.width, y = 0.5 * size.height;
  const auto middle = MapPoint(h, {x, y});
  const auto right = MapPoint(h, {x + 1, y});
  const auto below = MapPoint(h, {x, y + 1});
  if (!middle || !right || !below) return true;  // judged by its inliers
  const double area = (right->x - middle->x) * (below->y - middle->y) -
                      (right->y - middle->y) * (below->x - middle->x);
  return area > 1 / kMostScale && area < kMostScale;
}

// The looks that say something.
std::vector<Look> Choose(std::span<const HomographyFit> fits, PictureSize size,
                         const PairRules& rules) {
  std::vector<Look> chosen;
  for (const HomographyFit& fit : fits) {
    const auto inliers = static_cast<int>(fit.inliers.size());
    const double share = static_cast<double>(inliers) / fit.matches;
    if (inliers >= rules.least_inliers && share >= rules.least_inlier_share &&
        Plausible(fit.first_to_second, size)) {
      chosen.push_back({fit, share});
    }
  }
  return chosen;
}

double DriftBetween(const Look& a, const Look& b, const PairLook& sizes) {
  return Drift(a.fit.first_to_second, b.fit.first_to_second,
               SizeOf(sizes.first), SizeOf(sizes.second));
}

// The look that most others agree with; of those the one of most inliers.
std::vector<const Look*> Agreeing(const std::vector<Look>& fits,
                                  const PairLook& sizes, double most_drift) {
  std::vector<const Look*> best;
  for (const Look& middle : fits) {
    std::vector<const Look*> near = {&middle};
    for (const Look& other : fits) {
      if (&other != &middle && DriftBetween(middle, other, sizes) <= most_drift)
        near.push_back(&other);
    }
    const bool more = near.size() > best.size();
    if (more || (near.size() == best.size() &&
                 middle.fit.inliers.size() > best[0]->fit.inliers.size())) {
      best = std::move(near);
    }
  }
  return best;
}

void Sum(const std::vector<const Look*>& agreeing, const PairLook& sizes,
         PairFinding* finding) {
  finding->agreeing = static_cast<int>(agreeing.size());
  size_t inliers = 0;
  for (const Look* look : agreeing) {
    inliers += look->fit.inliers.size();
    finding->inlier_share += look->inlier_share;
    finding->drift_px =
        std::max(finding->drift_px, DriftBetween(*agreeing[0], *look, sizes));
  }
  finding->inliers = static_cast<int>(inliers / agreeing.size());
  finding->inlier_share /= static_cast<double>(agreeing.size());
}

std::string WhyNot(const PairFinding& finding, const PairRules& rules) {
  if (finding.agreeing < rules.least_looks * finding.looks) {
    return absl::StrCat("one homography holds at ", finding.agreeing, " of ",
                        finding.looks, " times");
  }
  if (finding.mask.share() < rules.least_overlap) {
    return absl::StrFormat("they share %.0f %% of the view",
                           100 * finding.mask.share());
  }
  if (finding.moved &&
      finding.motion_correlation < rules.least_motion_correlation) {
    return absl::StrFormat(
        "what moves in one does not move in the other (correlation %.2f): "
        "perhaps the same place at another time",
        finding.motion_correlation);
  }
  return "";
}

absl::Status CheckSizes(std::span<const PairLook> looks) {
  if (looks.empty()) return absl::InvalidArgumentError("overlap: no pictures");
  for (const PairLook& look : looks) {
    if (SizeOf(look.first) != SizeOf(looks[0].first) ||
        SizeOf(look.first_later) != SizeOf(looks[0].first) ||
        SizeOf(look.second) != SizeOf(looks[0].second) ||
        SizeOf(look.second_later) != SizeOf(looks[0].second)) {
      return absl::InvalidArgumentError("overlap: pictures change their size");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<HomographyFit>> FitLooks(
    std::span<const PairLook> looks, const HomographyOptions& options) {
  if (absl::Status s = CheckSizes(looks); !s.ok()) return s;
  std::vector<HomographyFit> fits;
  for (const PairLook& look : looks) {
    auto fit = FitHomography(look.first, look.second, options);
    if (!fit.ok()) return fit.status();
    if (fit->has_value()) fits.push_back(**std::move(fit));
  }
  return fits;
}

PairFinding JudgeLooks(std::span<const PairLook> looks,
                       std::span<const HomographyFit> fits,
                       const PairRules& rules) {
  PairFinding finding;
  finding.looks = static_cast<int>(looks.size());
  const PairLook& sizes = looks[0];
  const std::vector<Look> chosen = Choose(fits, SizeOf(sizes.first), rules);
  if (chosen.empty()) {
    finding.why_not = "no plane that both see";
    return finding;
  }
  const PictureSize second = SizeOf(sizes.second);
  const auto agreeing = Agreeing(
      chosen, sizes, rules.most_drift * std::max(second.width, second.height));
  Sum(agreeing, sizes, &finding);
  finding.first_to_second = agreeing[0]->fit.first_to_second;
  finding.mask = SeenByFirst(finding.first_to_second, SizeOf(sizes.first),
                             second, rules.margin);
  if (const auto back = InverseOf(finding.first_to_second)) {
    CompareMovement(looks, *back, &finding);
  }
  finding.why_not = WhyNot(finding, rules);
  finding.verified = finding.why_not.empty();
  return finding;
}

absl::StatusOr<PairFinding> VerifyPair(std::span<const PairLook> looks,
                                       const PairRules& rules) {
  const auto fits = FitLooks(looks, rules.homography);
  if (!fits.ok()) return fits.status();
  return JudgeLooks(looks, *fits, rules);
}

}  // namespace fovea
