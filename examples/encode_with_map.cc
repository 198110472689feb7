// SPDX-License-Identifier: GPL-2.0-or-later
//
// The embedded encoder: a camera's frames under a quality map that keeps the
// middle of the picture and saves on the rest, as an H.264 file.
//
//   encode_with_map OUT.h264

#include <cmath>
#include <cstdio>
#include <vector>

#include "fovea/codec/video_encoder.h"

namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 360;
constexpr int kFrames = 50;

// Stands for a camera: ripples that move to the right.
absl::StatusOr<fovea::Frame> Capture(int index) {
  auto buffer = fovea::FrameBuffer::Allocate(kWidth, kHeight);
  if (!buffer.ok()) return buffer.status();
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? kHeight : kHeight / 2;
    const int columns = plane == 0 ? kWidth : kWidth / 2;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < columns; ++x) {
        const double ripple = std::sin(0.3 * (x - 2 * index)) * std::sin(y * y);
        buffer->plane(plane)[y * buffer->stride(plane) + x] =
            static_cast<uint8_t>(128 + (plane == 0 ? 60 * ripple : 0));
      }
    }
  }
  fovea::Frame frame = std::move(*buffer).Release();
  frame.pts = frame.time_ns = index * 40'000'000LL;
  frame.duration_ns = 40'000'000;
  return frame;
}

// QP offsets per macroblock: none in the middle ninth, 12 around it, which
// there is a quarter of the quality.
fovea::QualityMap MiddleFirst() {
  fovea::QualityMap map;
  map.columns = fovea::MacroblockCount(kWidth);
  map.rows = fovea::MacroblockCount(kHeight);
  for (int row = 0; row < map.rows; ++row) {
    for (int column = 0; column < map.columns; ++column) {
      const bool middle =
          row * 3 / map.rows == 1 && column * 3 / map.columns == 1;
      map.qp_offset.push_back(middle ? 0 : 12);
    }
  }
  return map;
}

// Bytes written to `out`, which may be null.
absl::StatusOr<size_t> Encode(const fovea::QualityMap* map, std::FILE* out) {
  fovea::VideoEncoderOptions options;
  options.camera.width = kWidth;
  options.camera.height = kHeight;
  options.camera.frame_rate = {25, 1};
  auto encoder = fovea::NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  std::vector<fovea::EncodedFrame> coded;
  for (int i = 0; i < kFrames; ++i) {
    const auto frame = Capture(i);
    if (!frame.ok()) return frame.status();
    if (auto s = (*encoder)->Encode(*frame, map, &coded); !s.ok()) return s;
  }
  if (auto s = (*encoder)->Flush(&coded); !s.ok()) return s;
  size_t bytes = 0;
  for (const fovea::EncodedFrame& frame : coded) {
    bytes += frame.data.size();
    if (out != nullptr && std::fwrite(frame.data.data(), 1, frame.data.size(),
                                      out) != frame.data.size()) {
      return absl::ResourceExhaustedError("writing failed: is the disk full?");
    }
  }
  return bytes;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "encode_with_map: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: encode_with_map OUT.h264\n");
    return 2;
  }
  std::FILE* out = std::fopen(argv[1], "wb");
  if (out == nullptr) return Fail(absl::NotFoundError(argv[1]));
  const fovea::QualityMap map = MiddleFirst();
  const auto under_map = Encode(&map, out);
  if (!under_map.ok()) return Fail(under_map.status());
  if (std::fclose(out) != 0) return Fail(absl::DataLossError(argv[1]));
  const auto uniform = Encode(nullptr, nullptr);
  if (!uniform.ok()) return Fail(uniform.status());
  std::printf("%d frames: %zu bytes under the map, %zu without it\n", kFrames,
              *under_map, *uniform);
}
