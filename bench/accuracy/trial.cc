// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/trial.h"

#include <cstddef>
#include <ctime>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/decode/video_decoder.h"
#include "codec/video_encoder.h"

namespace fovea::bench {
namespace {

struct Coded {
  std::vector<EncodedFrame> frames;
  double map_s = 0;
  double encode_s = 0;
};

absl::StatusOr<Coded> EncodeAll(const Clip& clip, const Policy& policy,
                                double crf, const AnswersByJudge& answers) {
  auto maker = NewMapMaker(policy, clip, answers);
  if (!maker.ok()) return maker.status();
  VideoEncoderOptions options = EncoderOptions(clip.camera, policy, crf);
  int& chroma = options.tables.chroma_qp_offset;
  chroma = (*maker)->chroma_qp_offset().value_or(chroma);
  auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  Coded coded;
  for (size_t i = 0; i < clip.frames.size(); ++i) {
    const double start = ThreadSeconds();
    auto prepared = (*maker)->Next();
    if (!prepared.ok()) return prepared.status();
    const double mapped = ThreadSeconds();
    absl::Status status =
        (*encoder)->Encode(prepared->frame, prepared->map, &coded.frames);
    if (!status.ok()) return status;
    coded.map_s += mapped - start;
    coded.encode_s += ThreadSeconds() - mapped;
  }
  const double start = ThreadSeconds();
  absl::Status status = (*encoder)->Flush(&coded.frames);
  if (!status.ok()) return status;
  coded.encode_s += ThreadSeconds() - start;
  return coded;
}

// Gathers what judges say while pictures come out of the decoder.
class Bench {
 public:
  Bench(const Clip& clip, const AnswersByJudge& answers,
        const std::vector<Judge*>& judges)
      : clip_(clip),
        answers_(answers),
        judges_(judges),
        points_(judges.size()) {
    for (size_t i = 0; i < judges.size(); ++i) {
      points_[i].judge = judges[i]->info().name;
    }
  }

  absl::Status Show(const Frame& frame) {
    const size_t index = shown_++;
    if (index % static_cast<size_t>(clip_.choice.every) != 0) {
      return absl::OkStatus();
    }
    const BgrImage picture = ToBgr(frame, clip_.camera.color);
    for (size_t i = 0; i < judges_.size(); ++i) {
      const double start = ThreadSeconds();
      auto answer = judges_[i]->Look(picture);
      if (!answer.ok()) return answer.status();
      points_[i].cost.judge_ms += (ThreadSeconds() - start) * 1e3;
      const Answers& original = answers_.at(points_[i].judge);
      points_[i].agreement.push_back(
          Compare(original.frames[index], *answer, original.judge.threshold));
    }
    return absl::OkStatus();
  }

  size_t shown() const { return shown_; }
  std::vector<Point> TakePoints() { return std::move(points_); }

 private:
  const Clip& clip_;
  const AnswersByJudge& answers_;
  const std::vector<Judge*>& judges_;
  std::vector<Point> points_;
  size_t shown_ = 0;
};

// Decodes access unit by access unit; adds decoding time to `seconds`.
absl::Status DecodeTo(const Clip& clip, const Coded& coded, Bench* bench,
                      double* seconds) {
  VideoDecoderOptions options;
  options.width = clip.camera.width;
  options.height = clip.camera.height;
  auto decoder = VideoDecoder::Create(options);
  if (!decoder.ok()) return decoder.status();
  for (size_t i = 0; i <= coded.frames.size(); ++i) {
    std::vector<Frame> decoded;
    const double start = ThreadSeconds();
    absl::Status status =
        i < coded.frames.size()
            ? (*decoder)->Decode(coded.frames[i].data, coded.frames[i].pts,
                                 &decoded)
            : (*decoder)->Flush(&decoded);
    if (!status.ok()) return status;
    *seconds += ThreadSeconds() - start;
    for (const Frame& frame : decoded) {
      status = bench->Show(frame);
      if (!status.ok()) return status;
    }
  }
  if (bench->shown() == clip.frames.size()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("clip ", clip.choice.name, ": ", clip.frames.size(),
                   " frames encoded but ", bench->shown(), " decoded"));
}

std::vector<int> SizesOf(const Coded& coded) {
  std::vector<int> sizes;
  for (const EncodedFrame& frame : coded.frames) {
    sizes.push_back(static_cast<int>(frame.data.size()));
  }
  return sizes;
}

void Describe(const Clip& clip, const Policy& policy, double crf,
              const Coded& coded, double decode_s, Point* point) {
  const double frames = static_cast<double>(clip.frames.size());
  point->clip = clip.choice.name;
  point->policy = policy.Text();
  point->crf = crf;
  point->frames_per_second = clip.frames_per_second();
  point->every = clip.choice.every;
  point->frame_bytes = SizesOf(coded);
  point->cost.map_ms = coded.map_s / frames * 1e3;
  point->cost.encode_ms = coded.encode_s / frames * 1e3;
  point->cost.decode_ms = decode_s / frames * 1e3;
  point->cost.judge_ms /= static_cast<double>(point->agreement.size());
}

}  // namespace

double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

VideoEncoderOptions EncoderOptions(const CameraInfo& camera,
                                   const Policy& policy, double crf) {
  VideoEncoderOptions options;
  options.camera = camera;
  options.crf = crf;
  options.aq_mode = policy.aq;
  options.mb_tree = policy.mb_tree;
  options.map_mode = policy.exact ? MapMode::kExact : MapMode::kStacked;
  options.tables.chroma_qp_offset = policy.chroma;
  options.preset = "medium";
  options.gop_frames = 60;
  options.threads = 1;
  return options;
}

absl::StatusOr<std::vector<int>> EncodedSizes(const Clip& clip,
                                              const Policy& policy, double crf,
                                              const AnswersByJudge& answers) {
  const auto coded = EncodeAll(clip, policy, crf, answers);
  if (!coded.ok()) return coded.status();
  return SizesOf(*coded);
}

absl::StatusOr<std::vector<Point>> RunTrial(const Clip& clip,
                                            const Policy& policy, double crf,
                                            const AnswersByJudge& answers,
                                            const std::vector<Judge*>& judges) {
  auto coded = EncodeAll(clip, policy, crf, answers);
  if (!coded.ok()) return coded.status();
  Bench bench(clip, answers, judges);
  double decode_s = 0;
  absl::Status status = DecodeTo(clip, *coded, &bench, &decode_s);
  if (!status.ok()) return status;
  std::vector<Point> points = bench.TakePoints();
  for (Point& point : points) {
    Describe(clip, policy, crf, *coded, decode_s, &point);
  }
  return points;
}

}  // namespace fovea::bench
