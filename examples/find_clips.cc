// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks a store a question and reads what it holds of each clip: packets as
// they lie there, pixels of the first frame.
//
//   find_clips STORE QUERY        find_clips footage 'person left of car'

#include <cstdio>

#include "fovea/api/query_text.h"
#include "fovea/api/store.h"

namespace {

double MeanLuma(const fovea::Frame& frame) {
  double sum = 0;
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; ++x) {
      sum += frame.y.data[y * frame.y.stride + x];
    }
  }
  return sum / frame.width / frame.height;
}

absl::Status Tell(const fovea::QueryResult& result) {
  const fovea::QueryClip& clip = result.clip();
  std::printf("%s %.3f s to %.3f s", clip.stream.c_str(),
              static_cast<double>(clip.from_ns) / 1e9,
              static_cast<double>(clip.to_ns) / 1e9);
  size_t packets = 0;
  absl::Status read = result.ReadPackets([&](const fovea::AccessUnit&) {
    ++packets;
    return true;
  });
  if (!read.ok()) return read;
  std::printf(", %zu packets", packets);
  const auto decoded = result.ReadFrames([](const fovea::ReadFrame& first) {
    std::printf(", frame %llu of mean luma %.0f",
                static_cast<unsigned long long>(first.index),
                MeanLuma(first.frame));
    return false;  // one is enough
  });
  std::printf("\n");
  return decoded.status();
}

absl::Status Run(const char* path, const char* text) {
  fovea::StoreOptions options;
  options.path = path;
  options.read_only = true;
  const auto store = fovea::Store::Open(options);
  if (!store.ok()) return store.status();
  const auto query = fovea::ParseQueryText(text);
  if (!query.ok()) return query.status();
  auto results = (*store)->Query(*query);
  if (!results.ok()) return results.status();
  for (const fovea::QueryResult& result : *results) {
    if (absl::Status s = Tell(result); !s.ok()) return s;
  }
  return results->status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: find_clips STORE QUERY\n");
    return 2;
  }
  const absl::Status status = Run(argv[1], argv[2]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "find_clips: %s\n", status.ToString().c_str());
  return 1;
}
