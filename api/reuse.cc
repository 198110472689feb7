// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reuse.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/stream_commit.h"
#include "api/system_clock.h"
#include "filter/inference_reuse.h"
#include "filter/result_store.h"
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
  if (regions_ != nullptr) regions_->Reset();
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

absl::StatusOr<Answered> Reuse::GetOrCompute(uint64_t index, const Frame& frame,
                                             const Function& function) {
  const auto grid = Measure(index, frame);
  if (!grid.ok()) return grid.status();
  return AndCommit(reuse_->GetOrAsk(index, frame.time_ns, **grid, frame,
                                    [&] { return Call(frame, function); }));
}

absl::StatusOr<Answered> Reuse::GetOrCompute(uint64_t index, const Frame& frame,
                                             const Region& region,
                                             const Function& function) {
  if (absl::Status s = CheckOrder(index, region); !s.ok()) return s;
  const auto part = PartCovering(region.box, frame.width, frame.height);
  if (!part.ok()) return part.status();
  if (absl::Status s = OpenRegions(); !s.ok()) return s;
  const auto grid = Measure(index, frame);
  if (!grid.ok()) return grid.status();
  last_region_ = {index, region.number};
  RegionGrids::Seen seen = grids_.Of(region.number, *part);
  ReuseInput input;
  input.index = index;
  input.region = region.number;
  input.time_ns = frame.time_ns;
  input.grid = &seen.grid;
  input.fingerprint = seen.fingerprint;
  input.features = std::move(seen.features);
  const Frame picture = PictureOf(frame, *part);
  input.frame = &picture;
  return AndCommit(regions_->GetOrAsk(std::move(input),
                                      [&] { return Call(picture, function); }));
}

// A frame is measured once, however many of its regions are asked about.
absl::StatusOr<const Grid*> Reuse::Measure(uint64_t index, const Frame& frame) {
  const Measured of{index, frame.width, frame.height};
  if (grid_ != nullptr && measured_ == of) return grid_;
  const auto grid = meter_->Measure(frame);
  if (!grid.ok()) return grid;
  grid_ = *grid;
  measured_ = of;
  grids_.See(*grid_);
  return grid;
}

absl::Status Reuse::CheckOrder(uint64_t index, const Region& region) const {
  if (region.number < 1 || region.number > kMostRegions) {
    return absl::InvalidArgumentError(
        absl::StrCat("region ", region.number, " of frame ", index,
                     ": expected a number of 1 to ", kMostRegions));
  }
  const std::pair<uint64_t, uint32_t> place(index, region.number);
  if (!last_region_ || place > *last_region_) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "region ", region.number, " of frame ", index, " comes behind region ",
      last_region_->second, " of frame ", last_region_->first,
      "; frames, and the regions of each, have to rise"));
}

absl::Status Reuse::OpenRegions() {
  if (regions_ != nullptr) return absl::OkStatus();
  auto regions =
      ModelReuse::Open(store_->chunks(), stream_, &model_, options_.reuse,
                       MonotonicNowNs, InputKind::kRegion);
  if (!regions.ok()) return regions.status();
  regions_ = *std::move(regions);
  return absl::OkStatus();
}

absl::StatusOr<Answer> Reuse::Call(const Frame& picture,
                                   const Function& function) {
  if (options_.longest_call_ns <= 0) {
    return calls_.Run([&] { return function(picture); }, 0);
  }
  auto kept = Kept(picture);
  if (!kept.ok()) return kept.status();
  return calls_.Run(
      [kept = *std::move(kept), function] { return function(kept); },
      options_.longest_call_ns);
}

absl::StatusOr<Answered> Reuse::AndCommit(absl::StatusOr<Answered> answered) {
  if (!answered.ok()) return answered;
  if (MonotonicNowNs() - committed_ns_ >= options_.commit_every_ns) {
    if (absl::Status s = Commit(); !s.ok()) return s;
  }
  return answered;
}

ReuseReport Reuse::RegionReport() const {
  return regions_ != nullptr ? regions_->Report() : ReuseReport();
}

absl::Status Reuse::Commit() {
  committed_ns_ = MonotonicNowNs();
  CommitBatch batch;
  if (absl::Status s = reuse_->Put(&batch); !s.ok()) return s;
  if (regions_ != nullptr) {
    if (absl::Status s = regions_->Put(&batch); !s.ok()) return s;
  }
  return CommitForStream(store_->chunks(), stream_, std::move(batch));
}

}  // namespace fovea
