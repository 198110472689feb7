// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/sensor_reuse.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/stream_commit.h"
#include "api/system_clock.h"
#include "store/commit_batch.h"

namespace fovea {
namespace {

constexpr double kMostValue = 1e30;  // as SensorFeaturesOf()

}  // namespace

SensorReuse::SensorReuse(Store* store, ModelDescription model,
                         const Options& options)
    : store_(store),
      model_(std::move(model)),
      options_(options),
      committed_ns_(MonotonicNowNs()) {}

SensorReuse::~SensorReuse() {
  if (reuse_ == nullptr) return;
  reuse_->Reset();  // brings the audit's last state
  Commit().IgnoreError();
}

absl::StatusOr<std::unique_ptr<SensorReuse>> SensorReuse::Open(
    Store* store, const std::string& stream, ModelDescription model,
    const Options& options) {
  if (model.id.digest == ModelDigest{}) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model '", model.id.name,
        "' has no digest: its answers could not be told from another's"));
  }
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  std::unique_ptr<SensorReuse> opened(
      new SensorReuse(store, std::move(model), options));
  opened->stream_ = summary->id;
  auto reuse = WindowReuse::Open(store->chunks(), *summary, &opened->model_,
                                 options.window, MonotonicNowNs);
  if (!reuse.ok()) return reuse.status();
  opened->reuse_ = *std::move(reuse);
  const double of_card = opened->model_.card.rate_hz;
  opened->rate_hz_ =
      of_card > 0 ? of_card : summary->description.series.rate_hz;
  if (!(opened->rate_hz_ > 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "stream '", stream, "' has no rate yet; give it in the model's card"));
  }
  return opened;
}

// While the gate is off nobody else looks at a window.
absl::Status SensorReuse::Check(const Window& window) const {
  const size_t channels = reuse_->layout().channels;
  const size_t samples = window.values.size() / channels;
  const auto expected = static_cast<size_t>(model_.card.window);
  if (window.values.size() % channels != 0 || samples < kLeastSensorSamples ||
      samples > kMostSensorSamples || (expected > 0 && samples != expected)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "window at sample ", window.index, ": ", window.values.size(),
        " values; expected those of ", channels, " channels, ",
        expected > 0
            ? absl::StrCat(expected)
            : absl::StrCat(kLeastSensorSamples, " to ", kMostSensorSamples),
        " each"));
  }
  for (size_t i = 0; i < window.values.size(); ++i) {
    if (std::abs(window.values[i]) <= kMostValue) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("window at sample ", window.index, ": channel ",
                     i / samples, " sample ", i % samples, " is ",
                     window.values[i], "; expected a number within 10^30"));
  }
  if (window.index < next_index_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "window at sample ", window.index, " comes behind one at sample ",
        next_index_ - 1, "; they have to rise"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Answered> SensorReuse::GetOrCompute(const Window& window,
                                                   const Function& function) {
  if (absl::Status s = Check(window); !s.ok()) return s;
  next_index_ = window.index + 1;
  const auto ask = [&]() -> absl::StatusOr<Answer> {
    if (options_.longest_call_ns <= 0) {
      return calls_.Run([&] { return function(window.values); }, 0);
    }
    std::vector<double> kept(window.values.begin(), window.values.end());
    return calls_.Run(
        [kept = std::move(kept), function] { return function(kept); },
        options_.longest_call_ns);
  };
  auto answered = reuse_->GetOrAsk(
      {window.index, window.end_ns, {window.values, rate_hz_, window.event}},
      ask);
  if (!answered.ok()) return answered;
  if (MonotonicNowNs() - committed_ns_ >= options_.commit_every_ns) {
    if (absl::Status s = Commit(); !s.ok()) return s;
  }
  return answered;
}

absl::Status SensorReuse::Commit() {
  committed_ns_ = MonotonicNowNs();
  CommitBatch batch;
  if (absl::Status s = reuse_->Put(&batch); !s.ok()) return s;
  return CommitForStream(store_->chunks(), stream_, std::move(batch));
}

}  // namespace fovea
