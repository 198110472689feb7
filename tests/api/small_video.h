// SPDX-License-Identifier: GPL-2.0-or-later
//
// A few moving frames as a file, for what works on files.

#ifndef FOVEA_TESTS_API_SMALL_VIDEO_H_
#define FOVEA_TESTS_API_SMALL_VIDEO_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "codec/formats/y4m_writer.h"
#include "codec/sample.h"

namespace fovea::testing {

// A bright square that moves over a gradient; colours of its own.
inline Frame DrawSmallFrame(int width, int height, int index) {
  auto buffer = FrameBuffer::Allocate(width, height);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const bool inside = column >= 4 * index && column < 4 * index + 24 &&
                          row >= 16 && row < 40;
      const int value =
          inside ? 200 + (column * 7 + row * 5) % 50 : 40 + (column + row) / 2;
      buffer->plane(0)[row * buffer->stride(0) + column] =
          static_cast<uint8_t>(value);
    }
  }
  for (int i = 1; i < 3; ++i) {
    for (int row = 0; row < (height + 1) / 2; ++row) {
      for (int column = 0; column < (width + 1) / 2; ++column) {
        buffer->plane(i)[row * buffer->stride(i) + column] =
            static_cast<uint8_t>(128 + 10 * i);
      }
    }
  }
  return std::move(*buffer).Release();
}

inline void WriteSmallVideo(const std::string& path, int width, int height,
                            int frames) {
  CameraInfo camera;
  camera.width = width;
  camera.height = height;
  camera.frame_rate = {25, 1};
  auto writer = Y4mWriter::Create(path, camera);
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < frames; ++i) {
    ASSERT_TRUE((*writer)->Add(DrawSmallFrame(width, height, i)).ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_SMALL_VIDEO_H_
