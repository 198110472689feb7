// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tests of held and reused answers tell their stories with: a model
// that is a function, scenes, and the log of decisions.

#ifndef FOVEA_TESTS_API_REUSE_STORY_H_
#define FOVEA_TESTS_API_REUSE_STORY_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "api/decision_book.h"
#include "codec/formats/y4m_writer.h"
#include "codec/sample.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"
#include "store/store_reader.h"
#include "tests/api/any_result.h"
#include "tests/api/small_video.h"

namespace fovea::testing {

// A program of whose files nothing is known but a digest.
inline ModelDescription ProgramDescription(int digest) {
  ModelDescription model;
  model.id = {"own", Model(digest)};
  model.card.name = "own";
  model.card.decoder = DecoderKind::kProgram;
  model.labels = {"nut", "wheel"};
  return model;
}

// As kOneBox says it.
inline absl::StatusOr<Answer> OneBox() {
  Answer answer;
  answer.detections.push_back({1, 0.9F, 16, 16, 40, 40});
  return answer;
}

inline Frame DrawNoise(int width, int height, uint32_t seed) {
  auto buffer = FrameBuffer::Allocate(width, height);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  std::mt19937 chance(seed);
  std::vector<uint8_t> levels(static_cast<size_t>(width * height));
  for (uint8_t& level : levels) level = static_cast<uint8_t>(chance());
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      buffer->plane(0)[row * buffer->stride(0) + column] =
          levels[static_cast<size_t>(row / 16 * width + column / 16)];
    }
  }
  for (int plane = 1; plane < 3; ++plane) {
    for (int row = 0; row < (height + 1) / 2; ++row) {
      std::fill_n(buffer->plane(plane) + row * buffer->stride(plane),
                  (width + 1) / 2, uint8_t{128});
    }
  }
  return std::move(*buffer).Release();
}

// 25 frames a second of 96 x 64.
inline void WriteScene(const std::string& path, int frames,
                       const std::function<Frame(int)>& draw) {
  CameraInfo camera;
  camera.width = 96;
  camera.height = 64;
  camera.frame_rate = {25, 1};
  auto writer = Y4mWriter::Create(path, camera);
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < frames; ++i) {
    ASSERT_TRUE((*writer)->Add(draw(i)).ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
}

inline void WriteStillScene(const std::string& path, int frames) {
  WriteScene(path, frames, [](int) { return DrawSmallFrame(96, 64, 3); });
}

inline std::vector<DecidedInput> DecisionsOf(StoreReader* store,
                                             uint64_t stream,
                                             const ModelDigest& model) {
  std::vector<DecidedInput> decided;
  const absl::Status read =
      ReadDecisions(store, {stream, model}, [&](const DecidedInput& input) {
        decided.push_back(input);
        return true;
      });
  EXPECT_TRUE(read.ok()) << read;
  return decided;
}

inline std::vector<uint64_t> IndexesOf(
    const std::vector<DecidedInput>& decided) {
  std::vector<uint64_t> indexes;
  for (const DecidedInput& input : decided) indexes.push_back(input.index);
  return indexes;
}

inline std::vector<uint64_t> IndexesFrom(uint64_t first, uint64_t end) {
  std::vector<uint64_t> indexes(end - first);
  std::iota(indexes.begin(), indexes.end(), first);
  return indexes;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_REUSE_STORY_H_
