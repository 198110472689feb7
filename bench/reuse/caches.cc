// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/caches.h"

#include <array>
#include <cmath>
#include <random>
#include <utility>

#include "bench/reuse/answer_cache.h"
#include "bench/reuse/knobs.h"

namespace fovea::bench::reuse {
namespace {

// What all settings of a cache share.
struct Shared {
  Scene scene;
  SameMemo same;
};

class CachePolicy : public Policy {
 public:
  void Ran(size_t frame, const Answer& answer) override {
    cache_.Add(scene_.features->Hand(frame), answer);
  }

 protected:
  explicit CachePolicy(Shared* shared)
      : scene_(shared->scene), same_(shared->same), cache_(&shared->same) {}

  std::vector<Neighbour> Nearest(size_t frame, size_t count) const {
    return cache_.Nearest(scene_.features->Hand(frame), count, RootMeanSquare);
  }
  AnswerCache& cache() { return cache_; }
  const Answer& answer(const Neighbour& n) const {
    return cache_.entry(n.entry).answer;
  }
  const Key& key(size_t frame) const { return scene_.features->Hand(frame); }
  bool Same(const Answer& a, const Answer& b) { return same_.Same(a, b); }

 private:
  const Scene scene_;
  SameMemo& same_;
  AnswerCache cache_;
};

// --- a static threshold ---------------------------------------------------

class StaticPolicy final : public CachePolicy {
 public:
  StaticPolicy(Shared* shared, double farthest)
      : CachePolicy(shared), farthest_(farthest) {}
  std::optional<Answer> Decide(size_t frame) override {
    const auto nearest = Nearest(frame, 1);
    if (nearest.empty() || nearest[0].distance > farthest_) return std::nullopt;
    return answer(nearest[0]);
  }

 private:
  const double farthest_;
};

// --- FoggyCache -----------------------------------------------------------

constexpr size_t kNeighbours = 10;

struct FoggySetting {
  double theta, farthest;
};

class FoggyPolicy final : public CachePolicy {
 public:
  FoggyPolicy(Shared* shared, const FoggySetting& setting)
      : CachePolicy(shared), setting_(setting) {}
  std::optional<Answer> Decide(size_t frame) override {
    const auto hit = cache().Vote(Nearest(frame, kNeighbours), setting_.theta,
                                  1, setting_.farthest);
    if (!hit.has_value()) return std::nullopt;
    return cache().entry(*hit).answer;
  }

 private:
  const FoggySetting setting_;
};

// --- Potluck --------------------------------------------------------------

// Entries before anything is reused. Published: about 100, which in short
// recordings would be all there is.
constexpr size_t kWarmUp = 10;

struct PotluckSetting {
  double loosen, tighten, dropout;
};

class PotluckPolicy final : public CachePolicy {
 public:
  PotluckPolicy(Shared* shared, const PotluckSetting& setting)
      : CachePolicy(shared), setting_(setting) {}

  std::optional<Answer> Decide(size_t frame) override {
    const bool dropped =
        static_cast<double>(chance_() >> 11) * 0x1p-53 < setting_.dropout;
    const auto nearest = Nearest(frame, 1);
    if (dropped || cache().size() < kWarmUp ||
        nearest[0].distance > threshold_) {
      return std::nullopt;
    }
    return answer(nearest[0]);
  }

  void Ran(size_t frame, const Answer& given) override {
    const auto nearest = Nearest(frame, 1);
    if (!nearest.empty()) Tune(nearest[0], given);
    CachePolicy::Ran(frame, given);
  }

 private:
  void Tune(const Neighbour& nearest, const Answer& given) {
    const bool same = Same(given, answer(nearest));
    if (same && nearest.distance > threshold_) {
      threshold_ = (1 - setting_.loosen) * threshold_ +
                   setting_.loosen * static_cast<double>(nearest.distance);
    } else if (!same && nearest.distance < threshold_) {
      threshold_ /= setting_.tighten;
    }
  }

  const PotluckSetting setting_;
  double threshold_ = 0;
  std::mt19937_64 chance_{1};
};

// --- vCache ---------------------------------------------------------------

constexpr size_t kFewestSeen = 6;
constexpr int kSteps = 12, kBounds = 50;

// One entry's history: how similar an input was, and whether its answer was
// the entry's.
struct Seen {
  double similarity;
  bool correct;
};

// P(correct | s) = sigmoid(slope (s - middle)), with the middle's variance.
struct Fit {
  double slope = 0, middle = 0, variance = 0;
};

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Ridge-penalised logistic regression by Newton's steps: b0 + b1 s.
Fit FitOf(const std::vector<Seen>& seen) {
  constexpr double kRidge = 0.01;
  double b0 = 0, b1 = 1, h00 = 1, h01 = 0, h11 = 1;
  for (int step = 0; step < kSteps; ++step) {
    double g0 = -kRidge * b0, g1 = -kRidge * b1;
    h00 = h11 = kRidge;
    h01 = 0;
    for (const Seen& s : seen) {
      const double p = Sigmoid(b0 + b1 * s.similarity);
      const double w = p * (1 - p), rest = (s.correct ? 1 : 0) - p;
      g0 += rest;
      g1 += rest * s.similarity;
      h00 += w;
      h01 += w * s.similarity;
      h11 += w * s.similarity * s.similarity;
    }
    const double determinant = h00 * h11 - h01 * h01;
    b0 += (h11 * g0 - h01 * g1) / determinant;
    b1 += (h00 * g1 - h01 * g0) / determinant;
  }
  if (std::abs(b1) < 1e-6) b1 = 1e-6;
  // Delta method on middle = -b0 / b1.
  const double determinant = h00 * h11 - h01 * h01;
  const double d0 = -1 / b1, d1 = b0 / (b1 * b1);
  return {b1, -b0 / b1,
          (d0 * d0 * h11 - 2 * d0 * d1 * h01 + d1 * d1 * h00) / determinant};
}

// Standard normal quantile of p in (0.5, 1): bisection of erfc.
double Quantile(double p) {
  double low = 0, high = 8;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return low;
}

const std::array<double, kBounds>& Quantiles() {
  static const auto quantiles = [] {
    std::array<double, kBounds> all{};
    for (int i = 0; i < kBounds; ++i) {
      all[static_cast<size_t>(i)] = Quantile(1 - 0.5 * (i + 0.5) / kBounds);
    }
    return all;
  }();
  return quantiles;
}

// How likely the model has to be asked for at most `errors` wrong answers.
double ExploreProbability(const std::vector<Seen>& seen, double similarity,
                          double errors) {
  if (seen.size() < kFewestSeen) return 1;
  const Fit fit = FitOf(seen);
  const double deviation = std::sqrt(std::max(fit.variance, 0.0));
  double least = 1;
  for (int i = 0; i < kBounds; ++i) {
    const double eps = 0.5 * (i + 0.5) / kBounds;
    const double middle =
        fit.middle + Quantiles()[static_cast<size_t>(i)] * deviation;
    const double right = (1 - eps) * Sigmoid(fit.slope * (similarity - middle));
    least = std::min(least, 1 - errors / std::max(1 - right, 1e-9));
  }
  return std::max(least, 0.0);
}

class VCachePolicy final : public CachePolicy {
 public:
  VCachePolicy(Shared* shared, double errors)
      : CachePolicy(shared), errors_(errors) {}

  std::optional<Answer> Decide(size_t frame) override {
    const auto nearest = Nearest(frame, 1);
    if (nearest.empty()) return std::nullopt;
    const double explore = ExploreProbability(
        seen_[nearest[0].entry], SimilarityOf(nearest[0]), errors_);
    if (static_cast<double>(chance_() >> 11) * 0x1p-53 < explore) {
      return std::nullopt;
    }
    return answer(nearest[0]);
  }

  void Ran(size_t frame, const Answer& given) override {
    const auto nearest = Nearest(frame, 1);
    if (!nearest.empty()) {
      const bool correct = Same(given, answer(nearest[0]));
      seen_[nearest[0].entry].push_back({SimilarityOf(nearest[0]), correct});
      if (correct) return;  // only what was answered wrong is added
    }
    CachePolicy::Ran(frame, given);
    seen_.emplace_back();
  }

 private:
  static double SimilarityOf(const Neighbour& n) {
    return -static_cast<double>(n.distance);
  }

  const double errors_;
  std::vector<std::vector<Seen>> seen_;  // by entry
  std::mt19937_64 chance_{1};
};

// --- methods --------------------------------------------------------------

template <typename MadePolicy, typename Setting>
class CacheMethod final : public Method {
 public:
  using Named = std::pair<std::string, Setting>;
  CacheMethod(const Scene& scene, const Task& task, std::vector<Named> settings)
      : shared_(std::make_unique<Shared>(Shared{scene, SameMemo(task)})),
        settings_(std::move(settings)) {}
  size_t knobs() const override { return settings_.size(); }
  std::string KnobText(size_t knob) const override {
    return settings_[knob].first;
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<MadePolicy>(shared_.get(), settings_[knob].second);
  }

 private:
  const std::unique_ptr<Shared> shared_;
  const std::vector<Named> settings_;
};

template <typename MadePolicy, typename Setting>
MethodEntry Entry(const char* name, const char* source,
                  std::vector<std::pair<std::string, Setting>> settings) {
  MethodEntry entry{name, source};
  entry.make = [settings](const Scene& scene, const Task& task) {
    return std::make_unique<CacheMethod<MadePolicy, Setting>>(scene, task,
                                                              settings);
  };
  return entry;
}

std::vector<std::pair<std::string, double>> Numbers(
    const std::vector<double>& values) {
  std::vector<std::pair<std::string, double>> named;
  for (const double value : values) {
    named.emplace_back(NumberText(value), value);
  }
  return named;
}

}  // namespace

MethodEntry StaticCache() {
  return Entry<StaticPolicy>(
      "static cache",
      "the nearest earlier frame's answer within a fixed distance of 16 x 12 "
      "luma means",
      Numbers(Geometric(0.05, 60, 101)));
}

MethodEntry FoggyCache() {
  std::vector<std::pair<std::string, FoggySetting>> settings;
  for (const double theta : {0.5, 0.7, 0.8, 0.9, 1.0}) {
    for (const double farthest : {0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 1e9}) {
      settings.push_back(
          {NumberText(theta) + ", " + NumberText(farthest), {theta, farthest}});
    }
  }
  return Entry<FoggyPolicy>(
      "FoggyCache",
      "homogenised kNN of FoggyCache (MobiCom'18), k 10, over the same vector "
      "instead of SIFT means, scanned flat instead of by LSH; theta as "
      "published (0.8) and around it, and a greatest distance for which LSH "
      "buckets stand there",
      std::move(settings));
}

MethodEntry Potluck() {
  std::vector<std::pair<std::string, PotluckSetting>> settings;
  for (const double loosen : {0.05, 0.2, 0.8}) {
    for (const double tighten : {2.0, 4.0, 8.0}) {
      for (const double dropout : {0.02, 0.05, 0.1, 0.2}) {
        settings.push_back({NumberText(loosen) + ", " + NumberText(tighten) +
                                ", " + NumberText(dropout),
                            {loosen, tighten, dropout}});
      }
    }
  }
  return Entry<PotluckPolicy>(
      "Potluck",
      "adaptive threshold of Potluck (ASPLOS'18): loosened and tightened by "
      "each answer that is put, random dropout; 10 entries of warm-up "
      "instead of 100",
      std::move(settings));
}

MethodEntry VCache() {
  return Entry<VCachePolicy>(
      "vCache",
      "per-entry logistic decision of vCache (ICLR'26): reuse at random where "
      "the fitted chance of an error allows it; only answers that were wrong "
      "are added",
      Numbers({0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4,
               0.5, 0.7}));
}

}  // namespace fovea::bench::reuse
