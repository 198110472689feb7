// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/profile_file.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "api/whole_file.h"
#include "codec/allocation.h"
#include "codec/sensitivity_file.h"

namespace fovea {
namespace {

// Within 4 QP of the reference the rule leaves quality be.
const double kRelevant = std::exp2(-4 / (3 * kModelKappa));

// values = max(values, other), plane by plane.
void RaiseTo(const SensitivityFrame& other, SensitivityFrame* frame) {
  for (size_t i = 0; i < frame->plane.size(); ++i) {
    for (size_t b = 0; b < frame->plane[i].size(); ++b) {
      frame->plane[i][b] = std::max(frame->plane[i][b], other.plane[i][b]);
    }
  }
}

void AddTo(const SensitivityFrame& other, SensitivityFrame* sum) {
  for (size_t i = 0; i < sum->plane.size(); ++i) {
    for (size_t b = 0; b < sum->plane[i].size(); ++b) {
      sum->plane[i][b] += other.plane[i][b];
    }
  }
  if (!sum->frequency) return;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 64; ++k) {
      (*sum->frequency)[i][k] += (*other.frequency)[i][k];
    }
  }
}

void Divide(double by, SensitivityFrame* frame) {
  for (auto& plane : frame->plane) {
    for (double& value : plane) value /= by;
  }
  if (!frame->frequency) return;
  for (auto& plane : *frame->frequency) {
    for (double& value : plane) value /= by;
  }
}

// One model's measurements on their way into its file.
class ModelProfile {
 public:
  static absl::StatusOr<ModelProfile> Create(Model* model,
                                             const CameraInfo& camera,
                                             const ProfileFileOptions& options,
                                             const std::string& output) {
    ModelProfile profile;
    auto profiler = Profiler::Create(model, camera, options.profile);
    if (!profiler.ok()) return profiler.status();
    profile.profiler_ = *std::move(profiler);
    profile.info_ = profile.profiler_->info();
    auto writer = SensitivityWriter::Create(profile.info_, &profile.bytes_);
    if (!writer.ok()) return writer.status();
    profile.writer_ = *std::move(writer);
    profile.prior_ = options.prior;
    profile.report_.model = model->id();
    profile.report_.output = output;
    return profile;
  }

  absl::Status Measure(int64_t index, const Frame& original,
                       const Frame& degraded) {
    auto frame = profiler_->Measure(original, degraded);
    if (!frame.ok()) return frame.status();
    Count(*frame);
    if (prior_) {
      if (!last_) {
        last_ = *std::move(frame);
      } else {
        AddTo(*frame, &*last_);
      }
      return absl::OkStatus();
    }
    frame->index = index;
    absl::Status written;
    if (last_) {
      SensitivityFrame between = *last_;
      RaiseTo(*frame, &between);
      written = writer_->Add(between, &bytes_);
    }
    last_ = *std::move(frame);
    return written;
  }

  absl::StatusOr<ProfileReport::PerModel> Finish() {
    if (last_) {
      if (prior_) {
        Divide(probed_, &*last_);
        last_->index = 0;
      }
      if (absl::Status s = writer_->Add(*last_, &bytes_); !s.ok()) return s;
    }
    writer_->Finish(&bytes_);
    report_.bytes = bytes_.size();
    report_.relevant_share /= std::max(1.0, probed_);
    absl::Status written = WriteWholeFile(report_.output, bytes_);
    if (!written.ok()) return written;
    return report_;
  }

 private:
  void Count(const SensitivityFrame& frame) {
    ++probed_;
    const std::vector<double> values = PerMacroblock(info_, frame);
    report_.reference = reference_.Update(values);
    const auto relevant = std::count_if(
        values.begin(), values.end(),
        [&](double value) { return value >= kRelevant * report_.reference; });
    report_.relevant_share +=
        static_cast<double>(relevant) / static_cast<double>(values.size());
  }

  std::unique_ptr<Profiler> profiler_;
  std::unique_ptr<SensitivityWriter> writer_;
  SensitivityInfo info_;
  std::vector<uint8_t> bytes_;
  bool prior_ = false;
  // Not yet written: it waits for its neighbour. Under prior_: the sum.
  std::optional<SensitivityFrame> last_;
  ReferenceSensitivity reference_;
  double probed_ = 0;
  ProfileReport::PerModel report_;
};

class Recording {
 public:
  Recording(const ProfileFileOptions& options,
            const std::vector<Model*>& models,
            const std::vector<std::string>& outputs)
      : options_(options), models_(models), outputs_(outputs) {}

  absl::Status Open(const CameraInfo& camera) {
    report_.camera = camera;
    auto degrader = Degrader::Create(camera, options_.degraded_crf);
    if (!degrader.ok()) return degrader.status();
    degrader_ = *std::move(degrader);
    for (size_t i = 0; i < models_.size(); ++i) {
      auto profile =
          ModelProfile::Create(models_[i], camera, options_, outputs_[i]);
      if (!profile.ok()) return profile.status();
      profiles_.push_back(*std::move(profile));
    }
    return absl::OkStatus();
  }

  // Frames of another size than the stream's have no map; the last holds.
  absl::Status Add(const Frame& frame) {
    const int64_t index = report_.frames++;
    const CameraInfo& camera = report_.camera;
    if (index % options_.every != 0 || frame.width != camera.width ||
        frame.height != camera.height) {
      return absl::OkStatus();
    }
    const auto degraded = degrader_->Degrade(frame);
    if (!degraded.ok()) return degraded.status();
    ++report_.probed;
    for (ModelProfile& profile : profiles_) {
      absl::Status s = profile.Measure(index, frame, *degraded);
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ProfileReport> Finish() {
    if (report_.probed == 0) {
      return report_.source_error.ok()
                 ? absl::InvalidArgumentError(options_.input +
                                              ": no frame to profile")
                 : report_.source_error;
    }
    for (ModelProfile& profile : profiles_) {
      auto of_model = profile.Finish();
      if (!of_model.ok()) return of_model.status();
      report_.models.push_back(*std::move(of_model));
    }
    return std::move(report_);
  }

  ProfileReport& report() { return report_; }

 private:
  const ProfileFileOptions& options_;
  const std::vector<Model*>& models_;
  const std::vector<std::string>& outputs_;
  std::unique_ptr<Degrader> degrader_;
  std::vector<ModelProfile> profiles_;
  ProfileReport report_;
};

using Progress = std::function<void(int64_t, int64_t)>;

absl::Status FeedFile(const ProfileFileOptions& options,
                      const Progress& progress, const std::atomic<bool>* stop,
                      Recording* recording) {
  auto input = OpenCamera(options.input, options.source);
  if (!input.ok()) return input.status();
  recording->report().notes = input->notes;
  if (absl::Status s = recording->Open(input->info().camera); !s.ok()) {
    return s;
  }
  const int64_t total = input->info().expected_samples;
  for (int64_t done = 0; stop == nullptr || !stop->load();) {
    auto item = input->source->Next();
    if (!item.ok()) {
      recording->report().source_error = item.status();
      return absl::OkStatus();
    }
    if (!item->has_value()) return absl::OkStatus();
    const auto* frame = std::get_if<Frame>(&(*item)->value);
    if ((*item)->track != input->track || frame == nullptr) continue;
    if (absl::Status s = recording->Add(*frame); !s.ok()) return s;
    if (progress) progress(++done, total);
  }
  recording->report().stopped = true;
  return absl::OkStatus();
}

absl::Status FeedStream(const ProfileFileOptions& options,
                        const Progress& progress, const std::atomic<bool>* stop,
                        Recording* recording) {
  const auto stream = options.store->Describe(options.input);
  if (!stream.ok()) return stream.status();
  if (stream->description.kind != StreamKind::kCamera) {
    return absl::InvalidArgumentError(options.input +
                                      ": is not a camera stream");
  }
  if (absl::Status s = recording->Open(stream->description.camera); !s.ok()) {
    return s;
  }
  const auto total = static_cast<int64_t>(stream->end_index);
  const FrameSelection all;
  absl::Status added;
  absl::Status read =
      options.store
          ->ReadFrames(options.input, all,
                       [&](const ReadFrame& picture) {
                         if (stop != nullptr && stop->load()) {
                           recording->report().stopped = true;
                           return false;
                         }
                         added = recording->Add(picture.frame);
                         if (progress)
                           progress(recording->report().frames, total);
                         return added.ok();
                       })
          .status();
  return added.ok() ? read : added;
}

}  // namespace

absl::StatusOr<ProfileReport> ProfileFile(
    const ProfileFileOptions& options, const std::vector<Model*>& models,
    const std::vector<std::string>& outputs, const Progress& progress,
    const std::atomic<bool>* stop) {
  if (models.empty() || models.size() != outputs.size()) {
    return absl::InvalidArgumentError("profile: needs a file per model");
  }
  if (options.every < 1) {
    return absl::InvalidArgumentError(
        "profile: a gradient pass every 0 frames; must be 1 or more");
  }
  Recording recording(options, models, outputs);
  absl::Status fed = options.store == nullptr
                         ? FeedFile(options, progress, stop, &recording)
                         : FeedStream(options, progress, stop, &recording);
  if (!fed.ok()) return fed;
  return recording.Finish();
}

}  // namespace fovea
