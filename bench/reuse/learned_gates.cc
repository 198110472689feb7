// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/learned_gates.h"

#include <cmath>
#include <deque>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "bench/reuse/knobs.h"
#include "bench/reuse/learning.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kEpochs = 20;
constexpr uint32_t kSeed = 1;

// Chances above which the model is run, closer together at both ends.
std::vector<double> Chances() {
  std::vector<double> chances = Linear(-7, 5, 25);
  for (double& chance : chances) chance = 1 / (1 + std::exp(-chance));
  return chances;
}

// --- nets that look at one frame ------------------------------------------

// Gives the commonest answer where a net is sure enough that it does. Votes:
// the model is run where at least `votes` of the last kVoters frames ask.
class SkipMethod : public Method {
 public:
  SkipMethod(const Scene& scene, const Task& task, std::vector<size_t> votes)
      : scene_(scene), same_(task), votes_(std::move(votes)) {}

  void Train(const Lessons& lessons) override {
    if (lessons.size() == 0) return;
    common_ = lessons.answers[CommonestAnswer(lessons, &same_)];
    std::vector<Sample> samples;
    for (size_t i = 0; i < lessons.size(); ++i) {
      samples.push_back({Input(i), !same_.Same(lessons.answers[i], common_)});
    }
    net_ = std::make_unique<Net>(MakeNet(&chance_));
    TrainBinary(std::move(samples), kEpochs, net_.get(), &chance_);
  }

  size_t knobs() const override { return chances_.size() * votes_.size(); }
  std::string KnobText(size_t knob) const override {
    return NumberText(chances_[knob % chances_.size()]) + ", " +
           std::to_string(votes_[knob / chances_.size()]) + " votes";
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<Skipper>(this, chances_[knob % chances_.size()],
                                     votes_[knob / chances_.size()]);
  }

 protected:
  virtual LayerPtr MakeNet(Chance* chance) const = 0;
  virtual Values Input(size_t frame) const = 0;
  const Scene& scene() const { return scene_; }

 private:
  static constexpr size_t kVoters = 5;

  class Skipper final : public Policy {
   public:
    Skipper(const SkipMethod* method, double chance, size_t votes)
        : method_(*method), chance_(chance), votes_(votes) {}
    std::optional<Answer> Decide(size_t frame) override {
      if (method_.net_ == nullptr) return std::nullopt;
      asked_.push_back(method_.Needed(frame) > chance_);
      if (asked_.size() > kVoters) asked_.pop_front();
      size_t votes = 0;
      for (const bool asked : asked_) votes += asked;
      // The frame's own vote does where one is enough.
      if (votes_ == 1 ? asked_.back() : votes >= votes_) return std::nullopt;
      return method_.common_;
    }
    void Ran(size_t /*frame*/, const Answer& /*answer*/) override {}

   private:
    const SkipMethod& method_;
    const double chance_;
    const size_t votes_;
    std::deque<bool> asked_;
  };

  float Needed(size_t frame) const {
    return needed_.Get(*scene_.features, frame,
                       [&] { return Logistic(net_->Run(Input(frame))[0]); });
  }

  const Scene scene_;
  SameMemo same_;
  const std::vector<size_t> votes_;
  const std::vector<double> chances_ = Chances();
  Chance chance_{kSeed};
  std::unique_ptr<Net> net_;
  Answer common_;
  mutable NumberMemo needed_;
};

class InfiSkipMethod final : public SkipMethod {
 public:
  InfiSkipMethod(const Scene& scene, const Task& task)
      : SkipMethod(scene, task, {1}) {}

 protected:
  LayerPtr MakeNet(Chance* chance) const override {
    std::vector<LayerPtr> layers = PictureNet(chance);
    layers.push_back(Dense(kEmbedding, 1, chance));
    return Chain(std::move(layers));
  }
  Values Input(size_t frame) const override {
    return scene().features->Small(frame, kPictureSide).values;
  }
};

constexpr int kFeatureColumns = 24, kFeatureRows = 18;

class FilterForwardMethod final : public SkipMethod {
 public:
  FilterForwardMethod(const Scene& scene, const Task& task)
      : SkipMethod(scene, task, {1, 2, 3}) {}

 protected:
  LayerPtr MakeNet(Chance* chance) const override {
    const Shape in{4, kFeatureRows, kFeatureColumns};
    const Shape inside{32, kFeatureRows, kFeatureColumns};
    std::vector<LayerPtr> layers;
    layers.push_back(Pointwise(in, 32, 1, chance));
    layers.push_back(Relu());
    layers.push_back(Pointwise(inside, 32, 1, chance));
    layers.push_back(Relu());
    layers.push_back(Pointwise(inside, 1, 1, chance));
    layers.push_back(GlobalMax({1, kFeatureRows, kFeatureColumns}));
    return Chain(std::move(layers));
  }
  Values Input(size_t frame) const override {
    const Grid& grid = scene().footage->grids[frame];
    Values values;
    for (const auto* plane :
         {&grid.mean, &grid.texture, &grid.difference, &grid.residual}) {
      const cv::Mat whole(grid.rows, grid.columns, CV_8U,
                          const_cast<uint8_t*>(plane->data()));
      cv::Mat small;
      cv::resize(whole, small, cv::Size(kFeatureColumns, kFeatureRows), 0, 0,
                 cv::INTER_AREA);
      for (const uint8_t value : cv::Mat_<uint8_t>(small)) {
        values.push_back(static_cast<float>(value) / 255.0F);
      }
    }
    return values;
  }
};

// --- a net that looks at what changed ---------------------------------------

class SmartFilterMethod final : public NumberMethod {
 public:
  SmartFilterMethod(const Scene& scene, const Task& task)
      : NumberMethod(Chances()), scene_(scene), same_(task) {}

  void Train(const Lessons& lessons) override {
    std::vector<Sample> samples;
    const size_t pairs = std::min<size_t>(kMostPairs, 2 * lessons.size());
    for (size_t i = 0; i < pairs && lessons.size() > 1; ++i) {
      const size_t later = 1 + chance_() % (lessons.size() - 1);
      const size_t back = 1 + chance_() % std::min(later, kFarthestBack);
      samples.push_back(
          {Change(later - back, later),
           !same_.Same(lessons.answers[later], lessons.answers[later - back])});
    }
    if (samples.empty()) return;
    std::vector<LayerPtr> layers = PictureNet(&chance_);
    layers.push_back(Dense(kEmbedding, 1, &chance_));
    net_ = std::make_unique<Net>(Chain(std::move(layers)));
    TrainBinary(std::move(samples), kEpochs, net_.get(), &chance_);
  }

  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<Gate>(this, value(knob));
  }

 private:
  static constexpr size_t kMostPairs = 300;
  static constexpr size_t kFarthestBack = 60;  // frames

  class Gate final : public HoldPolicy {
   public:
    Gate(const SmartFilterMethod* method, double chance)
        : method_(*method), chance_(chance) {}

   protected:
    bool MayHold(size_t frame) override {
      return method_.net_ != nullptr &&
             method_.Changed(reference(), frame) <= chance_;
    }

   private:
    const SmartFilterMethod& method_;
    const double chance_;
  };

  Values Change(size_t a, size_t b) const {
    Values change = scene_.features->Small(a, kPictureSide).values;
    const Values& now = scene_.features->Small(b, kPictureSide).values;
    // Small differences have to be seen beside large ones.
    for (size_t i = 0; i < change.size(); ++i) {
      change[i] = std::sqrt(std::abs(now[i] - change[i]));
    }
    return change;
  }

  float Changed(size_t a, size_t b) const {
    return changed_.Get(*scene_.features, a * scene_.footage->size() + b,
                        [&] { return Logistic(net_->Run(Change(a, b))[0]); });
  }

  const Scene scene_;
  SameMemo same_;
  Chance chance_{kSeed};
  std::unique_ptr<Net> net_;
  mutable NumberMemo changed_;
};

template <typename Made>
MethodEntry Entry(const char* name, const char* source) {
  MethodEntry entry{name, source};
  entry.trains = true;
  entry.make = [](const Scene& scene, const Task& task) {
    return std::make_unique<Made>(scene, task);
  };
  return entry;
}

}  // namespace

MethodEntry FilterForward() {
  return Entry<FilterForwardMethod>(
      "FilterForward-like",
      "full-frame microclassifier of FilterForward (MLSys'19): 1 x 1 of 32, "
      "32, 1, global max, K-of-5 votes; over the shared grid at 24 x 18 "
      "instead of MobileNet's activations. Where it says no, the commonest "
      "answer of the first part is given instead of none");
}

MethodEntry SmartFilter() {
  MethodEntry entry = Entry<SmartFilterMethod>(
      "SmartFilter-like",
      "light classifier on the change since the last run frame, taught by "
      "whether the answer changed (IoT-J'22, closed): InFi's feature net over "
      "the difference of 32 x 32 pictures");
  entry.holds = true;
  return entry;
}

MethodEntry InfiSkip() {
  return Entry<InfiSkipMethod>(
      "InFi skip",
      "InFi-Skip (MobiCom'22) at 32 x 32 with 8 and 16 kernels, RMSprop "
      "1e-3, batch 32, 20 epochs. Where it skips, the commonest answer of the "
      "first part is given instead of none");
}

}  // namespace fovea::bench::reuse
