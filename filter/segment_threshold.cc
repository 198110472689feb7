// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/segment_threshold.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea {
namespace {

constexpr size_t kFewest = 4;  // differences of a segment
constexpr size_t kNeighbours = 5;
constexpr double kAgreement = 0.9;

// Candidates, each the same factor above the one before.
constexpr size_t kThresholds = 20;
constexpr double kLeastThreshold = 1e-5, kMostThreshold = 0.9;

constexpr double kLeastDifference = 1e-6;  // lowest bin

double ThresholdAt(size_t i) {
  const double share =
      static_cast<double>(i) / static_cast<double>(kThresholds - 1);
  return kLeastThreshold * std::pow(kMostThreshold / kLeastThreshold, share);
}

}  // namespace

bool SegmentThreshold::Begins(int64_t time_ns) {
  const uint64_t since =
      static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(begun_ns_);
  const bool ends = since >= static_cast<uint64_t>(kSegmentNs) &&
                    differences_.size() >= kFewest;
  if (running_ && !ends) return false;
  if (running_) End();
  running_ = true;
  begun_ns_ = time_ns;
  differences_.clear();
  same_.clear();
  return true;
}

void SegmentThreshold::Difference(double difference) {
  differences_.push_back(difference);
}

void SegmentThreshold::Answered(bool same) { same_.push_back(same); }

void SegmentThreshold::End() {
  const Histogram histogram = HistogramOf();
  if (same_.size() == differences_.size()) {
    labelled_.push_back({histogram, LargestHarmless()});
    if (labelled_.size() > kMostLabelled) labelled_.pop_front();
  }
  if (!labelled_.empty()) threshold_ = LookUp(histogram);
}

SegmentThreshold::Histogram SegmentThreshold::HistogramOf() const {
  Histogram histogram = {};
  for (const double difference : differences_) {
    const double level =
        std::log(std::clamp(difference, kLeastDifference, 1.0));
    const double place = 1 - level / std::log(kLeastDifference);
    const auto bin = static_cast<size_t>(std::clamp(place, 0.0, 1.0) *
                                         (static_cast<double>(kBins) - 1));
    histogram[bin] += 1 / static_cast<double>(differences_.size());
  }
  return histogram;
}

double SegmentThreshold::LargestHarmless() const {
  double largest = kLeastThreshold;
  for (size_t i = 0; i < kThresholds; ++i) {
    size_t below = 0, same = 0;
    for (size_t k = 0; k < differences_.size(); ++k) {
      if (differences_[k] > ThresholdAt(i)) continue;
      ++below;
      same += same_[k] ? 1 : 0;
    }
    if (static_cast<double>(same) >= kAgreement * static_cast<double>(below)) {
      largest = ThresholdAt(i);
    }
  }
  return largest;
}

double SegmentThreshold::LookUp(const Histogram& histogram) const {
  std::vector<std::pair<double, double>> near;  // distance, threshold
  for (const Labelled& known : labelled_) {
    double sum = 0;
    for (size_t bin = 0; bin < kBins; ++bin) {
      const double apart = known.histogram[bin] - histogram[bin];
      sum += apart * apart;
    }
    near.emplace_back(std::sqrt(sum), known.threshold);
  }
  std::ranges::sort(near);
  near.resize(std::min(near.size(), kNeighbours));
  double weights = 0, threshold = 0;
  for (const auto& [distance, known] : near) {
    const double weight = 1 / (distance + 1e-6);
    weights += weight;
    threshold += weight * known;
  }
  return threshold / weights;
}

void SegmentThreshold::Reset() { running_ = false; }

}  // namespace fovea
