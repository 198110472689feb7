// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/ours.h"

#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "bench/reuse/knobs.h"
#include "filter/answer_history.h"
#include "filter/box_carrier.h"
#include "filter/features.h"
#include "filter/reuse_predictor.h"
#include "filter/reuse_trainer.h"

namespace fovea::bench::reuse {
namespace {

constexpr int64_t kBlindNs = 4'000'000'000;

uint64_t VoteOf(const Boxes& boxes, const Task& task) {
  uint64_t vote = 0;
  for (const auto& [label, count] : CountsOf(boxes, task.threshold)) {
    const int counted = task.loss == Loss::kLabels ? 1 : count;
    vote = (vote + static_cast<uint64_t>(label * 1024 + counted)) *
           0x9E3779B97F4A7C15ULL;
    vote ^= vote >> 32;
  }
  return vote;
}

AnswerTraits TraitsOf(const Boxes& boxes, const Task& task) {
  AnswerTraits traits;
  traits.vote = VoteOf(boxes, task);
  for (const Detection& box : boxes) {
    const float doubt = DoubtOf(box.score - task.threshold);
    if (doubt <= 0) continue;
    traits.doubtful.push_back({{static_cast<int>(std::floor(box.left)),
                                static_cast<int>(std::floor(box.top)),
                                static_cast<int>(std::ceil(box.right)),
                                static_cast<int>(std::ceil(box.bottom))},
                               doubt});
  }
  return traits;
}

Answer Moved(const Boxes& boxes, const Grid& grid) {
  auto moved = std::make_shared<Boxes>(boxes);
  for (Detection& box : *moved) {
    const Box to = Carried({box.left, box.top, box.right, box.bottom}, grid);
    box.left = to.left;
    box.top = to.top;
    box.right = to.right;
    box.bottom = to.bottom;
  }
  return moved;
}

class OurPolicy : public Policy {
 public:
  OurPolicy(const Scene& scene, const Task& task,
            const ReusePredictor& predictor, double most_risk)
      : scene_(scene),
        task_(task),
        predictor_(predictor),
        most_risk_(most_risk) {}

  std::optional<Answer> Decide(size_t frame) override {
    See(frame);
    const int64_t now_ns = scene_.footage->frames[frame].time_ns;
    if (history_.empty() || now_ns - run_ns_ > kBlindNs) return std::nullopt;
    const Prediction best = predictor_.Predict(history_.Compare());
    if (static_cast<double>(best.risk) > most_risk_) return std::nullopt;
    return answers_[best.run];
  }

  void Ran(size_t frame, const Answer& answer) override {
    if (frame != seen_) See(frame);
    run_ns_ = scene_.footage->frames[frame].time_ns;
    history_.Ran(TraitsOf(*answer, task_));
    answers_.push_front(answer);
    if (answers_.size() > AnswerHistory::kRuns) answers_.pop_back();
  }

 private:
  void See(size_t frame) {
    const Grid& grid = scene_.footage->grids[frame];
    if (task_.loss == Loss::kBoxes) {
      for (Answer& answer : answers_) answer = Moved(*answer, grid);
    }
    history_.See(grid, FeaturesOf(grid), scene_.footage->frames[frame].time_ns);
    seen_ = frame;
  }

  const Scene& scene_;
  const Task& task_;
  const ReusePredictor& predictor_;
  const double most_risk_;
  AnswerHistory history_;
  std::deque<Answer> answers_;  // latest first
  size_t seen_ = SIZE_MAX;
  int64_t run_ns_ = 0;
};

class OurMethod : public NumberMethod {
 public:
  OurMethod(const Scene& scene, const Task& task)
      : NumberMethod(Linear(0.0, 1.0, 101)), scene_(scene), task_(task) {}

  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<OurPolicy>(scene_, task_, predictor_, value(knob));
  }

 protected:
  const Scene scene_;
  const Task task_;
  ReusePredictor predictor_;
};

class OurTrainedMethod : public OurMethod {
 public:
  using OurMethod::OurMethod;

  void Train(const Lessons& lessons) override {
    std::vector<Lesson> learnt(lessons.size());
    for (size_t i = 0; i < lessons.size(); ++i) {
      learnt[i].grid = scene_.footage->grids[i];
      learnt[i].features = FeaturesOf(learnt[i].grid);
      learnt[i].time_ns = scene_.footage->frames[i].time_ns;
      learnt[i].answer = TraitsOf(*lessons.answers[i], task_);
    }
    TrainReuse(learnt, 1, &predictor_);
  }
};

template <typename M>
std::unique_ptr<Method> MakeMethod(const Scene& scene, const Task& task) {
  return std::make_unique<M>(scene, task);
}

}  // namespace

MethodEntry Ours() {
  MethodEntry entry;
  entry.name = "ours";
  entry.source =
      "filter/reuse_predictor.h as it comes: eight runs vote by distance and "
      "age";
  entry.make = MakeMethod<OurMethod>;
  return entry;
}

MethodEntry OursTrained() {
  MethodEntry entry;
  entry.name = "ours, taught";
  entry.source = "the same after TrainReuse() on the first frames";
  entry.trains = true;
  entry.make = MakeMethod<OurTrainedMethod>;
  return entry;
}

}  // namespace fovea::bench::reuse
