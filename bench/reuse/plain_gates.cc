// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/plain_gates.h"

#include <map>

#include "bench/reuse/knobs.h"

namespace fovea::bench::reuse {
namespace {

constexpr size_t kSteps = 101;  // as many as ours has
constexpr size_t kStepsOfLag = 34;

class EveryKPolicy final : public HoldPolicy {
 public:
  explicit EveryKPolicy(size_t every) : every_(every) {}

 protected:
  bool MayHold(size_t frame) override { return frame - reference() < every_; }

 private:
  const size_t every_;
};

class EveryKMethod final : public NumberMethod {
 public:
  explicit EveryKMethod(std::vector<double> values)
      : NumberMethod(std::move(values)) {}
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<EveryKPolicy>(static_cast<size_t>(value(knob)));
  }
};

// Holds while the frame is near the last that was run.
class NearPolicy final : public HoldPolicy {
 public:
  NearPolicy(const Scene& scene, Distance kind, double threshold)
      : scene_(scene), kind_(kind), threshold_(threshold) {}

 protected:
  bool MayHold(size_t frame) override {
    return scene_.features->Get(kind_, reference(), frame) <= threshold_;
  }

 private:
  const Scene scene_;
  const Distance kind_;
  const double threshold_;
};

class NearMethod final : public NumberMethod {
 public:
  NearMethod(const Scene& scene, Distance kind, std::vector<double> thresholds)
      : NumberMethod(std::move(thresholds)), scene_(scene), kind_(kind) {}
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<NearPolicy>(scene_, kind_, value(knob));
  }

 private:
  const Scene scene_;
  const Distance kind_;
};

// Gives the answer that was given so many frames earlier, run or not, while
// the frame is near that one.
class EarlierPolicy final : public Policy {
 public:
  EarlierPolicy(const Scene& scene, size_t lag, double threshold)
      : scene_(scene), lag_(lag), threshold_(threshold) {}

  void Ran(size_t frame, const Answer& answer) override {
    given_[frame] = answer;
  }
  std::optional<Answer> Decide(size_t frame) override {
    if (frame < lag_) return std::nullopt;
    const auto earlier = given_.find(frame - lag_);
    if (earlier == given_.end() ||
        scene_.features->Get(Distance::kThumb, frame - lag_, frame) >
            threshold_) {
      return std::nullopt;
    }
    return given_[frame] = earlier->second;
  }

 private:
  const Scene scene_;
  const size_t lag_;
  const double threshold_;
  std::map<size_t, Answer> given_;
};

class EarlierMethod final : public Method {
 public:
  explicit EarlierMethod(const Scene& scene) : scene_(scene) {}
  size_t knobs() const override { return 3 * kStepsOfLag; }
  std::string KnobText(size_t knob) const override {
    return NumberText(static_cast<double>(kLags[knob / kStepsOfLag])) +
           " earlier, " + NumberText(thresholds_[knob % kStepsOfLag]);
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<EarlierPolicy>(scene_, kLags[knob / kStepsOfLag],
                                           thresholds_[knob % kStepsOfLag]);
  }

 private:
  static constexpr size_t kLags[] = {1, 10, 15};
  const Scene scene_;
  const std::vector<double> thresholds_ = Geometric(0.02, 3000, kStepsOfLag);
};

MethodEntry Near(const char* name, const char* source, Distance kind,
                 double first, double last) {
  MethodEntry entry{name, source};
  entry.holds = true;
  entry.make = [=](const Scene& scene, const Task&) {
    return std::make_unique<NearMethod>(scene, kind,
                                        Geometric(first, last, kSteps));
  };
  return entry;
}

}  // namespace

MethodEntry RunAll() {
  MethodEntry entry{"run all", "the model on every frame"};
  entry.holds = true;
  entry.published = false;
  entry.make = [](const Scene&, const Task&) {
    return std::make_unique<EveryKMethod>(std::vector<double>{1});
  };
  return entry;
}

MethodEntry EveryK() {
  MethodEntry entry{"every k", "every k-th frame is run, its answer held"};
  entry.holds = true;
  entry.published = false;
  entry.make = [](const Scene&, const Task&) {
    return std::make_unique<EveryKMethod>(
        std::vector<double>{1,  2,  3,  4,  5,  6,  7,  8,  10,  12,  15,
                            18, 20, 25, 30, 40, 50, 60, 75, 100, 150, 300});
  };
  return entry;
}

MethodEntry PixelThreshold() {
  MethodEntry entry =
      Near("pixel, one threshold",
           "Reducto's pixel feature against the last frame that was run; one "
           "threshold for all recordings, chosen on all first parts together",
           Distance::kPixel, 1e-5, 0.9);
  entry.pooled = true;
  return entry;
}

MethodEntry NoScope() {
  return Near("NoScope",
              "difference detector of NoScope (VLDB'17): MSE of 50 x 50 "
              "thumbnails against the last frame that was run",
              Distance::kThumb, 0.02, 3000);
}

MethodEntry NoScopeBlocks() {
  return Near("NoScope blocks",
              "the same, the worst of 5 x 5 blocks instead of a learnt "
              "weighting of them",
              Distance::kThumbBlock, 0.1, 10000);
}

MethodEntry NoScopeEarlier() {
  MethodEntry entry{"NoScope earlier",
                    "the same against the frame 1, 10 or 15 earlier, whose "
                    "answer (run or not) is given again"};
  entry.make = [](const Scene& scene, const Task&) {
    return std::make_unique<EarlierMethod>(scene);
  };
  return entry;
}

MethodEntry GridThreshold() {
  return Near("grid blocks",
              "greatest mean luma difference of 2 x 2 macroblocks against the "
              "last frame that was run: the cheapest static threshold",
              Distance::kGridBlock, 0.25, 200);
}

}  // namespace fovea::bench::reuse
