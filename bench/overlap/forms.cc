// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/overlap/forms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "api/map_source.h"
#include "api/overlap_source.h"
#include "codec/decode/video_decoder.h"
#include "codec/video_encoder.h"

namespace fovea::bench {
namespace {

constexpr double kNoDifference = 99;  // dB

absl::StatusOr<std::unique_ptr<MapSource>> MapsFor(
    const CodeSettings& settings) {
  MapSourceOptions options;
  if (!settings.proxy) options.origin = MapOrigin::kPlain;
  return OpenMapSource(options, settings.camera.width, settings.camera.height);
}

absl::StatusOr<CodedView> DecodeAll(const CameraInfo& camera,
                                    const std::vector<EncodedFrame>& coded) {
  auto decoder =
      VideoDecoder::Create({.width = camera.width, .height = camera.height});
  if (!decoder.ok()) return decoder.status();
  CodedView view;
  for (const EncodedFrame& picture : coded) {
    view.bytes += picture.data.size();
    absl::Status status =
        (*decoder)->Decode(picture.data, picture.pts, &view.frames);
    if (!status.ok()) return status;
  }
  if (absl::Status s = (*decoder)->Flush(&view.frames); !s.ok()) return s;
  return view;
}

// One plane of the first view, seen through the homography.
class Warp {
 public:
  Warp(const Plane& plane, int width, int height, int plane_index,
       const Homography& second_to_first)
      : plane_(plane),
        width_(width),
        height_(height),
        scale_(plane_index == 0 ? 1 : 2),
        map_(second_to_first) {}

  // Bilinear; edges are continued.
  double At(int x, int y) const {
    // Chroma lies at every second luma column, between two rows.
    const double row = scale_ == 1 ? y : 2 * y + 0.5;
    const auto p = MapPoint(map_, {static_cast<double>(scale_ * x), row});
    if (!p) return 128;
    const double u = p->x / scale_;
    const double v = scale_ == 1 ? p->y : (p->y - 0.5) / 2;
    const double x0 = std::floor(u), y0 = std::floor(v);
    const double fx = u - x0, fy = v - y0;
    const auto pixel = [&](double px, double py) {
      const int column = static_cast<int>(std::clamp(px, 0.0, width_ - 1.0));
      const int line = static_cast<int>(std::clamp(py, 0.0, height_ - 1.0));
      return static_cast<double>(plane_.data[line * plane_.stride + column]);
    };
    return (pixel(x0, y0) * (1 - fx) + pixel(x0 + 1, y0) * fx) * (1 - fy) +
           (pixel(x0, y0 + 1) * (1 - fx) + pixel(x0 + 1, y0 + 1) * fx) * fy;
  }

 private:
  const Plane plane_;
  const int width_, height_, scale_;
  const Homography map_;
};

bool IsSet(const MacroblockMask& mask, int plane, int x, int y) {
  const int side = plane == 0 ? kMacroblockSize : kMacroblockSize / 2;
  return mask.set[static_cast<size_t>(y / side * mask.columns + x / side)];
}

const Plane& PlaneOf(const Frame& frame, int plane) {
  return plane == 0 ? frame.y : plane == 1 ? frame.u : frame.v;
}
int WidthOf(const Frame& frame, int plane) {
  return plane == 0 ? frame.width : frame.chroma_width();
}
int HeightOf(const Frame& frame, int plane) {
  return plane == 0 ? frame.height : frame.chroma_height();
}

// What the first view says of one plane of the second: rounded, and fitted
// in brightness (a * warp + b by least squares over the mask).
using Prediction = std::vector<uint8_t>;
Prediction Predict(const Frame& first, const Frame& second, int plane,
                   const Homography& second_to_first,
                   const MacroblockMask& mask) {
  const int width = WidthOf(second, plane), height = HeightOf(second, plane);
  const Warp warp(PlaneOf(first, plane), WidthOf(first, plane),
                  HeightOf(first, plane), plane, second_to_first);
  std::vector<double> warped(static_cast<size_t>(width) *
                             static_cast<size_t>(height));
  double n = 0, sw = 0, ss = 0, sww = 0, sws = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (!IsSet(mask, plane, x, y)) continue;
      const double w = warp.At(x, y);
      warped[static_cast<size_t>(y * width + x)] = w;
      const double s =
          PlaneOf(second, plane).data[y * PlaneOf(second, plane).stride + x];
      n += 1, sw += w, ss += s, sww += w * w, sws += w * s;
    }
  }
  const double spread = n * sww - sw * sw;
  const double gain = spread > 0 ? (n * sws - sw * ss) / spread : 1;
  const double offset = n > 0 ? (ss - gain * sw) / n : 0;
  Prediction out;
  for (const double w : warped) {
    out.push_back(static_cast<uint8_t>(
        std::clamp(std::lround(gain * w + offset), 0L, 255L)));
  }
  return out;
}

using Predictions = std::array<Prediction, 3>;

// `from` with each masked pixel through `change(pixel, predicted)`.
template <typename Change>
absl::StatusOr<Frame> Changed(const Frame& from, const Predictions& predicted,
                              const MacroblockMask& mask, Change change) {
  auto buffer = FrameBuffer::Allocate(from.width, from.height);
  if (!buffer.ok()) return buffer.status();
  for (int p = 0; p < 3; ++p) {
    const int width = WidthOf(from, p);
    const Plane& plane = PlaneOf(from, p);
    for (int y = 0; y < HeightOf(from, p); ++y) {
      for (int x = 0; x < width; ++x) {
        const int value = plane.data[y * plane.stride + x];
        const int guess = predicted[static_cast<size_t>(p)]
                                   [static_cast<size_t>(y * width + x)];
        buffer->plane(p)[y * buffer->stride(p) + x] = static_cast<uint8_t>(
            IsSet(mask, p, x, y) ? std::clamp(change(value, guess), 0, 255)
                                 : value);
      }
    }
  }
  Frame frame = std::move(*buffer).Release();
  frame.pts = from.pts;
  frame.time_ns = from.time_ns;
  frame.duration_ns = from.duration_ns;
  return frame;
}

double Psnr(double squares, double count) {
  if (count == 0 || squares == 0) return kNoDifference;
  return 10 * std::log10(255 * 255 * count / squares);
}

}  // namespace

absl::StatusOr<CodedView> CodeView(const CodeSettings& settings,
                                   std::span<const Frame> frames,
                                   std::span<const MacroblockMask> masks,
                                   int offset, bool grey) {
  const auto maps = MapsFor(settings);
  if (!maps.ok()) return maps.status();
  VideoEncoderOptions options;
  options.camera = settings.camera;
  options.crf = settings.crf;
  options.gop_frames = settings.gop_frames;
  const auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  std::vector<EncodedFrame> coded;
  for (size_t i = 0; i < frames.size(); ++i) {
    const auto map = (*maps)->Next(frames[i], nullptr);
    if (!map.ok()) return map.status();
    std::optional<QualityMap> raised;
    if (!masks.empty()) {
      auto with_overlap = RaiseInOverlap(*map, masks[i], offset);
      if (!with_overlap.ok()) return with_overlap.status();
      raised = *std::move(with_overlap);
    }
    const auto filled =
        grey ? Changed(frames[i], {}, masks[i], [](int, int) { return 128; })
             : frames[i];
    if (!filled.ok()) return filled.status();
    absl::Status status =
        (*encoder)->Encode(*filled, raised ? &*raised : *map, &coded);
    if (!status.ok()) return status;
  }
  if (absl::Status s = (*encoder)->Flush(&coded); !s.ok()) return s;
  return DecodeAll(settings.camera, coded);
}

absl::StatusOr<CodedView> CodePredicted(const CodeSettings& settings,
                                        std::span<const Frame> first,
                                        std::span<const Frame> second,
                                        const Homography& first_to_second,
                                        const MacroblockMask& mask) {
  const auto back = InverseOf(first_to_second);
  if (!back) return absl::InvalidArgumentError("homography has no inverse");
  std::vector<Predictions> predictions;
  std::vector<Frame> residuals;
  for (size_t i = 0; i < second.size(); ++i) {
    Predictions& planes = predictions.emplace_back();
    for (int p = 0; p < 3; ++p) {
      planes[static_cast<size_t>(p)] =
          Predict(first[i], second[i], p, *back, mask);
    }
    auto residual = Changed(second[i], planes, mask, [](int pixel, int guess) {
      return pixel - guess + 128;
    });
    if (!residual.ok()) return residual.status();
    residuals.push_back(*std::move(residual));
  }
  auto coded = CodeView(settings, residuals, {}, 0);
  if (!coded.ok()) return coded.status();
  for (size_t i = 0; i < coded->frames.size(); ++i) {
    auto whole =
        Changed(coded->frames[i], predictions[i], mask,
                [](int pixel, int guess) { return guess + pixel - 128; });
    if (!whole.ok()) return whole.status();
    coded->frames[i] = *std::move(whole);
  }
  return coded;
}

Distortion Compare(std::span<const Frame> original,
                   std::span<const Frame> decoded, const MacroblockMask& mask) {
  double squares[2] = {}, counts[2] = {};
  for (size_t i = 0; i < std::min(original.size(), decoded.size()); ++i) {
    const Plane& a = original[i].y;
    const Plane& b = decoded[i].y;
    for (int y = 0; y < original[i].height; ++y) {
      for (int x = 0; x < original[i].width; ++x) {
        const int difference =
            a.data[y * a.stride + x] - b.data[y * b.stride + x];
        const int where = IsSet(mask, 0, x, y) ? 1 : 0;
        squares[where] += difference * difference;
        counts[where] += 1;
      }
    }
  }
  return {Psnr(squares[1], counts[1]), Psnr(squares[0], counts[0]),
          Psnr(squares[0] + squares[1], counts[0] + counts[1])};
}

}  // namespace fovea::bench
