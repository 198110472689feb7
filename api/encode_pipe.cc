// SPDX-License-Identifier: GPL-2.0-or-later
//
// Camera frames to stored GOPs. Encoding order is presentation order (no
// B-frames), so what is known of a frame waits in a queue until its picture
// comes out of the encoder.

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/answer_source.h"
#include "api/gradient_source.h"
#include "api/motion_watch.h"
#include "api/original_looks.h"
#include "api/overlap_source.h"
#include "api/parameter_sets.h"
#include "api/picture_features.h"
#include "api/prior_source.h"
#include "api/reused_looks.h"
#include "api/track_pipe.h"
#include "codec/canonical_gop.h"
#include "codec/frame_freezer.h"
#include "codec/grid.h"
#include "codec/quality_side_data.h"
#include "filter/fingerprint.h"

namespace fovea {
namespace {

constexpr int kDefaultGopFrames = 60;  // where the rate is unknown
constexpr int kMaxGopFrames = 300;

// Not a rule such as the proxy, but something that had a digest.
bool NamesModel(const QualitySideData& side_data) {
  return std::any_of(
      side_data.models.begin(), side_data.models.end(),
      [](const ModelId& model) { return model.digest != ModelDigest{}; });
}

class EncodePipe : public TrackPipe {
 public:
  EncodePipe(const Track& track, const IngestOptions& options,
             StreamWriter* writer,
             std::function<void(const FailedModel&)> model_failed)
      : camera_(track.camera),
        options_(options),
        writer_(writer),
        model_failed_(std::move(model_failed)) {}

  absl::Status Open(int64_t first_frame, const std::vector<CameraPrior>& priors,
                    const std::optional<OverlapSpan>& overlap) {
    auto meter = GridMeter::Create(camera_.width, camera_.height);
    if (!meter.ok()) return meter.status();
    meter_ = *std::move(meter);
    if (absl::Status s = OpenWatch(); !s.ok()) return s;
    auto assembler = GopAssembler::Create(kAnnexB, {}, NameParameterSet);
    if (!assembler.ok()) return assembler.status();
    assembler_ = *std::move(assembler);
    if (absl::Status s = OpenReused(first_frame); !s.ok()) return s;
    if (absl::Status s = OpenOriginals(first_frame); !s.ok()) return s;
    auto maps = OpenMaps(first_frame, priors);
    if (!maps.ok()) return maps.status();
    maps_ = *std::move(maps);
    if (overlap) {
      maps_ = OverlapSource(std::move(maps_), overlap->mask, overlap->qp_offset,
                            overlap->from_ns, overlap->to_ns);
    }
    names_model_ = NamesModel(maps_->SideData());
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
    if (watch_ != nullptr) watch_->Reset();
    if (reused_ != nullptr) reused_->Reset();
    return gop->has_value() ? Store(**gop) : absl::OkStatus();
  }

  std::vector<ReuseReport> Reuse() const override {
    if (reused_ == nullptr) return {};
    return reused_->Reports();
  }

 private:
  struct Waiting {
    int64_t pts, time_ns, duration_ns;
    FrameEntry features;
    std::vector<FrameLook> looks;  // of the models, where they looked
    TrackedPicture motion;
    // Where models are behind the map, until the picture is encoded.
    std::optional<QualitySideData> side_data;
  };

  absl::StatusOr<std::unique_ptr<MapSource>> OpenMaps(
      int64_t first_frame, const std::vector<CameraPrior>& priors) {
    if (options_.models.empty() && options_.external_models.empty()) {
      if (!priors.empty()) {
        return OpenPriorSource(priors, options_.map.allocation);
      }
      MapSourceOptions map = options_.map;
      map.first_frame = first_frame;
      return OpenMapSource(map, camera_.width, camera_.height);
    }
    std::vector<std::unique_ptr<MapSource>> sources;
    if (!options_.models.empty()) {
      auto gradients = OpenGradients();
      if (!gradients.ok()) return gradients.status();
      sources.push_back(*std::move(gradients));
    }
    for (ExternalModel* model : options_.external_models) {
      auto answers = OpenAnswers(model, first_frame);
      if (!answers.ok()) return answers.status();
      sources.push_back(*std::move(answers));
    }
    return CombineSources(std::move(sources));
  }

  absl::StatusOr<std::unique_ptr<MapSource>> OpenGradients() {
    GradientOptions gradients;
    gradients.models = options_.models;
    gradients.every = options_.gradient_every;
    gradients.allocation = options_.map.allocation;
    return OpenGradientSource(
        gradients, camera_, [this](const GradientPass& pass) {
          FrameLook look =
              LookOf(pass.model->description(), *pass.answer, *pass.frame);
          look.sensitivity = PerMacroblock(*pass.info, *pass.sensitivity);
          look.columns = pass.info->columns();
          look.rows = pass.info->rows();
          waiting_.back().looks.push_back(std::move(look));
        });
  }

  absl::StatusOr<std::unique_ptr<MapSource>> OpenAnswers(ExternalModel* model,
                                                         int64_t first_frame) {
    MapSourceOptions proxy;
    proxy.allocation = options_.map.allocation;
    auto instead = OpenMapSource(proxy, camera_.width, camera_.height);
    if (!instead.ok()) return instead.status();
    AnswerOptions answers;
    answers.model = model;
    answers.every = options_.gradient_every;
    answers.longest_answer_ns = options_.longest_answer_ns;
    AnswerEvents events;
    events.answered = [this](const ModelDescription& said_by,
                             const Frame& frame, const Answer& answer) {
      waiting_.back().looks.push_back(LookOf(said_by, answer, frame));
    };
    events.failed = [this, first_frame](const ModelDescription& failed,
                                        int64_t index,
                                        const absl::Status& error) {
      Fail(failed.id, first_frame + index, error);
      if (reused_ != nullptr) reused_->Fail(failed, error);
    };
    return OpenAnswerSource(answers, camera_, *std::move(instead),
                            std::move(events));
  }

  // Once per model: who makes maps and who reuses answers ask it both.
  void Fail(const ModelId& model, int64_t frame, const absl::Status& error) {
    if (!failed_.insert(model.digest).second) return;
    model_failed_({writer_->name(), model, frame, error});
  }

  // Where answers are reused, reused_ says what is to be observed.
  FrameLook LookOf(const ModelDescription& model, const Answer& answer,
                   const Frame& frame) {
    FrameLook look;
    if (originals_ != nullptr) originals_->Know(model, answer);
    if (reused_ != nullptr) {
      look.says = FrameLook::Says::kNothing;
      look.answer.model = &model;
      reused_->Know(model, answer);
    } else {
      look.answer = Observe(model, answer, frame);
      look.every = options_.gradient_every;
    }
    return look;
  }

  // Told by index in the stream, which begins here at `first_frame` of the
  // source.
  OriginalLooks::Failed FailedAt(int64_t first_frame) {
    const uint64_t first_index = writer_->next_index();
    return
        [this, first_frame, first_index](const ModelId& model, uint64_t index,
                                         const absl::Status& error) {
          const auto frame = static_cast<int64_t>(index - first_index);
          Fail(model, first_frame + frame, error);
        };
  }

  absl::Status OpenReused(int64_t first_frame) {
    if (!options_.reuse || writer_->store() == nullptr) return absl::OkStatus();
    auto reused = ReusedLooks::Open(options_, camera_.color, writer_,
                                    FailedAt(first_frame));
    if (!reused.ok()) return reused.status();
    reused_ = *std::move(reused);
    return absl::OkStatus();
  }

  absl::Status OpenOriginals(int64_t first_frame) {
    if (!options_.originals || writer_->store() == nullptr) {
      return absl::OkStatus();
    }
    auto originals = OriginalLooks::Open(options_, camera_.color, writer_,
                                         FailedAt(first_frame));
    if (!originals.ok()) return originals.status();
    originals_ = *std::move(originals);
    if (reused_ == nullptr) return absl::OkStatus();
    reused_->OnGiven(
        [this](const ModelDescription& model, const Answered& answered) {
          originals_->Give(model, answered);
        });
    return absl::OkStatus();
  }

  absl::Status OpenWatch() {
    if (!options_.motion) return absl::OkStatus();
    auto watch = MotionWatch::Create(camera_.width, camera_.height);
    if (!watch.ok()) return watch.status();
    watch_ = *std::move(watch);
    return absl::OkStatus();
  }

  absl::Status OpenEncoder() {
    VideoEncoderOptions encoder_options = EncoderOptionsFor(camera_, options_);
    int& chroma = encoder_options.tables.chroma_qp_offset;
    chroma = maps_->chroma_qp_offset().value_or(chroma);
    chroma_qp_offset_ = chroma;
    auto encoder = NewVideoEncoder(encoder_options);
    if (!encoder.ok()) return encoder.status();
    encoder_ = *std::move(encoder);
    has_pts_ = false;
    return OpenFreezer(encoder_options.gop_frames);
  }

  // Blocks are sent anew with every keyframe, and so after a gap.
  absl::Status OpenFreezer(int gop_frames) {
    freezer_.reset();
    if (!options_.freeze.value_or(maps_->of_models())) return absl::OkStatus();
    FreezeOptions freeze;
    freeze.refresh_frames = gop_frames;
    auto freezer = FrameFreezer::Create(camera_.width, camera_.height, freeze);
    if (!freezer.ok()) return freezer.status();
    freezer_ = *std::move(freezer);
    return absl::OkStatus();
  }

  absl::Status Encode(const Frame& frame) {
    absl::StatusOr<const Grid*> grid = meter_->Measure(frame);
    if (!grid.ok()) return grid.status();
    const uint64_t index = writer_->next_index() + waiting_.size();
    waiting_.push_back(
        {frame.pts, frame.time_ns, frame.duration_ns, {}, {}, {}, {}});
    Waiting& waiting = waiting_.back();
    SetFeatures(**grid, &waiting.features);
    if (watch_ != nullptr) {
      waiting.motion = watch_->Look(**grid, frame.time_ns, &waiting.features);
    }
    writer_->Delivered(1);

    // The encoder wants time to move on; the frame table keeps the truth.
    Frame timed = frame;
    if (has_pts_ && timed.pts <= last_pts_) timed.pts = last_pts_ + 1;
    last_pts_ = timed.pts;
    has_pts_ = true;

    const auto map = maps_->Next(frame, *grid);
    if (!map.ok()) return map.status();
    if (reused_ != nullptr) {
      absl::Status s =
          reused_->Look(index, frame, **grid, &waiting_.back().looks);
      if (!s.ok()) return s;
    }
    if (originals_ != nullptr) {
      if (absl::Status s = originals_->Look(index, frame); !s.ok()) return s;
    }
    if (names_model_) {
      waiting_.back().side_data = maps_->SideData();
      waiting_.back().side_data->chroma_qp_offset = chroma_qp_offset_;
    }
    if (freezer_ != nullptr) {
      auto frozen = freezer_->Freeze(timed, *map, maps_->boxes());
      if (!frozen.ok()) return frozen.status();
      timed = *std::move(frozen);
    }
    std::vector<EncodedFrame> out;
    if (absl::Status s = encoder_->Encode(timed, *map, &out); !s.ok()) {
      return s;
    }
    return Assemble(out);
  }

  absl::Status Assemble(std::vector<EncodedFrame>& encoded) {
    for (EncodedFrame& picture : encoded) {
      Waiting& source = waiting_[assembled_++];
      if (absl::Status s = Mark(&source, &picture); !s.ok()) return s;
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

  // Keyframes tell whose sensitivities their GOP was encoded under.
  static absl::Status Mark(Waiting* source, EncodedFrame* picture) {
    const auto side_data = std::exchange(source->side_data, std::nullopt);
    if (!side_data || !picture->keyframe) return absl::OkStatus();
    const auto sei = SideDataSei(*side_data);
    if (!sei.ok()) return sei.status();
    return InsertSei(*sei, &picture->data);
  }

  absl::Status Store(const CanonicalGop& gop) {
    FrameTable table;
    table.fingerprint_version = kFingerprintVersion;
    std::vector<FrameLook> looks;
    std::vector<TrackedPicture> motion;
    for (const GopPicture& picture : gop.pictures) {
      FrameEntry entry = waiting_.front().features;
      for (FrameLook& look : waiting_.front().looks) {
        look.picture = table.frames.size();
        looks.push_back(std::move(look));
      }
      if (watch_ != nullptr) {
        motion.push_back(std::move(waiting_.front().motion));
      }
      waiting_.pop_front();
      --assembled_;
      SetPicture(picture, &entry);
      table.frames.push_back(entry);
    }
    return writer_->AddGop(gop, std::move(table), looks, motion);
  }

  const CameraInfo camera_;
  const IngestOptions& options_;
  StreamWriter* const writer_;
  const std::function<void(const FailedModel&)> model_failed_;
  std::set<ModelDigest> failed_;
  std::unique_ptr<GridMeter> meter_;
  std::unique_ptr<MotionWatch> watch_;        // null: not asked for
  std::unique_ptr<ReusedLooks> reused_;       // null: answers are not reused
  std::unique_ptr<OriginalLooks> originals_;  // null: none are kept
  std::unique_ptr<MapSource> maps_;
  std::unique_ptr<VideoEncoder> encoder_;
  std::unique_ptr<FrameFreezer> freezer_;
  std::unique_ptr<GopAssembler> assembler_;
  std::deque<Waiting> waiting_;  // frames not yet in a stored GOP
  size_t assembled_ = 0;         // of those, already encoded
  int chroma_qp_offset_ = 0;
  bool names_model_ = false;  // keyframes carry side data
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
    const std::vector<CameraPrior>& priors,
    const std::optional<OverlapSpan>& overlap, StreamWriter* writer,
    std::function<void(const FailedModel&)> model_failed) {
  auto pipe = std::make_unique<EncodePipe>(track, options, writer,
                                           std::move(model_failed));
  if (absl::Status s = pipe->Open(first_frame, priors, overlap); !s.ok())
    return s;
  return pipe;
}

}  // namespace fovea
