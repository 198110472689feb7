// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/gradient_source.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

class GradientSource final : public MapSource {
 public:
  static absl::StatusOr<std::unique_ptr<MapSource>> Open(
      const GradientOptions& options, const CameraInfo& camera,
      std::function<void(const GradientPass&)> observe) {
    std::unique_ptr<GradientSource> source(
        new GradientSource(options, camera, std::move(observe)));
    auto degrader = Degrader::Create(camera, options.degraded_crf);
    if (!degrader.ok()) return degrader.status();
    source->degrader_ = *std::move(degrader);
    source->side_data_.unit = SensitivityUnit::kLossSquaredPerGreySquared;
    for (Model* model : options.models) {
      auto profiler = Profiler::Create(model, camera, options.profile);
      if (!profiler.ok()) return profiler.status();
      source->watchers_.push_back(
          {model, *std::move(profiler), ReferenceSensitivity()});
      source->side_data_.models.push_back(model->id());
    }
    return source;
  }

  absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                         const Grid*) override {
    const int64_t index = next_index_++;
    if (index % options_.every == 0) {
      absl::Status passed = Pass(index, frame);
      if (!passed.ok()) return passed;
    }
    return &*map_;
  }

  const std::vector<Box>& boxes() const override { return boxes_; }
  std::optional<int> chroma_qp_offset() const override {
    return kModelChromaQpOffset;  // planes have not been looked at yet
  }
  QualitySideData SideData() const override {
    QualitySideData data = side_data_;
    data.map = map_;
    return data;
  }
  std::string description() const override {
    std::string text = "gradients of ";
    for (const Watcher& watcher : watchers_) {
      absl::StrAppend(&text, &watcher == &watchers_.front() ? "" : ", ",
                      watcher.model->id().name);
    }
    return absl::StrCat(text, ", every ", options_.every, " frames");
  }

 private:
  struct Watcher {
    Model* model;
    std::unique_ptr<Profiler> profiler;
    ReferenceSensitivity reference;
  };

  GradientSource(const GradientOptions& options, const CameraInfo& camera,
                 std::function<void(const GradientPass&)> observe)
      : options_(options), camera_(camera), observe_(std::move(observe)) {}

  absl::Status Pass(int64_t index, const Frame& frame) {
    const auto degraded = degrader_->Degrade(frame);
    if (!degraded.ok()) return degraded.status();
    std::vector<QualityMap> wishes;
    for (Watcher& watcher : watchers_) {
      auto wish = Look(index, frame, *degraded, &watcher);
      if (!wish.ok()) return wish.status();
      wishes.push_back(*std::move(wish));
    }
    auto map = CombineMaps(wishes);
    if (!map.ok()) return map.status();
    map_ = *std::move(map);
    return absl::OkStatus();
  }

  absl::StatusOr<QualityMap> Look(int64_t index, const Frame& frame,
                                  const Frame& degraded, Watcher* watcher) {
    auto sensitivity = watcher->profiler->Measure(frame, degraded);
    if (!sensitivity.ok()) return sensitivity.status();
    sensitivity->index = index;
    const SensitivityInfo info = watcher->profiler->info();
    if (observe_) {
      const auto answer = watcher->model->Infer(frame, camera_.color);
      if (!answer.ok()) return answer.status();
      observe_({watcher->model, index, &frame, &info, &*sensitivity, &*answer});
    }
    const std::vector<double> values = PerMacroblock(info, *sensitivity);
    AllocationOptions allocation = options_.allocation;
    if (!allocation.kappa) allocation.kappa = kModelKappa;
    if (allocation.reference == 0) {
      allocation.reference = watcher->reference.Update(values);
    }
    return AllocateQuality(values, info.columns(), info.rows(), allocation);
  }

  const GradientOptions options_;
  const CameraInfo camera_;
  const std::function<void(const GradientPass&)> observe_;
  std::unique_ptr<Degrader> degrader_;
  std::vector<Watcher> watchers_;
  QualitySideData side_data_;
  std::optional<QualityMap> map_;
  std::vector<Box> boxes_;
  int64_t next_index_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MapSource>> OpenGradientSource(
    const GradientOptions& options, const CameraInfo& camera,
    std::function<void(const GradientPass&)> observe) {
  if (options.models.empty() || options.every < 1) {
    return absl::InvalidArgumentError(
        "gradients: needs a model, and a pass every 1 or more frames");
  }
  return GradientSource::Open(options, camera, std::move(observe));
}

}  // namespace fovea
