// SPDX-License-Identifier: GPL-2.0-or-later
//
// Brings an inference of its own, and calls it only where its answer about a
// stored camera is not known well enough: of the answers given instead at
// most MAX_ERROR may be wrong. What is known is kept for the next time.
//
//   infer_once STORE STREAM MAX_ERROR        infer_once footage camera 0.05

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "fovea/api/reuse.h"
#include "fovea/api/store.h"

namespace {

constexpr int kBright = 180;

// Stands for a network: the box around all that is bright.
absl::StatusOr<fovea::Answer> FindBright(const fovea::Frame& frame) {
  int left = frame.width, top = frame.height, right = 0, bottom = 0;
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; ++x) {
      if (frame.y.data[y * frame.y.stride + x] < kBright) continue;
      left = std::min(left, x);
      top = std::min(top, y);
      right = std::max(right, x + 1);
      bottom = std::max(bottom, y + 1);
    }
  }
  fovea::Answer answer;
  if (left < right) {
    answer.detections.push_back(
        {0, 1, static_cast<float>(left), static_cast<float>(top),
         static_cast<float>(right), static_cast<float>(bottom)});
  }
  return answer;
}

// What an answer depends on has to change the digest: here a version and the
// constant. Of a network it is the SHA-256 of its file.
fovea::ModelDescription Description() {
  fovea::ModelDescription model;
  model.id.name = model.card.name = "bright";
  model.id.digest = {1, kBright};
  model.card.decoder = fovea::DecoderKind::kProgram;  // boxes
  model.labels = {"bright"};
  return model;
}

absl::Status Run(const char* path, const char* stream, double max_error) {
  fovea::StoreOptions options;
  options.path = path;
  const auto store = fovea::Store::Open(options);
  if (!store.ok()) return store.status();
  fovea::Reuse::Options once;
  once.reuse.max_error = max_error;
  const auto reuse =
      fovea::Reuse::Open(store->get(), stream, Description(), once);
  if (!reuse.ok()) return reuse.status();
  long boxes = 0;
  absl::Status computed;
  const auto read = (*store)->ReadFrames(
      stream, fovea::FrameSelection(), [&](const fovea::ReadFrame& shown) {
        const auto answered =
            (*reuse)->GetOrCompute(shown.index, shown.frame, FindBright);
        computed = answered.ok() ? answered->error : answered.status();
        if (!computed.ok()) return false;
        boxes += static_cast<long>(answered->answer->detections.size());
        return true;
      });
  if (!computed.ok()) return computed;
  if (!read.ok()) return read.status();
  const fovea::ReuseReport report = (*reuse)->Report();
  std::printf(
      "computed %lld of %lld frames, %ld boxes; at most %.1f %% of the ",
      static_cast<long long>(report.runs),
      static_cast<long long>(report.inputs), boxes,
      100 * report.audit.all.bound);
  std::printf("answers given instead are wrong\n");
  return (*reuse)->Commit();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: infer_once STORE STREAM MAX_ERROR\n");
    return 2;
  }
  const absl::Status status = Run(argv[1], argv[2], std::atof(argv[3]));
  if (status.ok()) return 0;
  std::fprintf(stderr, "infer_once: %s\n", status.ToString().c_str());
  return 1;
}
