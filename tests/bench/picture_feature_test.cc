// SPDX-License-Identifier: GPL-2.0-or-later
//
// The features of filter/picture_feature.h beside those of OpenCV, which
// Reducto was published with, on real pictures.

#include "filter/picture_feature.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "bench/recording.h"
#include "filter/internal/luma_filters.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using internal::LumaPlane;

cv::Mat ViewOf(const LumaPlane& plane) {
  return cv::Mat(plane.height, plane.width, CV_8U,
                 const_cast<uint8_t*>(plane.levels.data()));
}

// Share of pixels that are further than `levels` apart.
double Apart(const LumaPlane& ours, const cv::Mat& theirs, int levels) {
  cv::Mat difference;
  cv::absdiff(ViewOf(ours), theirs, difference);
  return cv::countNonZero(difference > levels) /
         static_cast<double>(difference.total());
}

double LargestContour(const cv::Mat& mask) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(mask, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  double largest = 0;
  for (const auto& contour : contours) {
    largest = std::max(largest, cv::contourArea(contour));
  }
  return largest;
}

class RealPicturesTest : public ::testing::Test {
 protected:
  void Load(const std::string& path) {
    auto recording = bench::LoadRecording(path, 40);
    ASSERT_TRUE(recording.ok()) << recording.status();
    frames_ = std::move(recording->frames);
    ASSERT_GE(frames_.size(), 40U);
  }
  LumaPlane Luma(size_t frame) const {
    return internal::ShrunkLuma(frames_[frame], 1);
  }
  std::vector<Frame> frames_;
};

TEST_F(RealPicturesTest, FiltersAreThoseOfOpenCv) {
  FOVEA_NEED_TEST_DATA(path, "video/opencv_vtest.avi");
  ASSERT_NO_FATAL_FAILURE(Load(path));
  const LumaPlane luma = Luma(5), later = Luma(35);
  const LumaPlane blurred = internal::Blurred(luma);
  cv::Mat theirs;
  cv::GaussianBlur(ViewOf(luma), theirs, cv::Size(11, 11), 0);
  EXPECT_EQ(Apart(blurred, theirs, 2), 0);
  cv::Canny(ViewOf(blurred), theirs, 101, 255);
  EXPECT_LT(Apart(internal::Edges(blurred, 101, 255), theirs, 0), 2e-3);
  EXPECT_GT(cv::countNonZero(theirs), 1000);
  cv::dilate(ViewOf(luma), theirs, cv::Mat());
  EXPECT_EQ(Apart(internal::Dilated(luma), theirs, 0), 0);
  const LumaPlane changed = internal::Changed(luma, later, 21);
  EXPECT_EQ(internal::LargestContourArea(changed),
            LargestContour(ViewOf(changed)));
  // OpenCV's unit: 1 / (4 * 5 * 255) of Sobel's sums over 5 x 5.
  cv::Mat responses;
  cv::cornerHarris(ViewOf(luma), responses, 5, 3, 0.05);
  const double unit = 64.0 * 25 / (20.0 * 255 * 20 * 255);
  const cv::Mat corners = responses > 3277 * unit * unit;
  EXPECT_LT(Apart(internal::Corners(luma, 3277), corners, 0), 1e-4);
  EXPECT_GT(cv::countNonZero(corners), 1000);
}

}  // namespace
}  // namespace fovea
