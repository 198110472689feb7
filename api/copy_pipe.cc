// SPDX-License-Identifier: GPL-2.0-or-later
//
// H.264 kept as it came. Each GOP is decoded once so that its frame table
// has the same grid means and fingerprints as encoded streams have: they
// are measured on pixels in both cases and mean the same thing. A GOP that
// does not decode is kept all the same, without them.

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "api/motion_watch.h"
#include "api/parameter_sets.h"
#include "api/picture_features.h"
#include "api/track_pipe.h"
#include "codec/canonical_gop.h"
#include "codec/decode/video_decoder.h"
#include "codec/grid.h"
#include "filter/fingerprint.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

class CopyPipe : public TrackPipe {
 public:
  CopyPipe(const Track& track, const IngestOptions& options,
           StreamWriter* writer)
      : track_(track), options_(options), writer_(writer) {}

  absl::Status Open() {
    auto meter = GridMeter::Create(track_.camera.width, track_.camera.height);
    if (!meter.ok()) return meter.status();
    meter_ = *std::move(meter);
    if (options_.motion) {
      auto watch =
          MotionWatch::Create(track_.camera.width, track_.camera.height);
      if (!watch.ok()) return watch.status();
      watch_ = *std::move(watch);
    }
    return OpenAssembler();
  }

  absl::Status Add(SourceItem item) override {
    const AccessUnit& unit = std::get<AccessUnit>(item.value);
    auto gop = assembler_->Add(unit);
    if (absl::IsResourceExhausted(gop.status())) return gop.status();
    if (!gop.ok()) {
      writer_->Reject(1, std::string(gop.status().message()));
      return absl::OkStatus();
    }
    writer_->Delivered(1);
    return gop->has_value() ? Store(**gop) : absl::OkStatus();
  }

  absl::Status Drain() override {
    auto gop = assembler_->Finish();
    if (!gop.ok()) return gop.status();
    if (gop->has_value()) {
      if (absl::Status status = Store(**gop); !status.ok()) return status;
    }
    return OpenAssembler();
  }

 private:
  absl::Status OpenAssembler() {
    auto assembler = GopAssembler::Create(track_.framing, track_.codec_config,
                                          NameParameterSet);
    if (!assembler.ok()) return assembler.status();
    assembler_ = *std::move(assembler);
    return absl::OkStatus();
  }

  absl::Status Store(const CanonicalGop& gop) {
    FrameTable table;
    table.fingerprint_version = kFingerprintVersion;
    table.frames.resize(gop.pictures.size());
    for (size_t i = 0; i < gop.pictures.size(); ++i) {
      SetPicture(gop.pictures[i], &table.frames[i]);
    }
    const std::vector<TrackedPicture> motion = Measure(gop, &table);
    return writer_->AddGop(gop, std::move(table), {}, motion);
  }

  // What moves in each picture, in presentation order.
  std::vector<TrackedPicture> Measure(const CanonicalGop& gop,
                                      FrameTable* table) {
    std::map<int64_t, size_t> ranks;
    const std::vector<uint32_t> order = PresentationOrder(*table);
    for (size_t i = order.size(); i-- > 0;) {
      ranks[table->frames[order[i]].pts] = i;
    }
    std::vector<TrackedPicture> motion(watch_ == nullptr ? 0 : order.size());
    Decode(gop, [&](const Frame& frame, const CodedMotion& coded) {
      absl::StatusOr<const Grid*> grid = meter_->Measure(frame, coded);
      const auto rank = ranks.find(frame.pts);
      if (!grid.ok() || rank == ranks.end()) return;
      FrameEntry& entry = table->frames[order[rank->second]];
      SetFeatures(**grid, &entry);
      if (watch_ == nullptr) return;
      motion[rank->second] = watch_->Look(**grid, entry.time_ns, &entry);
    });
    return motion;
  }

  // Visits as many pictures as decode, in presentation order. Leading ones
  // need the GOP before and are left out.
  void Decode(const CanonicalGop& gop,
              const std::function<void(const Frame&, const CodedMotion&)>&
                  visit) const {
    auto units = ToAnnexB(gop.payload, gop.trim, LookupIn(gop));
    auto decoder = VideoDecoder::Create({.width = track_.camera.width,
                                         .height = track_.camera.height,
                                         .threads = options_.jobs,
                                         .export_motion = true});
    if (!units.ok() || !decoder.ok()) return;
    std::vector<Frame> frames;
    const auto visit_all = [&] {
      const std::vector<CodedMotion> motion = (*decoder)->TakeMotion();
      for (size_t i = 0; i < frames.size(); ++i) visit(frames[i], motion[i]);
      frames.clear();
    };
    for (size_t i = 0; i < units->size() && i < gop.pictures.size(); ++i) {
      if (gop.pictures[i].leading) continue;
      const absl::Status status =
          (*decoder)->Decode((*units)[i], gop.pictures[i].pts, &frames);
      visit_all();
      if (!status.ok()) return;
    }
    (*decoder)->Flush(&frames).IgnoreError();
    visit_all();
  }

  static ParameterSetLookup LookupIn(const CanonicalGop& gop) {
    return [&gop](const ParameterSetName& name)
               -> absl::StatusOr<std::vector<uint8_t>> {
      for (const CanonicalGop::ParameterSet& set : gop.parameter_sets) {
        if (set.name == name) return set.nal;
      }
      return absl::NotFoundError("parameter set is not in its GOP");
    };
  }

  const Track track_;
  const IngestOptions& options_;
  StreamWriter* const writer_;
  std::unique_ptr<GridMeter> meter_;
  std::unique_ptr<MotionWatch> watch_;  // null: not asked for
  std::unique_ptr<GopAssembler> assembler_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TrackPipe>> NewCopyPipe(
    const Track& track, const IngestOptions& options, StreamWriter* writer) {
  auto pipe = std::make_unique<CopyPipe>(track, options, writer);
  if (absl::Status status = pipe->Open(); !status.ok()) return status;
  return pipe;
}

}  // namespace fovea
