// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/cvat_tracks.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

// The shorter way round from `from` to `to`, in degrees.
double Turn(double from, double to) { return std::remainder(to - from, 360.0); }

CvatKey Between(const CvatKey& a, const CvatKey& b, int64_t frame) {
  CvatKey key = a;
  key.frame = frame;
  const double part = static_cast<double>(frame - a.frame) /
                      static_cast<double>(b.frame - a.frame);
  const auto mix = [part](double from, double to) {
    return from + (to - from) * part;
  };
  key.edges = {mix(a.edges.left, b.edges.left), mix(a.edges.top, b.edges.top),
               mix(a.edges.right, b.edges.right),
               mix(a.edges.bottom, b.edges.bottom)};
  key.rotation = a.rotation + Turn(a.rotation, b.rotation) * part;
  return key;
}

void Inherit(const CvatKey& before, CvatKey* key) {
  auto& own = key->box.attributes;
  for (const auto& attribute : before.box.attributes) {
    const auto place = std::lower_bound(
        own.begin(), own.end(), attribute,
        [](const auto& a, const auto& b) { return a.first < b.first; });
    if (place != own.end() && place->first == attribute.first) continue;
    const bool cleared = std::find(key->cleared.begin(), key->cleared.end(),
                                   attribute.first) != key->cleared.end();
    // Whether an object is hidden is said by each key.
    if (!cleared && attribute.first != "occluded") own.insert(place, attribute);
  }
}

class TrackWriter {
 public:
  TrackWriter(const CvatFrames& frames, const std::string& label,
              uint64_t track, AnnotationBuilder* builder)
      : frames_(frames), label_(label), track_(track), builder_(builder) {}

  absl::Status Add(const CvatKey& key) {
    const auto frame = builder_->FrameAt(key.frame);
    if (!frame.ok()) return frame.status();
    AnnotatedBox box = key.box;
    box.label = label_;
    box.track = track_;
    return At(absl::StrCat("frame ", key.frame),
              builder_->AddBox(*frame, Turned(key.edges, key.rotation),
                               std::move(box), frames_.width, frames_.height));
  }

  // The annotated frames after `a` and before `end`, on the way to `b`.
  absl::Status Fill(const CvatKey& a, const CvatKey& b, int64_t end) {
    for (int64_t frame = NextAfter(a.frame); frame < end;
         frame += frames_.step) {
      absl::Status s = Add(Between(a, b, frame));
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  int64_t NextAfter(int64_t frame) const {
    const int64_t since = frame - frames_.first;
    if (since < 0) return frames_.first;
    return frames_.first + (since / frames_.step + 1) * frames_.step;
  }

  const CvatFrames& frames_;
  const std::string& label_;
  const uint64_t track_;
  AnnotationBuilder* const builder_;
};

}  // namespace

Edges Turned(const Edges& edges, double rotation) {
  if (rotation == 0) return edges;
  const double angle = rotation * std::numbers::pi / 180;
  const double across = std::fabs(std::cos(angle));
  const double along = std::fabs(std::sin(angle));
  const double x = (edges.left + edges.right) / 2;
  const double y = (edges.top + edges.bottom) / 2;
  const double width = (edges.right - edges.left) / 2;
  const double height = (edges.bottom - edges.top) / 2;
  const double half_width = width * across + height * along;
  const double half_height = width * along + height * across;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

absl::Status AddTrack(std::vector<CvatKey> keys, const CvatFrames& frames,
                      const std::string& label, uint64_t track,
                      AnnotationBuilder* builder) {
  std::stable_sort(
      keys.begin(), keys.end(),
      [](const CvatKey& a, const CvatKey& b) { return a.frame < b.frame; });
  TrackWriter writer(frames, label, track, builder);
  for (size_t i = 0; i < keys.size(); ++i) {
    CvatKey& key = keys[i];
    if (i > 0 && keys[i - 1].frame == key.frame) {
      return absl::InvalidArgumentError(
          absl::StrCat("frame ", key.frame, " comes twice"));
    }
    if (i > 0) Inherit(keys[i - 1], &key);
    if (key.outside) continue;
    absl::Status s = writer.Add(key);
    const bool last = i + 1 == keys.size();
    if (s.ok() && !last) s = writer.Fill(key, keys[i + 1], keys[i + 1].frame);
    if (s.ok() && last && frames.last && key.frame < *frames.last) {
      CvatKey end = key;
      end.frame = *frames.last + 1;
      s = writer.Fill(key, end, end.frame);
    }
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace fovea::codec_internal
