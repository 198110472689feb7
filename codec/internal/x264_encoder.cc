// SPDX-License-Identifier: GPL-2.0-or-later
//
// libx264 behind VideoEncoder. What x264 does with a map, measured on build
// 164, and what this file does about it:
//  * The map is dropped without a word whenever the effective AQ mode is 0:
//    preset ultrafast, and crf below 1 (taken as lossless). AQ is switched
//    on where the preset has it off, and the effective mode is read back
//    after opening.
//  * A step of one QP between neighbouring macroblocks is ignored, hence the
//    even offsets of QualityMap.
//  * Exact mode: base QP = crf holds with qcompress 1, no mb-tree, AQ of
//    strength 1e-6 and equal factors for I and P frames.
//  * From subme 10 on x264 chooses each macroblock's QP anew by rate and
//    distortion, which bends a map (correlation 0.87): capped at 9.
//  * Without mb-tree and with qcompress < 1 the map's mean moves the base
//    QP against it; there qcompress is set to 1.
//  * QPs of 52..69 are an emergency denoiser that wrecks regions: qp_max 51.
//  * Under a ceiling on several threads, and with sliced threads over a single
//    look-ahead thread, bytes change from run to run: a ceiling gets one
//    thread, sliced threads as many look-ahead threads as there are slices.
//  * Psycho-visual options spend bits on what only eyes see: off.
//  * pic_out.i_qpplus1 is the base QP, before AQ, mb-tree and map; the mean
//    over macroblocks appears only in the debug log, so it is read there.
// x264 reads offsets and pixels inside the encode call and keeps neither.

#ifdef FOVEA_X264

#include "codec/internal/x264_encoder.h"

#include <x264.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::internal {
namespace {

constexpr uint8_t kUnspecified = 2;  // colour code point
constexpr uint8_t kMatrixRgb = 0;
constexpr int64_t kMaxTickStep = int64_t{1} << 31;
// The finest subme that leaves QPs alone.
constexpr int kFinestFixedQp = 9;
// Too weak to change a QP, strong enough to keep x264 adding maps: at zero
// it switches to AQ mode 0, which drops them.
constexpr float kNoAqStrength = 1e-6F;

// What x264 says: failures in words, and each frame's mean QP. Called from
// C, so nothing here may throw.
struct X264Log {
  char error[256] = "";
  std::optional<float> frame_qp;

  static void Take(void* self, int level, const char* format, va_list args) {
    char line[512];
    std::vsnprintf(line, sizeof(line), format, args);
    static_cast<X264Log*>(self)->TakeLine(level, line);
  }

  void TakeLine(int level, const char* line) {
    float qp = 0;
    if (level == X264_LOG_ERROR) {
      std::snprintf(error, sizeof(error), "%.*s",
                    static_cast<int>(std::strcspn(line, "\n")), line);
    } else if (std::sscanf(line, "frame=%*d QP=%f", &qp) == 1) {
      frame_qp = qp;
    }
  }
};

struct CloseX264 {
  void operator()(x264_t* encoder) const { x264_encoder_close(encoder); }
};
using X264Handle = std::unique_ptr<x264_t, CloseX264>;

// Where even the message may find no memory.
absl::Status OutOfMemory(const char* what) try {
  return absl::ResourceExhaustedError(what);
} catch (const std::bad_alloc&) {
  return absl::Status(absl::StatusCode::kResourceExhausted, "");
}

int RoundUpToEven(int value) { return value + value % 2; }

void SetPicture(const CameraInfo& camera, x264_param_t* param) {
  param->i_width = RoundUpToEven(camera.width);
  param->i_height = RoundUpToEven(camera.height);
  param->i_csp = X264_CSP_I420;
  const Rational aspect = camera.sample_aspect;
  if (aspect.num > 0 && aspect.den > 0) {
    param->vui.i_sar_width = aspect.num;
    param->vui.i_sar_height = aspect.den;
  }
  const ColorInfo& color = camera.color;
  param->vui.b_fullrange = color.full_range ? 1 : 0;
  param->vui.i_colorprim = color.primaries;
  param->vui.i_transfer = color.transfer;
  // Frames are Y'CbCr whatever their source was.
  param->vui.i_colmatrix =
      color.matrix == kMatrixRgb ? kUnspecified : color.matrix;
}

void SetTiming(const VideoEncoderOptions& options, x264_param_t* param) {
  const Rational rate = options.camera.frame_rate;
  if (rate.num > 0 && rate.den > 0) {
    param->i_fps_num = static_cast<uint32_t>(rate.num);
    param->i_fps_den = static_cast<uint32_t>(rate.den);
  }
  const Rational base = options.camera.time_base;
  param->i_timebase_num = static_cast<uint32_t>(base.num);
  param->i_timebase_den = static_cast<uint32_t>(base.den);
  // Knowing a frame's duration means waiting for the next one, which
  // zero latency cannot.
  param->b_vfr_input = options.zero_latency ? 0 : 1;
}

void SetStructure(const VideoEncoderOptions& options, x264_param_t* param) {
  // Without AVX-512: its version of the macroblock tree (r3095) lets in what
  // lies behind rows that are no multiple of 8 macroblocks, so that equal
  // input gives other bytes. AVX2 is as fast.
  param->cpu &= ~X264_CPU_AVX512;
  param->i_keyint_max = options.gop_frames;
  param->i_scenecut_threshold = 40;  // x264's default; ultrafast turns it off
  param->b_open_gop = 0;
  param->i_bframe = 0;
  param->b_repeat_headers = 1;
  param->b_annexb = 1;
  param->b_aud = 0;
  param->i_threads = options.max_bytes_per_second > 0 ? 1 : options.threads;
  param->b_deterministic = 1;
  if (options.zero_latency) {
    param->b_sliced_threads = param->i_threads > 1 ? 1 : 0;
    param->i_sync_lookahead = 0;
    param->rc.i_lookahead = 0;
    param->rc.b_mb_tree = 0;
  } else {
    param->i_lookahead_threads = 1;
  }
}

// Lists are in raster order (x264 scans them itself); 16 is flat. Chroma has
// only 4x4 lists in 4:2:0: every second frequency of the 8x8 weights.
void SetScalingLists(const QualityTables& tables, x264_param_t* param) {
  if (tables.flat()) return;
  const auto step = [](float weight) {
    return static_cast<uint8_t>(
        std::clamp<long>(std::lround(16 * weight), 1, 255));
  };
  const QualityTables::Weights& weight = tables.frequency_weight;
  for (size_t k = 0; k < 64; ++k) {
    param->cqm_8iy[k] = param->cqm_8py[k] = step(weight[0][k]);
    param->cqm_8ic[k] = param->cqm_8pc[k] =
        step((weight[1][k] + weight[2][k]) / 2);
  }
  for (size_t k = 0; k < 16; ++k) {
    const size_t from = k / 4 * 16 + k % 4 * 2;
    param->cqm_4iy[k] = param->cqm_4py[k] = step(weight[0][from]);
    param->cqm_4ic[k] = param->cqm_4pc[k] =
        step((weight[1][from] + weight[2][from]) / 2);
  }
  param->i_cqm_preset = X264_CQM_CUSTOM;
  param->analyse.b_transform_8x8 = 1;
}

// x264 counts kilobits.
int Kilobits(int64_t bytes) { return static_cast<int>(bytes * 8 / 1000); }

void SetRate(const VideoEncoderOptions& options, x264_param_t* param) {
  param->rc.i_rc_method = X264_RC_CRF;
  param->rc.f_rf_constant = static_cast<float>(options.crf);
  if (options.bytes_per_second > 0) {
    param->rc.i_rc_method = X264_RC_ABR;
    param->rc.i_bitrate = Kilobits(options.bytes_per_second);
  }
  if (options.max_bytes_per_second > 0) {
    param->rc.i_vbv_max_bitrate = Kilobits(options.max_bytes_per_second);
    param->rc.i_vbv_buffer_size = param->rc.i_vbv_max_bitrate;
  }
}

void SetQuality(const VideoEncoderOptions& options, x264_param_t* param) {
  SetRate(options, param);
  SetScalingLists(options.tables, param);
  param->rc.i_qp_max = 51;
  param->analyse.b_psy = 0;
  param->analyse.i_subpel_refine =
      std::min(param->analyse.i_subpel_refine, kFinestFixedQp);
  param->analyse.i_chroma_qp_offset = options.tables.chroma_qp_offset;
  param->rc.i_aq_mode = static_cast<int>(options.aq_mode);
  if (!options.mb_tree || options.gop_frames == 1) param->rc.b_mb_tree = 0;
  if (options.map_mode == MapMode::kExact) {
    param->rc.i_aq_mode = X264_AQ_NONE;
    param->rc.b_mb_tree = 0;
    param->rc.f_ip_factor = 1.0F;
  }
  if (param->rc.i_aq_mode == X264_AQ_NONE) {
    param->rc.i_aq_mode = X264_AQ_VARIANCE;
    param->rc.f_aq_strength = kNoAqStrength;
  }
  if (!param->rc.b_mb_tree) param->rc.f_qcompress = 1.0F;
}

absl::Status CheckEffective(x264_t* encoder, double crf) {
  x264_param_t effective;
  x264_encoder_parameters(encoder, &effective);
  if (effective.rc.i_aq_mode != X264_AQ_NONE) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("encoder crf ", crf,
                   ": x264 codes this losslessly and would ignore quality "
                   "maps; use 1 or more"));
}

absl::Status CheckPlanes(const Frame& frame) {
  const int luma = frame.width;
  const int chroma = frame.chroma_width();
  if (frame.y.data == nullptr || frame.u.data == nullptr ||
      frame.v.data == nullptr) {
    return absl::InvalidArgumentError("frame to encode has a null plane");
  }
  if (frame.y.stride < luma || frame.u.stride < chroma ||
      frame.v.stride < chroma) {
    return absl::InvalidArgumentError(
        "frame to encode has a stride below its width");
  }
  return absl::OkStatus();
}

absl::Status CheckMap(const QualityMap& map, const CameraInfo& camera) {
  const int columns = MacroblockCount(camera.width);
  const int rows = MacroblockCount(camera.height);
  const size_t count = static_cast<size_t>(columns) * static_cast<size_t>(rows);
  if (map.columns != columns || map.rows != rows ||
      map.qp_offset.size() != count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "quality map of ", map.columns, "x", map.rows, " with ",
        map.qp_offset.size(), " offsets: expected ", columns, "x", rows));
  }
  const auto coarsest =
      std::max_element(map.qp_offset.begin(), map.qp_offset.end());
  if (*coarsest > kMaxQpOffset) {
    return absl::InvalidArgumentError(absl::StrCat("quality map offset ",
                                                   static_cast<int>(*coarsest),
                                                   ": at most ", kMaxQpOffset));
  }
  return absl::OkStatus();
}

class X264Encoder final : public VideoEncoder {
 public:
  explicit X264Encoder(const VideoEncoderOptions& options)
      : camera_(options.camera), vfr_(!options.zero_latency) {}

  absl::Status Open(const VideoEncoderOptions& options);
  absl::Status Encode(const Frame& frame, const QualityMap* map,
                      std::vector<EncodedFrame>* out) override;
  absl::Status Flush(std::vector<EncodedFrame>* out) override;

 private:
  struct Times {
    int64_t pts, time_ns, duration_ns;
  };

  absl::Status Check(const Frame& frame, const QualityMap* map) const;
  absl::Status Run(x264_picture_t* picture, std::vector<EncodedFrame>* out);
  Plane PaddedLuma(const Frame& frame);
  float* Offsets(const QualityMap& map);
  int64_t NextTick(int64_t pts);

  const CameraInfo camera_;
  const bool vfr_;
  X264Log log_;  // outlives encoder_, which writes to it
  X264Handle encoder_;
  bool finished_ = false;
  std::optional<int64_t> last_pts_;
  int64_t tick_ = 0;
  std::deque<Times> inside_;  // of the frames not yet out
  std::vector<uint8_t> padded_luma_;
  std::vector<float> offsets_;
};

absl::Status X264Encoder::Open(const VideoEncoderOptions& options) {
  x264_param_t param;
  if (x264_param_default_preset(&param, options.preset.c_str(), nullptr) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("x264 knows no preset '", options.preset, "'"));
  }
  SetPicture(options.camera, &param);
  SetTiming(options, &param);
  SetStructure(options, &param);
  SetQuality(options, &param);
  param.pf_log = &X264Log::Take;
  param.p_log_private = &log_;
  param.i_log_level = X264_LOG_DEBUG;
  encoder_.reset(x264_encoder_open(&param));
  if (encoder_ == nullptr && log_.error[0] == 0) {
    // It has words for all it refuses but want of memory.
    return absl::ResourceExhaustedError(absl::StrCat(
        "no memory for x264 at ", param.i_width, "x", param.i_height));
  }
  if (encoder_ == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "x264 refused ", param.i_width, "x", param.i_height, ": ", log_.error));
  }
  return CheckEffective(encoder_.get(), options.crf);
}

absl::Status X264Encoder::Check(const Frame& frame,
                                const QualityMap* map) const {
  if (finished_) {
    return absl::FailedPreconditionError("encoder was flushed: open another");
  }
  if (frame.width != camera_.width || frame.height != camera_.height) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame of ", frame.width, "x", frame.height,
                     ": encoder expects ", camera_.width, "x", camera_.height));
  }
  if (last_pts_.has_value() && frame.pts <= *last_pts_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "frame pts ", frame.pts, ": must be above the last, ", *last_pts_));
  }
  if (absl::Status status = CheckPlanes(frame); !status.ok()) return status;
  return map == nullptr ? absl::OkStatus() : CheckMap(*map, camera_);
}

// What may find no memory comes before anything changes.
absl::Status X264Encoder::Encode(const Frame& frame, const QualityMap* map,
                                 std::vector<EncodedFrame>* out) try {
  if (absl::Status status = Check(frame, map); !status.ok()) return status;
  x264_picture_t picture;
  x264_picture_init(&picture);
  picture.img.i_csp = X264_CSP_I420;
  picture.img.i_plane = 3;
  const Plane planes[3] = {PaddedLuma(frame), frame.u, frame.v};
  for (int i = 0; i < 3; ++i) {
    // x264 only reads; its API predates const.
    picture.img.plane[i] = const_cast<uint8_t*>(planes[i].data);
    picture.img.i_stride[i] = planes[i].stride;
  }
  if (map != nullptr) picture.prop.quant_offsets = Offsets(*map);
  inside_.push_back({frame.pts, frame.time_ns, frame.duration_ns});
  picture.i_pts = NextTick(frame.pts);
  return Run(&picture, out);
} catch (const std::bad_alloc&) {
  return OutOfMemory("no memory to prepare a frame");
}

absl::Status X264Encoder::Flush(std::vector<EncodedFrame>* out) {
  while (!finished_ && x264_encoder_delayed_frames(encoder_.get()) > 0) {
    if (absl::Status status = Run(nullptr, out); !status.ok()) return status;
  }
  finished_ = true;
  return absl::OkStatus();
}

absl::Status X264Encoder::Run(x264_picture_t* picture,
                              std::vector<EncodedFrame>* out) try {
  finished_ = true;  // unless all goes well
  x264_nal_t* nals = nullptr;
  int nal_count = 0;
  x264_picture_t coded;
  log_.frame_qp.reset();
  const int size =
      x264_encoder_encode(encoder_.get(), &nals, &nal_count, picture, &coded);
  if (size < 0) {
    return absl::InternalError(
        absl::StrCat("x264 failed to encode a frame: ", log_.error));
  }
  if (size == 0) {
    finished_ = false;
    return absl::OkStatus();
  }
  EncodedFrame frame;
  frame.data.reserve(static_cast<size_t>(size));
  for (const x264_nal_t* nal = nals; nal != nals + nal_count; ++nal) {
    // The only SEI here is x264's advertisement of its version and options:
    // 600 bytes per stream that would also tie chunk ids to a build.
    if (nal->i_type == NAL_SEI) continue;
    frame.data.insert(frame.data.end(), nal->p_payload,
                      nal->p_payload + nal->i_payload);
  }
  frame.keyframe = coded.b_keyframe != 0;
  frame.qp = log_.frame_qp.value_or(static_cast<float>(coded.i_qpplus1 - 1));
  const Times& times = inside_.front();
  frame.pts = times.pts;
  frame.time_ns = times.time_ns;
  frame.duration_ns = times.duration_ns;
  inside_.pop_front();
  out->push_back(std::move(frame));
  finished_ = false;
  return absl::OkStatus();
} catch (const std::bad_alloc&) {
  return OutOfMemory("no memory for an encoded frame: the encoder is closed");
}

// libx264 refuses odd sizes in 4:2:0. Chroma planes already cover the odd
// column and row, so only luma grows.
Plane X264Encoder::PaddedLuma(const Frame& frame) {
  if (frame.width % 2 == 0 && frame.height % 2 == 0) return frame.y;
  const auto width = static_cast<size_t>(frame.width);
  const auto stride = static_cast<size_t>(RoundUpToEven(frame.width));
  const int rows = RoundUpToEven(frame.height);
  padded_luma_.resize(stride * static_cast<size_t>(rows));
  uint8_t* to = padded_luma_.data();
  for (int row = 0; row < rows; ++row, to += stride) {
    const int source_row = std::min(row, frame.height - 1);
    const uint8_t* from =
        frame.y.data + static_cast<ptrdiff_t>(source_row) * frame.y.stride;
    std::memcpy(to, from, width);
    to[stride - 1] = from[width - 1];
  }
  return {padded_luma_.data(), static_cast<int>(stride)};
}

float* X264Encoder::Offsets(const QualityMap& map) {
  offsets_.assign(map.qp_offset.begin(), map.qp_offset.end());
  return offsets_.data();
}

// x264 uses only differences of times, clipped to a second, so they are
// rebuilt from zero: no source's epoch or gap can then overflow inside it.
int64_t X264Encoder::NextTick(int64_t pts) {
  if (last_pts_.has_value()) {
    const uint64_t step =
        static_cast<uint64_t>(pts) - static_cast<uint64_t>(*last_pts_);
    tick_ += vfr_ ? static_cast<int64_t>(
                        std::min<uint64_t>(step, uint64_t{kMaxTickStep}))
                  : 1;
  }
  last_pts_ = pts;
  return tick_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<VideoEncoder>> NewX264Encoder(
    const VideoEncoderOptions& options) try {
  auto encoder = std::make_unique<X264Encoder>(options);
  if (absl::Status status = encoder->Open(options); !status.ok()) {
    return status;
  }
  return encoder;
} catch (const std::bad_alloc&) {
  return OutOfMemory("no memory to open an encoder");
}

}  // namespace fovea::internal

#endif  // FOVEA_X264
