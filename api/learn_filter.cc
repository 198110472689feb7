// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/learn_filter.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/answer_traits.h"
#include "api/stop_flag.h"
#include "codec/grid.h"
#include "filter/features.h"
#include "filter/reuse_trainer.h"
#include "filter/thumbnail.h"

namespace fovea {
namespace {

constexpr int64_t kFewestFrames = 100;

// Frames of the stream with what the model says about each.
class Teacher {
 public:
  Teacher(const LearnFilterOptions& options, const StreamSummary& stream,
          const std::function<void(int64_t, int64_t)>& progress,
          const std::atomic<bool>* stop)
      : options_(options),
        camera_(stream.description.camera),
        total_(std::min<int64_t>(options.most_frames, stream.counts.stored)),
        progress_(progress),
        stop_(stop) {}

  absl::StatusOr<std::vector<Lesson>> Lessons(Store* store,
                                              const std::string& stream) {
    auto meter = GridMeter::Create(camera_.width, camera_.height);
    if (!meter.ok()) return meter.status();
    meter_ = *std::move(meter);
    FrameSelection selection;
    selection.range = options_.range;
    absl::Status taught;
    const auto read =
        store->ReadFrames(stream, selection, [&](const ReadFrame& shown) {
          taught = Add(shown.frame);
          if (!taught.ok()) {
            taught = absl::Status(
                taught.code(),
                absl::StrCat(stream, "@", shown.index, ": ", taught.message()));
          }
          return taught.ok() && !IsDone();
        });
    if (!taught.ok()) return taught;
    if (!read.ok()) return read.status();
    if (Stopped(stop_)) return absl::CancelledError("interrupted");
    return std::move(lessons_);
  }

 private:
  bool IsDone() const {
    return Stopped(stop_) ||
           static_cast<int64_t>(lessons_.size()) >= options_.most_frames;
  }

  absl::Status Add(const Frame& frame) {
    const auto grid = meter_->Measure(frame);
    if (!grid.ok()) return grid.status();
    const auto answer = options_.model->Infer(frame, camera_.color);
    if (!answer.ok()) return answer.status();
    Lesson lesson;
    lesson.grid.columns = (*grid)->columns;
    lesson.grid.rows = (*grid)->rows;
    lesson.grid.has_previous = (*grid)->has_previous;
    lesson.grid.difference = (*grid)->difference;
    lesson.features = FeaturesOf(**grid);
    lesson.thumbnail = ThumbnailOf(**grid, frame);
    lesson.time_ns = frame.time_ns;
    lesson.answer = TraitsOf(*answer, options_.model->card(), options_.loss);
    lessons_.push_back(std::move(lesson));
    if (progress_) progress_(static_cast<int64_t>(lessons_.size()), total_);
    return absl::OkStatus();
  }

  const LearnFilterOptions& options_;
  const CameraInfo camera_;
  const int64_t total_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>* const stop_;
  std::unique_ptr<GridMeter> meter_;
  std::vector<Lesson> lessons_;
};

std::optional<uint64_t> UsualOf(const LearnFilterOptions& options) {
  if (options.loss != AnswerLoss::kBoxes) return std::nullopt;
  return VoteOf(Answer(), options.model->card(), options.loss);
}

}  // namespace

absl::StatusOr<LearntFilter> LearnFilter(
    Store* store, const std::string& stream, const LearnFilterOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  if (options.model == nullptr) {
    return absl::InvalidArgumentError("learn filter: needs a model");
  }
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  if (summary->description.kind != StreamKind::kCamera ||
      summary->description.stills) {
    return absl::InvalidArgumentError(absl::StrCat(
        "stream '", stream, "' is no camera; a filter is learnt from footage"));
  }
  const auto lessons =
      Teacher(options, *summary, progress, stop).Lessons(store, stream);
  if (!lessons.ok()) return lessons.status();
  LearntFilter learnt;
  learnt.frames = static_cast<int64_t>(lessons->size());
  if (learnt.frames < kFewestFrames) {
    return absl::FailedPreconditionError(absl::StrCat(
        "stream '", stream, "': ", learnt.frames, " frames to learn from; ",
        kFewestFrames, " or more are needed"));
  }
  TaughtHeads taught = TeachHeads(*lessons, options.seed, UsualOf(options));
  learnt.frames_held_out = static_cast<int64_t>(taught.held_out);
  learnt.avoided_before = taught.avoided_before();
  learnt.avoided_after = taught.avoided_after();
  learnt.learnt = taught.any_kept();
  learnt.predictor = std::move(taught.predictor);
  learnt.heads = std::move(taught.trials);
  return learnt;
}

}  // namespace fovea
