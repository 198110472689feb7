// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/ours.h"

#include <cmath>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/reuse/knobs.h"
#include "filter/answer_history.h"
#include "filter/box_carrier.h"
#include "filter/difference_gate.h"
#include "filter/features.h"
#include "filter/gate_kind.h"
#include "filter/grid_gate.h"
#include "filter/head_trainer.h"
#include "filter/reuse_predictor.h"
#include "filter/reuse_trainer.h"
#include "filter/skip_head.h"
#include "filter/thumbnail.h"

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

// Boxes of another frame are hardly those of this one, unless there are none.
std::optional<uint64_t> OnlyUsual(const Task& task) {
  if (task.loss != Loss::kBoxes) return std::nullopt;
  return VoteOf({}, task);
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

// What the heads see of each frame. Computed once; not while the bank of
// features does not remember either.
class Sights {
 public:
  explicit Sights(const Scene& scene) : scene_(scene) {}

  Thumbnail ThumbnailAt(size_t frame) const {
    if (!scene_.features->remembers()) return Make(frame);
    if (thumbnails_.empty()) thumbnails_.resize(scene_.footage->size());
    if (thumbnails_[frame].empty()) thumbnails_[frame] = Make(frame);
    return thumbnails_[frame];
  }

 private:
  Thumbnail Make(size_t frame) const {
    return ThumbnailOf(scene_.footage->grids[frame],
                       scene_.footage->frames[frame]);
  }

  const Scene scene_;
  mutable std::vector<Thumbnail> thumbnails_;
};

// What beside the picture a gate may look at.
struct GateSights {
  const Sights* sights = nullptr;
  const ReusePredictor* predictor = nullptr;  // null: no thumbnail is wanted
};

// A gate of the product, and the longest blind time that is kept for it.
class OurPolicy : public Policy {
 public:
  OurPolicy(const Scene& scene, const Task& task, std::unique_ptr<Gate> gate,
            const GateSights& sights, double most_risk)
      : scene_(scene),
        task_(task),
        gate_(std::move(gate)),
        sights_(sights),
        most_risk_(most_risk) {
    if (gate_->usual() == VoteOf({}, task)) usual_ = std::make_shared<Boxes>();
  }

  std::optional<Answer> Decide(size_t frame) override {
    const GateDecision decision = Ask(frame);
    const int64_t now_ns = scene_.footage->frames[frame].time_ns;
    if (now_ns - run_ns_ > kBlindNs || decision.risk > most_risk_) {
      return std::nullopt;
    }
    if (decision.kind == DecisionKind::kReuse) return usual_;
    if (decision.kind != DecisionKind::kHold) return std::nullopt;
    return answers_[decision.run];
  }

  void Ran(size_t frame, const Answer& answer) override {
    if (frame != seen_) Ask(frame);
    run_ns_ = scene_.footage->frames[frame].time_ns;
    const AnswerTraits traits = TraitsOf(*answer, task_);
    gate_->Ran({traits, /*moves=*/true, /*checked=*/false});
    history_.Ran(traits);
    answers_.push_front(answer);
    if (answers_.size() > AnswerHistory::kRuns) answers_.pop_back();
    if (gate_->usual() == traits.vote) usual_ = answer;
  }

 private:
  GateDecision Ask(size_t index) {
    const Grid& grid = scene_.footage->grids[index];
    const Frame& frame = scene_.footage->frames[index];
    if (task_.loss == Loss::kBoxes) {
      for (Answer& answer : answers_) answer = Moved(*answer, grid);
    }
    const ReusePredictor* predictor = sights_.predictor;
    if (predictor != nullptr && predictor->needs_thumbnail()) {
      thumbnail_ = sights_.sights->ThumbnailAt(index);
    }
    const bool compares =
        predictor != nullptr && predictor->compares_thumbnails();
    history_.See(grid, FeaturesAt(*scene_.footage, index), frame.time_ns,
                 compares ? thumbnail_ : Thumbnail());
    seen_ = index;
    return gate_->Decide(
        {frame.time_ns, &history_.features(), &grid, &frame, &thumbnail_},
        {&history_, /*cached=*/nullptr, /*usual=*/usual_ != nullptr});
  }

  const Scene& scene_;
  const Task& task_;
  const std::unique_ptr<Gate> gate_;
  const GateSights sights_;
  const double most_risk_;
  AnswerHistory history_;
  std::deque<Answer> answers_;  // latest first
  Answer usual_;                // as last said
  Thumbnail thumbnail_;
  size_t seen_ = SIZE_MAX;
  int64_t run_ns_ = 0;
};

class OurMethod : public NumberMethod {
 public:
  OurMethod(const Scene& scene, const Task& task)
      : NumberMethod(Linear(0.0, 1.0, 101)),
        scene_(scene),
        task_(task),
        sights_(scene) {}

  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<OurPolicy>(
        scene_, task_, std::make_unique<GridGate>(predictor_),
        GateSights{&sights_, &predictor_}, value(knob));
  }

 protected:
  std::vector<Lesson> Learnt(const Lessons& lessons) const {
    std::vector<Lesson> learnt(lessons.size());
    for (size_t i = 0; i < lessons.size(); ++i) {
      learnt[i].grid = scene_.footage->grids[i];
      learnt[i].features = FeaturesAt(*scene_.footage, i);
      learnt[i].thumbnail = sights_.ThumbnailAt(i);
      learnt[i].time_ns = scene_.footage->frames[i].time_ns;
      learnt[i].answer = TraitsOf(*lessons.answers[i], task_);
    }
    return learnt;
  }

  const Scene scene_;
  const Task task_;
  const Sights sights_;
  ReusePredictor predictor_;
};

// Settings: which of the product's gates, and its threshold.
class OurGatesMethod : public Method {
 public:
  OurGatesMethod(const Scene& scene, const Task& task)
      : scene_(scene), task_(task) {
    Add(GateKind::kGrid, Linear(0.0, 1.0, 51));
    constexpr size_t kSteps = 24;
    for (const GateKind kind : {GateKind::kPixel, GateKind::kArea,
                                GateKind::kEdge, GateKind::kCorner}) {
      Add(kind, Geometric(1e-5, 100, kSteps));
    }
    Add(GateKind::kMse, Geometric(0.02, 3000, kSteps));
    Add(GateKind::kBlocks, Geometric(0.1, 10000, kSteps));
    Add(GateKind::kBackground, Geometric(1e-4, 0.6, kSteps));
  }

  size_t knobs() const override { return settings_.size(); }
  std::string KnobText(size_t knob) const override {
    return absl::StrCat(GateKindName(settings_[knob].kind), ", ",
                        NumberText(settings_[knob].most_risk));
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    const Setting& setting = settings_[knob];
    return std::make_unique<OurPolicy>(scene_, task_, GateOf(setting.kind),
                                       GateSights(), setting.most_risk);
  }

 private:
  struct Setting {
    GateKind kind = GateKind::kGrid;
    double most_risk = 0;
  };

  void Add(GateKind kind, const std::vector<double>& thresholds) {
    for (const double threshold : thresholds) {
      settings_.push_back({kind, threshold});
    }
  }
  // Where pictures are compared, through the bank, which knows them.
  std::unique_ptr<Gate> GateOf(GateKind kind) const {
    const auto difference = DifferenceKindOf(kind);
    if (!difference) return MakeGate(kind, ReusePredictor());
    return std::make_unique<DifferenceGate>(
        *difference, scene_.features->Detector(*difference));
  }

  const Scene scene_;
  const Task task_;
  std::vector<Setting> settings_;
};

// As `fovea learn filter` chooses.
class OurTaughtMethod : public OurMethod {
 public:
  using OurMethod::OurMethod;

  void Train(const Lessons& lessons) override {
    if (lessons.size() == 0) return;
    predictor_ = TeachHeads(Learnt(lessons), 1, OnlyUsual(task_)).predictor;
  }
};

// With heads that are told, whether they help or not.
template <bool kThumbnail, bool kSkip>
class OurHeadsMethod : public OurMethod {
 public:
  using OurMethod::OurMethod;

  void Train(const Lessons& lessons) override {
    const std::vector<Lesson> learnt = Learnt(lessons);
    predictor_.CompareThumbnails(kThumbnail);
    if (kSkip) {
      predictor_.SetSkip(
          SkipHead(OnlyUsual(task_).value_or(UsualVote(learnt))));
    }
    TrainReuse(learnt, 1, &predictor_);
  }
};

// The skip head alone: the usual answer, or a run.
class OurSkipMethod : public OurMethod {
 public:
  using OurMethod::OurMethod;

  void Train(const Lessons& lessons) override {
    std::vector<SkipLesson> learnt;
    for (Lesson& lesson : Learnt(lessons)) {
      learnt.push_back({std::move(lesson.thumbnail), lesson.answer.vote});
    }
    head_ = SkipHead(UsualVote(Learnt(lessons)));
    head_.Fit(learnt, nullptr);
    for (size_t i = 0; i < lessons.size() && usual_ == nullptr; ++i) {
      if (learnt[i].vote == head_.usual()) usual_ = lessons.answers[i];
    }
  }

  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<Skipper>(*this, value(knob));
  }

 private:
  class Skipper : public Policy {
   public:
    Skipper(const OurSkipMethod& method, double most_risk)
        : method_(method), most_risk_(most_risk) {}
    std::optional<Answer> Decide(size_t frame) override {
      if (!method_.head_.knows()) return std::nullopt;
      const float odds =
          method_.head_.Evidence(method_.sights_.ThumbnailAt(frame));
      const double risk = 1 / (1 + std::exp(static_cast<double>(odds)));
      if (risk > most_risk_) return std::nullopt;
      return method_.usual_;
    }
    void Ran(size_t /*frame*/, const Answer& /*answer*/) override {}

   private:
    const OurSkipMethod& method_;
    const double most_risk_;
  };

  SkipHead head_{0};
  Answer usual_;
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
  entry.published = false;
  return entry;
}

MethodEntry OursGateChosen() {
  MethodEntry entry;
  entry.name = "ours, gate chosen";
  entry.source =
      "every gate of filter/gate_kind.h; settings are (gate, threshold)";
  entry.make = MakeMethod<OurGatesMethod>;
  entry.published = false;
  return entry;
}

std::vector<MethodEntry> OursTaught() {
  const auto entry = [](const char* name, const char* source, auto make) {
    MethodEntry taught;
    taught.name = name;
    taught.source = source;
    taught.trains = true;
    taught.published = false;
    taught.make = make;
    return taught;
  };
  return {
      entry("ours taught",
            "the same after TeachHeads() on the first frames, which keeps the "
            "heads that help on the last 40 % of these",
            MakeMethod<OurTaughtMethod>),
      entry("ours reuse", "weights of runs taught, no other head",
            MakeMethod<OurHeadsMethod<false, false>>),
      entry("ours reuse thumbnail", "and runs compared by thumbnails",
            MakeMethod<OurHeadsMethod<true, false>>),
      entry("ours reuse skip", "weights of runs and the skip head taught",
            MakeMethod<OurHeadsMethod<false, true>>),
      entry("ours reuse both", "all heads taught",
            MakeMethod<OurHeadsMethod<true, true>>),
      entry("ours skip",
            "filter/skip_head.h alone: the commonest answer of the first "
            "frames, or a run",
            MakeMethod<OurSkipMethod>),
  };
}

}  // namespace fovea::bench::reuse
