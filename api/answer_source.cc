// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/answer_source.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codec/grid.h"

namespace fovea {
namespace {

class AnswerSource final : public MapSource {
 public:
  AnswerSource(const AnswerOptions& options, const CameraInfo& camera,
               std::unique_ptr<MapSource> instead, AnswerEvents events)
      : options_(options),
        camera_(camera),
        instead_(std::move(instead)),
        events_(std::move(events)),
        score_(std::min(
            options.score,
            static_cast<float>(options.model->description().card.threshold))) {}

  void Begin() {
    const absl::Status started = options_.model->Restart();
    if (!started.ok()) Fail(0, started);
  }

  absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                         const Grid* grid) override {
    const int64_t index = next_index_++;
    if (!failed_ && index % options_.every == 0) {
      if (absl::Status s = Look(index, frame); !s.ok()) return s;
    }
    return failed_ ? instead_->Next(frame, grid) : &*map_;
  }

  const std::vector<Box>& boxes() const override {
    return failed_ ? instead_->boxes() : boxes_;
  }
  std::optional<int> chroma_qp_offset() const override { return std::nullopt; }
  QualitySideData SideData() const override {
    if (failed_) return instead_->SideData();
    QualitySideData data;
    data.models = {options_.model->description().id};
    data.map = map_;
    return data;
  }
  std::string description() const override {
    if (failed_) return instead_->description();
    return absl::StrCat("boxes of ", options_.model->description().id.name,
                        ", every ", options_.every, " frames");
  }

 private:
  void Fail(int64_t index, const absl::Status& status) {
    failed_ = true;
    if (!events_.failed) return;
    events_.failed(options_.model->description(), index, status);
  }

  absl::Status Look(int64_t index, const Frame& frame) {
    const ModelDescription& model = options_.model->description();
    const auto answer =
        options_.model->Ask(frame, camera_.color, options_.longest_answer_ns);
    if (!answer.ok()) {
      Fail(index, answer.status());
      return absl::OkStatus();
    }
    if (events_.answered) events_.answered(model, frame, *answer);
    boxes_.clear();
    for (const Detection& seen : answer->detections) {
      if (seen.score < score_) break;  // best first
      boxes_.push_back({seen.left, seen.top, seen.right, seen.bottom});
    }
    auto map = BoxMap(boxes_, MacroblockCount(frame.width),
                      MacroblockCount(frame.height), options_.map);
    if (!map.ok()) return map.status();
    map_ = *std::move(map);
    return absl::OkStatus();
  }

  const AnswerOptions options_;
  const CameraInfo camera_;
  const std::unique_ptr<MapSource> instead_;
  const AnswerEvents events_;
  const float score_;
  bool failed_ = false;
  std::optional<QualityMap> map_;
  std::vector<Box> boxes_;
  int64_t next_index_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MapSource>> OpenAnswerSource(
    const AnswerOptions& options, const CameraInfo& camera,
    std::unique_ptr<MapSource> instead, AnswerEvents events) {
  if (options.model == nullptr || options.every < 1) {
    return absl::InvalidArgumentError(
        "answers: needs a model, and a look every 1 or more frames");
  }
  auto source = std::make_unique<AnswerSource>(
      options, camera, std::move(instead), std::move(events));
  source->Begin();
  return source;
}

}  // namespace fovea
