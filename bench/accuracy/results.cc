// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/results.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace fovea::bench {
namespace {

constexpr size_t kDraws = 200;
constexpr double kNoFloor = -std::numeric_limits<double>::infinity();

void AddOnce(const std::string& name, std::vector<std::string>* names) {
  if (std::find(names->begin(), names->end(), name) == names->end()) {
    names->push_back(name);
  }
}

// Whether frame `index` of `frames` lies in `part`.
bool Inside(size_t index, size_t frames, Part part) {
  return part == Part::kWhole ||
         (part == Part::kFirstHalf) == (index < frames / 2);
}

ScoredEncoding EncodingOf(const Point& point, Part part) {
  ScoredEncoding encoding;
  const size_t frames = point.frame_bytes.size();
  for (size_t i = 0; i < frames; ++i) {
    if (Inside(i, frames, part)) encoding.bytes += point.frame_bytes[i];
  }
  for (size_t i = 0; i < point.agreement.size(); ++i) {
    if (Inside(i * static_cast<size_t>(point.every), frames, part)) {
      encoding.frames.push_back(point.agreement[i]);
    }
  }
  return encoding;
}

std::vector<ScoredEncoding> EncodingsOf(const std::vector<const Point*>& points,
                                        Part part) {
  std::vector<ScoredEncoding> encodings;
  for (const Point* point : points) {
    encodings.push_back(EncodingOf(*point, part));
  }
  return encodings;
}

std::vector<RatePoint> RatePoints(const std::vector<const Point*>& points,
                                  Measure measure) {
  std::vector<RatePoint> rates;
  for (const Point* point : points) {
    rates.push_back({point->bytes(), Quality(Sum(point->agreement), measure)});
  }
  return rates;
}

// The same for every policy and judge of a clip, so that their differences
// are those of one draw of frames.
uint64_t ClipSeed(uint64_t seed, const std::string& clip) {
  for (const char letter : clip) {
    seed = seed * 1099511628211U + static_cast<uint8_t>(letter);
  }
  return seed * 2654435761U;
}

double MeanStep(const std::vector<const Point*>& at,
                const std::vector<const Point*>& above, Measure measure) {
  double sum = 0;
  for (size_t i = 0; i < at.size(); ++i) {
    sum += std::abs(Quality(Sum(at[i]->agreement), measure) -
                    Quality(Sum(above[i]->agreement), measure));
  }
  return sum / static_cast<double>(at.size());
}

}  // namespace

bool IsPlain(const Policy& policy) { return policy.rule == MapRule::kPlain; }

bool IsPlainUnshifted(const Policy& policy) {
  return IsPlain(policy) && policy.chroma == 0;
}

Results::Results(const std::vector<Point>& points, std::vector<double> crfs,
                 const std::vector<JudgeInfo>& judges, uint64_t seed)
    : crfs_(std::move(crfs)), judges_(judges), seed_(seed) {
  std::sort(crfs_.begin(), crfs_.end());
  for (const Point& point : points) {
    AddOnce(point.clip, &clips_);
    AddOnce(point.policy, &policies_);
    points_[{point.clip, point.policy, point.judge}][point.crf] = point;
  }
}

std::vector<const Point*> Results::AtRates(const std::string& clip,
                                           const std::string& policy,
                                           const std::string& judge,
                                           double shift) const {
  const auto found = points_.find({clip, policy, judge});
  if (found == points_.end()) return {};
  std::vector<const Point*> curve;
  for (const double crf : crfs_) {
    const auto point = found->second.find(crf + shift);
    if (point == found->second.end()) return {};
    curve.push_back(&point->second);
  }
  return curve;
}

std::vector<const Point*> Results::Curve(const std::string& clip,
                                         const std::string& policy,
                                         const std::string& judge) const {
  return AtRates(clip, policy, judge, 0);
}

Cell Results::Compare(const std::string& clip, const std::string& reference,
                      const std::string& policy, const JudgeInfo& judge,
                      Part part) const {
  const auto base = EncodingsOf(Curve(clip, reference, judge.name), part);
  const auto test = EncodingsOf(Curve(clip, policy, judge.name), part);
  const uint64_t seed = ClipSeed(seed_, clip);
  const auto figure = [&](Measure measure, double floor) {
    return Figure{BdRate(base, test, measure, floor),
                  BootstrapBdRates(base, test, measure, floor, kDraws, seed)};
  };
  return {figure(Measure::kF1, judge.f1_floor),
          figure(Measure::kSoft, kNoFloor)};
}

std::optional<double> Results::SoftMean(const std::string& clip,
                                        const std::string& reference,
                                        const std::string& policy,
                                        Part part) const {
  double sum = 0;
  for (const JudgeInfo& judge : judges_) {
    const auto base = EncodingsOf(Curve(clip, reference, judge.name), part);
    const auto test = EncodingsOf(Curve(clip, policy, judge.name), part);
    const auto rate = BdRate(base, test, Measure::kSoft, kNoFloor);
    if (!rate.has_value()) return std::nullopt;
    sum += *rate;
  }
  return sum / static_cast<double>(judges_.size());
}

std::string Results::Best(const std::string& clip, const PolicyFilter& filter,
                          Part part) const {
  std::string best;
  double least = 0;
  for (const std::string& text : policies_) {
    const auto policy = Policy::Parse(text);
    if (!policy.ok() || !filter(*policy)) continue;
    const auto mean = SoftMean(clip, kDefaultPlain, text, part);
    if (!mean.has_value() || (!best.empty() && *mean >= least)) continue;
    best = text;
    least = *mean;
  }
  return best;
}

std::optional<Results::Noise> Results::NoiseOf(const std::string& clip,
                                               const JudgeInfo& judge) const {
  const auto at = AtRates(clip, kDefaultPlain, judge.name, 0);
  const auto above = AtRates(clip, kDefaultPlain, judge.name, 1);
  if (at.empty() || above.empty()) return std::nullopt;
  std::vector<const Point*> all = at;
  all.insert(all.end(), above.begin(), above.end());
  const auto half = [&](Measure measure, double floor) {
    return BdRate(MonotoneCurve(RatePoints(at, measure)),
                  MonotoneCurve(RatePoints(above, measure)), floor);
  };
  return Noise{MeanStep(at, above, Measure::kF1),
               MeanStep(at, above, Measure::kSoft),
               ScatterOf(RatePoints(all, Measure::kF1)),
               ScatterOf(RatePoints(all, Measure::kSoft)),
               half(Measure::kF1, judge.f1_floor),
               half(Measure::kSoft, kNoFloor)};
}

Figure MeanOf(const std::vector<Figure>& figures) {
  Figure mean;
  double sum = 0;
  int values = 0;
  std::vector<Draws> draws;
  for (const Figure& figure : figures) {
    draws.push_back(figure.draws);
    if (!figure.value.has_value()) continue;
    sum += *figure.value;
    ++values;
  }
  if (values > 0) mean.value = sum / values;
  mean.draws = MeanOf(draws);
  return mean;
}

}  // namespace fovea::bench
