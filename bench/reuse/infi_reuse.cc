// SPDX-License-Identifier: GPL-2.0-or-later
//
// InFi-Reuse (MobiCom'22): a learned distance of pictures, and a cache whose
// nearest entries vote.

#include <cmath>

#include "bench/reuse/answer_cache.h"
#include "bench/reuse/knobs.h"
#include "bench/reuse/learned_gates.h"
#include "bench/reuse/learning.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kEpochs = 10;
constexpr size_t kMostPairs = 200, kNeighbours = 10;
constexpr float kMargin = 1;
constexpr double kThetas[] = {0.5, 0.7, 0.9, 1};
constexpr double kFarthest[] = {0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1};

class InfiReuseMethod final : public Method {
 public:
  InfiReuseMethod(const Scene& scene, const Task& task)
      : scene_(scene), same_(task) {}

  void Train(const Lessons& lessons) override;

  size_t knobs() const override {
    return std::size(kThetas) * std::size(kFarthest);
  }
  std::string KnobText(size_t knob) const override {
    return NumberText(Theta(knob)) + ", " + NumberText(Farthest(knob));
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<Reuser>(this, Theta(knob), Farthest(knob));
  }

 private:
  class Reuser final : public Policy {
   public:
    Reuser(const InfiReuseMethod* method, double theta, double farthest)
        : method_(*method),
          theta_(theta),
          farthest_(farthest),
          cache_(&method_.same_) {}
    std::optional<Answer> Decide(size_t frame) override {
      if (method_.net_ == nullptr) return std::nullopt;
      const auto near = cache_.Nearest(
          method_.Embedding(frame), kNeighbours,
          [&](const Key& a, const Key& b) { return method_.Apart(a, b); });
      const auto hit = cache_.Vote(near, theta_, 1, farthest_);
      if (!hit.has_value()) return std::nullopt;
      return cache_.entry(*hit).answer;
    }
    void Ran(size_t frame, const Answer& answer) override {
      if (method_.net_ != nullptr) {
        cache_.Add(method_.Embedding(frame), answer);
      }
    }

   private:
    const InfiReuseMethod& method_;
    const double theta_, farthest_;
    AnswerCache cache_;
  };

  static double Theta(size_t knob) {
    return kThetas[knob % std::size(kThetas)];
  }
  static double Farthest(size_t knob) {
    return kFarthest[knob / std::size(kThetas)];
  }

  const Values& Picture(size_t frame) const {
    return scene_.features->Small(frame, kPictureSide).values;
  }
  Values Embedding(size_t frame) const {
    if (!scene_.features->remembers()) return net_->Run(Picture(frame));
    Values& known = embeddings_[frame];
    if (known.empty()) known = net_->Run(Picture(frame));
    return known;
  }
  float Apart(const Key& a, const Key& b) const {
    float sum = bias_;
    for (size_t i = 0; i < a.size(); ++i) {
      sum += scale_[i] * std::abs(a[i] - b[i]);
    }
    return Logistic(sum);
  }
  void LearnPair(size_t a, size_t b, bool differ, Net* head);

  const Scene scene_;
  mutable SameMemo same_;
  Chance chance_{1};
  std::unique_ptr<Net> net_;
  Values scale_;  // the learned distance's weights, and its bias
  float bias_ = 0;
  mutable std::unordered_map<size_t, Values> embeddings_;
};

// Contrastive: D^2 of the same, max(0, margin - D)^2 of others.
void InfiReuseMethod::LearnPair(size_t a, size_t b, bool differ, Net* head) {
  const Values first = net_->Run(Picture(a)), second = net_->Run(Picture(b));
  Values apart(first.size());
  for (size_t i = 0; i < apart.size(); ++i) {
    apart[i] = std::abs(first[i] - second[i]);
  }
  const float distance = Logistic(head->Run(apart)[0]);
  const float by_distance =
      differ ? -2 * std::max(0.0F, kMargin - distance) : 2 * distance;
  Values gradient = head->Learn(
      {by_distance * distance * (1 - distance) / static_cast<float>(kBatch)});
  for (size_t i = 0; i < gradient.size(); ++i) {
    if (second[i] < first[i]) gradient[i] = -gradient[i];
    if (second[i] == first[i]) gradient[i] = 0;
  }
  net_->Learn(gradient);  // of the second picture, which was run last
  net_->Run(Picture(a));
  for (float& value : gradient) value = -value;
  net_->Learn(gradient);
}

void InfiReuseMethod::Train(const Lessons& lessons) {
  if (lessons.size() < 2) return;
  net_ = std::make_unique<Net>(Chain(PictureNet(&chance_)));
  std::vector<LayerPtr> layers;
  layers.push_back(Dense(kEmbedding, 1, &chance_));
  Net head(Chain(std::move(layers)));
  const size_t pairs = std::min(kMostPairs, 2 * lessons.size());
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    for (size_t i = 0; i < pairs; ++i) {
      const size_t a = chance_() % lessons.size();
      const size_t b = chance_() % lessons.size();
      LearnPair(a, b, !same_.Same(lessons.answers[a], lessons.answers[b]),
                &head);
      if ((i + 1) % kBatch != 0 && i + 1 != pairs) continue;
      net_->Step(kLearningRate);
      head.Step(kLearningRate);
    }
  }
  // A linear head: its bias is what it says of nothing, its weights what it
  // says more of each unit.
  Values unit(kEmbedding, 0);
  bias_ = head.Run(unit)[0];
  for (size_t i = 0; i < unit.size(); ++i) {
    unit[i] = 1;
    scale_.push_back(head.Run(unit)[0] - bias_);
    unit[i] = 0;
  }
}

}  // namespace

MethodEntry InfiReuse() {
  MethodEntry entry{
      "InFi reuse",
      "InFi-Reuse (MobiCom'22): the same feature net twice, learned distance, "
      "contrastive with margin 1, without dropout, homogenised kNN with K 10; "
      "10 epochs of at "
      "most 200 pairs. Swept: theta, and a greatest distance"};
  entry.trains = true;
  entry.make = [](const Scene& scene, const Task& task) {
    return std::make_unique<InfiReuseMethod>(scene, task);
  };
  return entry;
}

}  // namespace fovea::bench::reuse
