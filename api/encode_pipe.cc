// SPDX-License-Identifier: GPL-2.0-or-later
//
// Camera frames to stored GOPs. Encoding order is presentation order (no
// B-frames), so what is known of a frame waits in a queue until its picture
// comes out of the encoder.

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/gradient_source.h"
#include "api/parameter_sets.h"
#include "api/picture_features.h"
#include "api/track_pipe.h"
#include "codec/canonical_gop.h"
#include "codec/grid.h"
#include "filter/fingerprint.h"

namespace fovea {
namespace {

constexpr int kDefaultGopFrames = 60;  // where the rate is unknown
constexpr int kMaxGopFrames = 300;

class EncodePipe : public TrackPipe {
 public:
  EncodePipe(const Track& track, const IngestOptions& options,
             StreamWriter* writer)
      : camera_(track.camera), options_(options), writer_(writer) {}

  absl::Status Open(int64_t first_frame) {
    auto meter = GridMeter::Create(camera_.width, camera_.height);
    if (!meter.ok()) return meter.status();
    meter_ = *std::move(meter);
    auto assembler = GopAssembler::Create(kAnnexB, {}, NameParameterSet);
    if (!assembler.ok()) return assembler.status();
    assembler_ = *std::move(assembler);
    auto maps = OpenMaps(first_frame);
    if (!maps.ok()) return maps.status();
    maps_ = *std::move(maps);
    return OpenEncoder();
  }

  absl::Status Add(SourceItem item) override {
    const Frame& frame = std::get<Frame>(item.value);
    if (frame.width != camera_.width || frame.height != camera_.height) {
      writer_->Reject(1, absl::StrCat("frame of ", frame.width, "x",
                                      frame.height, " in a stream of ",
                                      camera_.width, "x", camera_.height));
      return absl::OkStatus();
    }
    if (encoder_ == nullptr) {
      if (absl::Status status = OpenEncoder(); !status.ok()) return status;
    }
    return Encode(frame);
  }

  absl::Status Drain() override {
    if (encoder_ == nullptr) return absl::OkStatus();
    std::vector<EncodedFrame> out;
    if (absl::Status s = encoder_->Flush(&out); !s.ok()) return s;
    encoder_.reset();
    if (absl::Status s = Assemble(out); !s.ok()) return s;
    auto gop = assembler_->Finish();
    if (!gop.ok()) return gop.status();
    meter_->Reset();
    return gop->has_value() ? Store(**gop) : absl::OkStatus();
  }

 private:
  struct Waiting {
    int64_t pts, time_ns, duration_ns;
    FrameEntry features;
  };

  absl::StatusOr<std::unique_ptr<MapSource>> OpenMaps(int64_t first_frame) {
    if (options_.models.empty()) {
      MapSourceOptions map = options_.map;
      map.first_frame = first_frame;
      return OpenMapSource(map, camera_.width, camera_.height);
    }
    GradientOptions gradients;
    gradients.models = options_.models;
    gradients.every = options_.gradient_every;
    gradients.allocation = options_.map.allocation;
    return OpenGradientSource(gradients, camera_, nullptr);
  }

  absl::Status OpenEncoder() {
    VideoEncoderOptions encoder_options = EncoderOptionsFor(camera_, options_);
    int& chroma = encoder_options.tables.chroma_qp_offset;
    chroma = maps_->chroma_qp_offset().value_or(chroma);
    auto encoder = NewVideoEncoder(encoder_options);
    if (!encoder.ok()) return encoder.status();
    encoder_ = *std::move(encoder);
    has_pts_ = false;
    return absl::OkStatus();
  }

  absl::Status Encode(const Frame& frame) {
    absl::StatusOr<const Grid*> grid = meter_->Measure(frame);
    if (!grid.ok()) return grid.status();
    Waiting waiting{frame.pts, frame.time_ns, frame.duration_ns, {}};
    SetFeatures(**grid, &waiting.features);
    waiting_.push_back(waiting);
    writer_->Delivered(1);

    // The encoder wants time to move on; the frame table keeps the truth.
    Frame timed = frame;
    if (has_pts_ && timed.pts <= last_pts_) timed.pts = last_pts_ + 1;
    last_pts_ = timed.pts;
    has_pts_ = true;

    const auto map = maps_->Next(frame, *grid);
    if (!map.ok()) return map.status();
    std::vector<EncodedFrame> out;
    if (absl::Status s = encoder_->Encode(timed, *map, &out); !s.ok()) {
      return s;
    }
    return Assemble(out);
  }

  absl::Status Assemble(std::vector<EncodedFrame>& encoded) {
    for (EncodedFrame& picture : encoded) {
      const Waiting& source = waiting_[assembled_++];
      AccessUnit unit;
      unit.data = std::move(picture.data);
      unit.pts = unit.dts = source.pts;
      unit.time_ns = source.time_ns;
      unit.duration_ns = source.duration_ns;
      unit.keyframe = picture.keyframe;
      auto gop = assembler_->Add(unit);
      if (!gop.ok()) return gop.status();
      if (!gop->has_value()) continue;
      if (absl::Status status = Store(**gop); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Store(const CanonicalGop& gop) {
    FrameTable table;
    table.fingerprint_version = kFingerprintVersion;
    for (const GopPicture& picture : gop.pictures) {
      FrameEntry entry = waiting_.front().features;
      waiting_.pop_front();
      --assembled_;
      SetPicture(picture, &entry);
      table.frames.push_back(entry);
    }
    return writer_->AddGop(gop, std::move(table));
  }

  const CameraInfo camera_;
  const IngestOptions& options_;
  StreamWriter* const writer_;
  std::unique_ptr<GridMeter> meter_;
  std::unique_ptr<MapSource> maps_;
  std::unique_ptr<VideoEncoder> encoder_;
  std::unique_ptr<GopAssembler> assembler_;
  std::deque<Waiting> waiting_;  // frames not yet in a stored GOP
  size_t assembled_ = 0;         // of those, already encoded
  bool has_pts_ = false;
  int64_t last_pts_ = 0;
};

}  // namespace

VideoEncoderOptions EncoderOptionsFor(const CameraInfo& camera,
                                      const IngestOptions& options) {
  VideoEncoderOptions encoder;
  encoder.camera = camera;
  encoder.crf = options.crf;
  encoder.preset = options.preset;
  encoder.threads = options.jobs;
  encoder.zero_latency = false;
  encoder.gop_frames = kDefaultGopFrames;
  if (camera.frame_rate.num > 0) {
    const double fps =
        static_cast<double>(camera.frame_rate.num) / camera.frame_rate.den;
    encoder.gop_frames =
        static_cast<int>(std::clamp(std::lround(fps * options.gop_seconds), 1L,
                                    static_cast<long>(kMaxGopFrames)));
  }
  return encoder;
}

absl::StatusOr<std::unique_ptr<TrackPipe>> NewEncodePipe(
    const Track& track, const IngestOptions& options, int64_t first_frame,
    StreamWriter* writer) {
  auto pipe = std::make_unique<EncodePipe>(track, options, writer);
  if (absl::Status s = pipe->Open(first_frame); !s.ok()) return s;
  return pipe;
}

}  // namespace fovea
