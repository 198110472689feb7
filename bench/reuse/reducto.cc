// SPDX-License-Identifier: GPL-2.0-or-later
//
// Segments that were run whole are profiled: by threshold, how many answers
// would have been the same. A new segment's differences, as a histogram,
// find the most alike of those, which vote for its threshold.

#include "bench/reuse/reducto.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "bench/reuse/knobs.h"
#include "bench/reuse/protocol.h"
#include "bench/reuse/same_memo.h"

namespace fovea::bench::reuse {
namespace {

// Published: 5 s. Clips here are short: at least so many segments are to lie in
// the part that settings are chosen on.
constexpr double kSegmentSeconds = 1;
constexpr size_t kFewestSegments = 6, kFewestFrames = 5;
constexpr double kUnknownRate = 25;
constexpr size_t kBins = 30, kNeighbours = 5, kFewestProfiled = 2;
constexpr size_t kThresholds = 50;  // as published, about

constexpr Distance kFeatures[] = {Distance::kPixel, Distance::kArea,
                                  Distance::kEdge, Distance::kCorner};
constexpr const char* kFeatureNames[] = {"pixel", "area", "edge", "corner"};
constexpr double kSegmentTargets[] = {0.6, 0.75, 0.85, 0.9, 0.95, 0.98, 1};
// Sum of neighbours' distances beyond which a segment is sent whole.
constexpr double kFarthest[] = {0.5, 2, 10};

using Histogram = std::array<double, kBins>;

struct Profile {
  Histogram histogram{};
  std::vector<double> agreed;  // by threshold
};

struct Shared {
  Scene scene;
  SameMemo same;
  size_t segment_frames;
  std::vector<double> thresholds = Geometric(1e-5, 0.9, kThresholds);
};

size_t SegmentFrames(const Footage& footage) {
  const Rational rate = footage.camera.frame_rate;
  const double per_second = rate.num > 0 && rate.den > 0
                                ? static_cast<double>(rate.num) / rate.den
                                : kUnknownRate;
  const auto second =
      static_cast<size_t>(std::lround(per_second * kSegmentSeconds));
  const size_t part = SplitOf(footage.size(), false).tune / kFewestSegments;
  return std::max(std::min(second, part), kFewestFrames);
}

class ReductoPolicy final : public HoldPolicy {
 public:
  ReductoPolicy(Shared* shared, Distance feature, double target,
                double farthest)
      : shared_(*shared),
        feature_(feature),
        target_(target),
        farthest_(farthest) {}

  void Ran(size_t frame, const Answer& answer) override {
    HoldPolicy::Ran(frame, answer);
    answers_[frame] = answer;
    const size_t segment = frame / shared_.segment_frames;
    if (frame + 1 == End(segment)) ProfileIfWhole(segment);
  }

 protected:
  bool MayHold(size_t frame) override {
    const size_t segment = frame / shared_.segment_frames;
    if (segment != looked_up_ || !started_) {
      threshold_ = LookUp(segment);
      looked_up_ = segment;
      started_ = true;
    }
    return Apart(reference(), frame) < threshold_;
  }

 private:
  size_t Begin(size_t segment) const {
    return segment * shared_.segment_frames;
  }
  size_t End(size_t segment) const {
    return std::min(Begin(segment + 1), shared_.scene.footage->size());
  }
  double Apart(size_t a, size_t b) const {
    return shared_.scene.features->Get(feature_, a, b);
  }

  // Of consecutive differences, on a logarithmic scale: shares span decades.
  Histogram HistogramOf(size_t segment) const {
    constexpr double kLeast = 1e-6;
    Histogram histogram{};
    const size_t begin = Begin(segment), end = End(segment);
    for (size_t i = begin + 1; i < end; ++i) {
      const double level = std::log(std::max(Apart(i - 1, i), kLeast));
      const double place = 1 - level / std::log(kLeast);
      const auto bin = static_cast<size_t>(std::clamp(place, 0.0, 1.0) *
                                           (static_cast<double>(kBins) - 1));
      histogram[bin] += 1 / static_cast<double>(end - begin - 1);
    }
    return histogram;
  }

  void ProfileIfWhole(size_t segment) {
    for (size_t i = Begin(segment); i < End(segment); ++i) {
      if (!answers_.contains(i)) return;
    }
    Profile profile{HistogramOf(segment), {}};
    for (const double threshold : shared_.thresholds) {
      profile.agreed.push_back(AgreedAt(segment, threshold));
    }
    profiles_.push_back(std::move(profile));
  }

  double AgreedAt(size_t segment, double threshold) {
    size_t kept = Begin(segment), agreed = 0;
    for (size_t i = Begin(segment); i < End(segment); ++i) {
      if (Apart(kept, i) >= threshold) kept = i;
      agreed += shared_.same.Same(answers_[i], answers_[kept]);
    }
    return static_cast<double>(agreed) /
           static_cast<double>(End(segment) - Begin(segment));
  }

  // The largest that met the target there; 0: none.
  double Label(const Profile& profile) const {
    double best = 0;
    for (size_t i = 0; i < profile.agreed.size(); ++i) {
      if (profile.agreed[i] >= target_) best = shared_.thresholds[i];
    }
    return best;
  }

  // Weighted by nearness; 0 where the segment is like none.
  double LookUp(size_t segment) const {
    if (profiles_.size() < kFewestProfiled) return 0;
    const Histogram histogram = HistogramOf(segment);
    std::vector<std::pair<double, const Profile*>> near;
    for (const Profile& profile : profiles_) {
      double sum = 0;
      for (size_t bin = 0; bin < kBins; ++bin) {
        const double d = profile.histogram[bin] - histogram[bin];
        sum += d * d;
      }
      near.emplace_back(std::sqrt(sum), &profile);
    }
    std::ranges::sort(near);
    near.resize(std::min(near.size(), kNeighbours));
    double weight = 0, threshold = 0, distances = 0;
    for (const auto& [distance, profile] : near) {
      const double share = 1 / (distance + 1e-6);
      weight += share;
      threshold += share * Label(*profile);
      distances += distance;
    }
    return distances > farthest_ ? 0 : threshold / weight;
  }

  Shared& shared_;
  const Distance feature_;
  const double target_, farthest_;
  std::map<size_t, Answer> answers_;
  std::vector<Profile> profiles_;
  size_t looked_up_ = 0;
  bool started_ = false;
  double threshold_ = 0;
};

class ReductoMethod final : public Method {
 public:
  ReductoMethod(const Scene& scene, const Task& task)
      : shared_(std::make_unique<Shared>(
            Shared{scene, SameMemo(task), SegmentFrames(*scene.footage)})) {}

  size_t knobs() const override {
    return std::size(kFeatures) * std::size(kSegmentTargets) *
           std::size(kFarthest);
  }
  std::string KnobText(size_t knob) const override {
    return std::string(kFeatureNames[Feature(knob)]) + ", " +
           NumberText(Target(knob)) + ", " + NumberText(Farthest(knob));
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<ReductoPolicy>(
        shared_.get(), kFeatures[Feature(knob)], Target(knob), Farthest(knob));
  }

 private:
  static size_t Feature(size_t knob) { return knob % std::size(kFeatures); }
  static double Target(size_t knob) {
    return kSegmentTargets[knob / std::size(kFeatures) %
                           std::size(kSegmentTargets)];
  }
  static double Farthest(size_t knob) {
    return kFarthest[knob / std::size(kFeatures) / std::size(kSegmentTargets)];
  }

  const std::unique_ptr<Shared> shared_;
};

}  // namespace

MethodEntry Reducto() {
  MethodEntry entry{
      "Reducto",
      "Reducto (SIGCOMM'20) as released: pixel, area, edge and corner "
      "differences against the last kept frame, thresholds by 5-NN of "
      "difference histograms over segments that were run whole. Here: "
      "features of luma, corners as such instead of responses as numbers, "
      "segments of 1 s or a sixth of the first part, logarithmic bins, "
      "settings (feature, target, greatest "
      "distance) chosen on the first part instead of on what is judged. It "
      "reads one segment ahead"};
  entry.holds = true;
  entry.make = [](const Scene& scene, const Task& task) {
    return std::make_unique<ReductoMethod>(scene, task);
  };
  return entry;
}

}  // namespace fovea::bench::reuse
