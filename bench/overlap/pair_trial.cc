// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/overlap/pair_trial.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/accuracy/bgr_image.h"
#include "bench/accuracy/rate_curve.h"
#include "codec/quality_map.h"

namespace fovea::bench {
namespace {

constexpr char kIndependent[] = "independent";

// What judges say of the frames that count, by judge and then frame.
using Answers = std::vector<std::vector<std::vector<Detection>>>;

class Trial {
 public:
  Trial(const PairClip& clip, const Homography& homography,
        const MacroblockMask& mask, const TrialSettings& settings,
        const std::vector<Judge*>& judges)
      : clip_(clip),
        homography_(homography),
        mask_(mask),
        settings_(settings),
        judges_(judges) {}

  absl::StatusOr<std::vector<PairPoint>> Run() {
    auto first = Ask(clip_.first);
    if (!first.ok()) return first.status();
    auto second = Ask(clip_.second);
    if (!second.ok()) return second.status();
    original_first_ = *std::move(first);
    original_second_ = *std::move(second);
    Protect();
    for (const double crf : settings_.crfs) {
      if (absl::Status s = AtRate(crf); !s.ok()) return s;
    }
    return std::move(points_);
  }

 private:
  absl::StatusOr<Answers> Ask(const std::vector<Frame>& frames) const {
    Answers answers;
    for (Judge* judge : judges_) {
      auto& of_judge = answers.emplace_back();
      for (size_t i = 0; i < frames.size(); i += Step()) {
        auto answer = judge->Look(ToBgr(frames[i], clip_.camera.color));
        if (!answer.ok()) return answer.status();
        of_judge.push_back(std::move(answer->detections));
      }
    }
    return answers;
  }

  // Masks less what only the second view has, as the job protects it: what
  // is seen in a look holds up to the next one.
  void Protect() {
    for (size_t i = 0; i < clip_.second.size(); ++i) {
      std::vector<Box> boxes;
      for (size_t j = 0; j < judges_.size(); ++j) {
        const size_t look = i / Step();
        const auto only =
            OnlyInSecond({original_first_[j][look], original_second_[j][look]},
                         homography_, judges_[j]->info().threshold);
        boxes.insert(boxes.end(), only.begin(), only.end());
      }
      masks_.push_back(Without(mask_, boxes, 1));
    }
  }

  absl::Status AtRate(double crf) {
    CodeSettings settings;
    settings.camera = clip_.camera;
    settings.crf = crf;
    settings.gop_frames = settings_.gop_frames;
    const auto first = CodeView(settings, clip_.first, {}, 0);
    if (!first.ok()) return first.status();
    auto answers = Ask(first->frames);
    if (!answers.ok()) return answers.status();
    const auto add = [&](const std::string& form,
                         const absl::StatusOr<CodedView>& second) {
      if (!second.ok()) return second.status();
      return Add(form, crf, *first, *answers, *second);
    };
    absl::Status status =
        add(kIndependent, CodeView(settings, clip_.second, {}, 0));
    for (const int offset : settings_.offsets) {
      if (!status.ok()) return status;
      status = add(absl::StrCat("attention +", offset),
                   CodeView(settings, clip_.second, masks_, offset));
    }
    if (status.ok() && settings_.floor) {
      status = add("grey", CodeView(settings, clip_.second, masks_,
                                    kMaxQpOffset, /*grey=*/true));
    }
    if (status.ok() && settings_.predicted) {
      status =
          add("predicted", CodePredicted(settings, first->frames, clip_.second,
                                         homography_, mask_));
    }
    return status;
  }

  absl::Status Add(const std::string& form, double crf, const CodedView& first,
                   const Answers& first_answers, const CodedView& second) {
    const auto answers = Ask(second.frames);
    if (!answers.ok()) return answers.status();
    PairPoint point;
    point.form = form;
    point.crf = crf;
    point.first_bytes = first.bytes;
    point.second_bytes = second.bytes;
    point.second = Compare(clip_.second, second.frames, mask_);
    for (size_t j = 0; j < judges_.size(); ++j) {
      Agreement& sums = point.agreements.emplace_back();
      for (size_t i = 0; i < (*answers)[j].size(); ++i) {
        sums +=
            ComparePair({original_first_[j][i], original_second_[j][i]},
                        {first_answers[j][i], (*answers)[j][i]}, homography_,
                        masks_[i * Step()], judges_[j]->info().threshold);
      }
    }
    points_.push_back(std::move(point));
    return absl::OkStatus();
  }

  size_t Step() const { return static_cast<size_t>(settings_.every); }

  const PairClip& clip_;
  const Homography homography_;
  const MacroblockMask& mask_;
  const TrialSettings& settings_;
  const std::vector<Judge*>& judges_;
  Answers original_first_, original_second_;
  std::vector<MacroblockMask> masks_;  // by frame
  std::vector<PairPoint> points_;
};

using Quality = std::function<double(const PairPoint&)>;

std::vector<RatePoint> Curve(const std::vector<PairPoint>& points,
                             const std::string& form, const Quality& quality) {
  std::vector<RatePoint> curve;
  for (const PairPoint& point : points) {
    if (point.form == form) curve.push_back({point.bytes(), quality(point)});
  }
  return MonotoneCurve(std::move(curve));
}

Agreement AllJudges(const PairPoint& point) {
  Agreement sums;
  for (const Agreement& agreement : point.agreements) sums += agreement;
  return sums;
}

}  // namespace

absl::StatusOr<std::vector<PairPoint>> RunPairTrial(
    const PairClip& clip, const Homography& first_to_second,
    const MacroblockMask& mask, const TrialSettings& settings,
    const std::vector<Judge*>& judges) {
  return Trial(clip, first_to_second, mask, settings, judges).Run();
}

std::vector<FormResult> CompareForms(const std::vector<PairPoint>& points) {
  std::vector<std::string> forms;
  for (const PairPoint& point : points) {
    if (std::find(forms.begin(), forms.end(), point.form) == forms.end()) {
      forms.push_back(point.form);
    }
  }
  std::vector<FormResult> results;
  for (const std::string& form : forms) {
    FormResult& result = results.emplace_back();
    result.form = form;
    const auto against = [&](const Quality& quality) {
      return BdRate(Curve(points, kIndependent, quality),
                    Curve(points, form, quality), -1e9);
    };
    result.soft =
        against([](const PairPoint& p) { return -AllJudges(p).Soft(); });
    result.f1 = against([](const PairPoint& p) { return AllJudges(p).F1(); });
    result.psnr = against([](const PairPoint& p) { return p.second.all; });
    int rates = 0;
    for (const PairPoint& point : points) {
      for (const PairPoint& alone : points) {
        if (point.form != form || alone.form != kIndependent ||
            alone.crf != point.crf) {
          continue;
        }
        result.same_crf += point.bytes() / alone.bytes() - 1;
        ++rates;
      }
    }
    if (rates > 0) result.same_crf /= rates;
  }
  return results;
}

}  // namespace fovea::bench
