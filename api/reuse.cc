// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reuse.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/stream_registry.h"
#include "api/system_clock.h"
#include "store/commit_batch.h"

namespace fovea {
namespace {

void CopyPlane(const Plane& from, int width, int height, uint8_t* to,
               int stride) {
  for (int row = 0; row < height; ++row) {
    std::memcpy(to + ptrdiff_t{row} * stride,
                from.data + ptrdiff_t{row} * from.stride,
                static_cast<size_t>(width));
  }
}

// The frame with pixels that stay as long as it does.
absl::StatusOr<Frame> Kept(const Frame& frame) {
  if (frame.pixels != nullptr) return frame;
  auto buffer = FrameBuffer::Allocate(frame.width, frame.height);
  if (!buffer.ok()) return buffer.status();
  CopyPlane(frame.y, frame.width, frame.height, buffer->plane(0),
            buffer->stride(0));
  const int width = frame.chroma_width(), height = frame.chroma_height();
  CopyPlane(frame.u, width, height, buffer->plane(1), buffer->stride(1));
  CopyPlane(frame.v, width, height, buffer->plane(2), buffer->stride(2));
  Frame kept = std::move(*buffer).Release();
  kept.pts = frame.pts;
  kept.time_ns = frame.time_ns;
  kept.duration_ns = frame.duration_ns;
  return kept;
}

}  // namespace

Reuse::Reuse(Store* store, ModelDescription model, const Options& options)
    : store_(store),
      model_(std::move(model)),
      options_(options),
      committed_ns_(MonotonicNowNs()) {}

Reuse::~Reuse() {
  if (reuse_ == nullptr) return;
  reuse_->Reset();  // brings the audit's last state
  Commit().IgnoreError();
}

absl::StatusOr<std::unique_ptr<Reuse>> Reuse::Open(Store* store,
                                                   const std::string& stream,
                                                   ModelDescription model,
                                                   const Options& options) {
  if (model.id.digest == ModelDigest{}) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model '", model.id.name,
        "' has no digest: its answers could not be told from another's"));
  }
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  const StreamDescription& described = summary->description;
  if (described.kind != StreamKind::kCamera) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream, "' is no camera"));
  }
  auto meter =
      GridMeter::Create(described.camera.width, described.camera.height);
  if (!meter.ok()) return meter.status();
  std::unique_ptr<Reuse> opened(new Reuse(store, std::move(model), options));
  opened->stream_ = summary->id;
  opened->meter_ = *std::move(meter);
  auto reuse = ModelReuse::Open(store->chunks(), summary->id, &opened->model_,
                                options.reuse, MonotonicNowNs);
  if (!reuse.ok()) return reuse.status();
  opened->reuse_ = *std::move(reuse);
  return opened;
}

absl::StatusOr<ModelReuse::Answered> Reuse::GetOrCompute(
    uint64_t index, const Frame& frame, const Function& function) {
  const auto grid = meter_->Measure(frame);
  if (!grid.ok()) return grid.status();
  const auto ask = [&]() -> absl::StatusOr<Answer> {
    if (options_.longest_call_ns <= 0) {
      return calls_.Run([&] { return function(frame); }, 0);
    }
    auto kept = Kept(frame);
    if (!kept.ok()) return kept.status();
    return calls_.Run(
        [kept = *std::move(kept), function] { return function(kept); },
        options_.longest_call_ns);
  };
  auto answered = reuse_->GetOrAsk(index, frame.time_ns, **grid, ask);
  if (!answered.ok()) return answered;
  if (MonotonicNowNs() - committed_ns_ >= options_.commit_every_ns) {
    if (absl::Status s = Commit(); !s.ok()) return s;
  }
  return answered;
}

absl::Status Reuse::Commit() {
  committed_ns_ = MonotonicNowNs();
  CommitBatch batch;
  if (absl::Status s = reuse_->Put(&batch); !s.ok()) return s;
  if (batch.empty()) return absl::OkStatus();
  const auto retention_class = StreamRegistry(store_->chunks()).Class(stream_);
  if (!retention_class.ok()) return retention_class.status();
  batch.set_retention_class(*retention_class);
  return store_->chunks()->Commit(std::move(batch)).status();
}

}  // namespace fovea
