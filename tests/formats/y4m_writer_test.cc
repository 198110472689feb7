// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/y4m_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "codec/formats/source.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

class Y4mWriterTest : public ::testing::Test {
 protected:
  Frame Draw(int width, int height) {
    auto buffer = FrameBuffer::Allocate(width, height);
    EXPECT_TRUE(buffer.ok());
    for (int i = 0; i < 3; ++i) {
      const int columns = i == 0 ? width : (width + 1) / 2;
      const int rows = i == 0 ? height : (height + 1) / 2;
      for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
          buffer->plane(i)[row * buffer->stride(i) + column] =
              static_cast<uint8_t>(random_());
        }
      }
    }
    return std::move(*buffer).Release();
  }

  static void ExpectSame(const Plane& a, const Plane& b, int width,
                         int height) {
    for (int row = 0; row < height; ++row) {
      EXPECT_TRUE(std::equal(a.data + row * a.stride,
                             a.data + row * a.stride + width,
                             b.data + row * b.stride))
          << row;
    }
  }

  static std::vector<Frame> Read(const std::string& path) {
    auto source = OpenSource(path, SourceOptions());
    EXPECT_TRUE(source.ok()) << source.status();
    std::vector<Frame> frames;
    while (true) {
      auto item = (*source)->Next();
      EXPECT_TRUE(item.ok()) << item.status();
      if (!item.ok() || !item->has_value()) return frames;
      frames.push_back(std::get<Frame>(std::move((*item)->value)));
    }
  }

  testing::TempDir dir_;
  CameraInfo camera_;
  std::mt19937 random_{4};
};

TEST_F(Y4mWriterTest, EveryPixelComesBackAtEverySmallSize) {
  camera_.frame_rate = {30000, 1001};
  for (const auto& [width, height] :
       {std::pair{16, 16}, {17, 16}, {16, 17}, {33, 7}, {1, 1}}) {
    camera_.width = width;
    camera_.height = height;
    const std::string path = dir_.File("v.y4m");
    const std::vector<Frame> wanted = {Draw(width, height),
                                       Draw(width, height)};
    auto writer = Y4mWriter::Create(path, camera_);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (const Frame& frame : wanted) {
      ASSERT_TRUE((*writer)->Add(frame).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    const std::vector<Frame> found = Read(path);
    ASSERT_EQ(found.size(), 2U) << width << "x" << height;
    for (size_t i = 0; i < 2; ++i) {
      ExpectSame(wanted[i].y, found[i].y, width, height);
      ExpectSame(wanted[i].u, found[i].u, (width + 1) / 2, (height + 1) / 2);
      ExpectSame(wanted[i].v, found[i].v, (width + 1) / 2, (height + 1) / 2);
    }
  }
}

TEST_F(Y4mWriterTest, LeavesNothingBehindWithoutFinish) {
  camera_.width = camera_.height = 16;
  {
    auto writer = Y4mWriter::Create(dir_.File("v.y4m"), camera_);
    ASSERT_TRUE((*writer)->Add(Draw(16, 16)).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(Y4mWriterTest, RefusesWhatDoesNotFit) {
  camera_.width = camera_.height = 16;
  EXPECT_EQ(Y4mWriter::Create(dir_.File("no/v.y4m"), camera_).status().code(),
            absl::StatusCode::kNotFound);
  auto writer = Y4mWriter::Create(dir_.File("v.y4m"), camera_);
  EXPECT_EQ((*writer)->Add(Draw(18, 16)).code(),
            absl::StatusCode::kInvalidArgument);
  Frame frame = Draw(16, 16);
  frame.u.data = nullptr;
  EXPECT_EQ((*writer)->Add(frame).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ((*writer)->Finish().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace fovea
