// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/overlap/pair_clip.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "api/scene.h"
#include "api/whole_file.h"
#include "codec/formats/image_reader.h"
#include "codec/formats/limits.h"
#include "codec/formats/source.h"

namespace fovea::bench {
namespace {

constexpr double kStillRate = 20;  // EuRoC's, of pictures without times
constexpr uint64_t kMaxStillBytes = 64 << 20;

uint8_t MeanOf(const Plane& plane, int left, int top, int right, int bottom) {
  int sum = 0, count = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      sum += plane.data[y * plane.stride + x];
      ++count;
    }
  }
  return static_cast<uint8_t>((sum + count / 2) / count);
}

// Each pixel the mean of shrink x shrink; what is left over is cut off.
absl::StatusOr<Frame> Shrink(const Frame& frame, int shrink) {
  if (shrink == 1) return frame;
  const int width = frame.width / shrink / 2 * 2;
  const int height = frame.height / shrink / 2 * 2;
  auto buffer = FrameBuffer::Allocate(width, height);
  if (!buffer.ok()) return buffer.status();
  const Plane planes[] = {frame.y, frame.u, frame.v};
  for (int p = 0; p < 3; ++p) {
    const int columns = p == 0 ? width : width / 2;
    const int rows = p == 0 ? height : height / 2;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < columns; ++x) {
        buffer->plane(p)[y * buffer->stride(p) + x] =
            MeanOf(planes[p], x * shrink, y * shrink, (x + 1) * shrink,
                   (y + 1) * shrink);
      }
    }
  }
  Frame small = std::move(*buffer).Release();
  small.pts = frame.pts;
  small.time_ns = frame.time_ns;
  small.duration_ns = frame.duration_ns;
  return small;
}

struct View {
  CameraInfo camera;
  std::vector<Frame> frames;
};

absl::StatusOr<View> LoadView(const std::string& path, int frames, int step,
                              int shrink) {
  SourceOptions options;
  options.image_fps = kStillRate;
  auto input = OpenCamera(path, options);
  if (!input.ok()) return input.status();
  View view;
  view.camera = input->info().camera;
  for (int index = 0; static_cast<int>(view.frames.size()) < frames;) {
    auto item = input->source->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    const Frame* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != input->track) continue;
    if (index++ % step != 0) continue;
    auto small = Shrink(*frame, shrink);
    if (!small.ok()) return small.status();
    view.frames.push_back(*std::move(small));
  }
  if (view.frames.empty()) {
    return absl::InvalidArgumentError(path + " has no frames");
  }
  view.camera.width = view.frames[0].width;
  view.camera.height = view.frames[0].height;
  if (view.camera.frame_rate.num > 0) view.camera.frame_rate.den *= step;
  return view;
}

absl::StatusOr<PairClip> Join(const std::string& name, View first,
                              View second) {
  if (first.camera.width != second.camera.width ||
      first.camera.height != second.camera.height) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": pictures of ", first.camera.width, "x", first.camera.height,
        " and ", second.camera.width, "x", second.camera.height));
  }
  const size_t both = std::min(first.frames.size(), second.frames.size());
  first.frames.resize(both);
  second.frames.resize(both);
  PairClip clip;
  clip.name = name;
  clip.camera = first.camera;
  clip.first = std::move(first.frames);
  clip.second = std::move(second.frames);
  return clip;
}

absl::StatusOr<View> LoadStills(const std::vector<std::string>& paths) {
  View view;
  for (const std::string& path : paths) {
    const auto bytes = ReadWholeFile(path, kMaxStillBytes);
    if (!bytes.ok()) return bytes.status();
    auto image = DecodeImage(*bytes, FormatLimits());
    if (!image.ok()) return image.status();
    image->frame.pts = static_cast<int64_t>(view.frames.size());
    view.camera.color = image->color;
    view.frames.push_back(std::move(image->frame));
  }
  view.camera.width = view.frames.front().width;
  view.camera.height = view.frames.front().height;
  view.camera.time_base = {1, 1};
  view.camera.frame_rate = {1, 1};
  return view;
}

}  // namespace

absl::StatusOr<PairClip> GeneratedPair(double overlap, PictureSize size,
                                       int frames, uint64_t seed) {
  SceneOptions options;
  options.seed = seed;
  options.width = size.width;
  options.height = size.height;
  options.objects = 9;
  options.seconds = frames / options.fps;
  options.second_camera = true;
  options.overlap = overlap;
  const auto scene = Scene::Create(options);
  if (!scene.ok()) return scene.status();
  PairClip clip;
  clip.name = absl::StrCat("scene ", static_cast<int>(overlap * 100 + 0.5),
                           " % seed ", seed);
  clip.camera.width = size.width;
  clip.camera.height = size.height;
  clip.camera.frame_rate = {30, 1};
  clip.camera.time_base = {1, 30};
  clip.camera.color = {false, 1, 1, 1};
  for (int64_t i = 0; i < (*scene)->frames(); ++i) {
    for (int camera = 0; camera < 2; ++camera) {
      auto frame = (*scene)->Render(camera, i);
      if (!frame.ok()) return frame.status();
      (camera == 0 ? clip.first : clip.second).push_back(*std::move(frame));
    }
  }
  clip.truth = Homography{(*scene)->Truth(0).homography};
  clip.truth_share = overlap;
  return clip;
}

absl::StatusOr<PairClip> RecordedPair(const std::string& name,
                                      const std::string& first,
                                      const std::string& second, int frames,
                                      int step, int shrink) {
  auto a = LoadView(first, frames, step, shrink);
  if (!a.ok()) return a.status();
  auto b = LoadView(second, frames, step, shrink);
  if (!b.ok()) return b.status();
  return Join(name, *std::move(a), *std::move(b));
}

absl::StatusOr<std::vector<Frame>> LoadFrames(const std::string& path,
                                              int64_t longest_ns) {
  SourceOptions options;
  options.image_fps = kStillRate;
  auto input = OpenCamera(path, options);
  if (!input.ok()) return input.status();
  std::vector<Frame> frames;
  while (true) {
    auto item = input->source->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    const Frame* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != input->track) continue;
    if (!frames.empty() && frame->time_ns - frames[0].time_ns > longest_ns) {
      break;
    }
    frames.push_back(*frame);
  }
  if (frames.empty())
    return absl::InvalidArgumentError(path + " has no frames");
  return frames;
}

absl::StatusOr<PairClip> StillPairs(const std::string& name,
                                    const std::vector<std::string>& first,
                                    const std::vector<std::string>& second) {
  auto a = LoadStills(first);
  if (!a.ok()) return a.status();
  auto b = LoadStills(second);
  if (!b.ok()) return b.status();
  return Join(name, *std::move(a), *std::move(b));
}

}  // namespace fovea::bench
