// SPDX-License-Identifier: GPL-2.0-or-later
//
// Features and homographies by OpenCV; nothing else of the program sees it.
// SIFT: of what OpenCV has without restrictions of use, the detector that
// finds most under a change of view. USAC's MAGSAC++ takes its seed from the
// caller, so the answer is the same each time.

#include "api/homography_plugin.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "opencv2/calib3d.hpp"
#include "opencv2/core.hpp"
#include "opencv2/features2d.hpp"
#include "opencv2/imgproc.hpp"

namespace fovea {
namespace {

constexpr size_t kLeastMatches = 8;  // twice what a homography is made from

struct Features {
  std::vector<cv::KeyPoint> points;  // in pixels of the picture as given
  cv::Mat descriptors;
};

Features Detect(const Frame& frame, const HomographyOptions& options) {
  // OpenCV takes a writable pointer for what it only reads.
  const cv::Mat luma(frame.height, frame.width, CV_8UC1,
                     const_cast<uint8_t*>(frame.y.data),
                     static_cast<size_t>(frame.y.stride));
  const double scale = std::min(1.0, static_cast<double>(options.longest_side) /
                                         std::max(frame.width, frame.height));
  cv::Mat reduced = luma;
  if (scale < 1) {
    cv::resize(luma, reduced, cv::Size(), scale, scale, cv::INTER_AREA);
  }
  Features found;
  cv::SIFT::create(options.features)
      ->detectAndCompute(reduced, cv::noArray(), found.points,
                         found.descriptors);
  const double across = static_cast<double>(frame.width) / reduced.cols;
  const double down = static_cast<double>(frame.height) / reduced.rows;
  for (cv::KeyPoint& point : found.points) {
    point.pt.x = static_cast<float>((point.pt.x + 0.5) * across - 0.5);
    point.pt.y = static_cast<float>((point.pt.y + 0.5) * down - 0.5);
  }
  return found;
}

// Per feature of `from` its match in `to`, or -1 where the next best is
// about as near.
std::vector<int> Matches(const Features& from, const Features& to,
                         double ratio) {
  std::vector<std::vector<cv::DMatch>> nearest;
  cv::BFMatcher(cv::NORM_L2)
      .knnMatch(from.descriptors, to.descriptors, nearest, 2);
  std::vector<int> matches(from.points.size(), -1);
  for (const auto& two : nearest) {
    if (two.size() < 2 || static_cast<double>(two[0].distance) >=
                              ratio * static_cast<double>(two[1].distance)) {
      continue;
    }
    matches[static_cast<size_t>(two[0].queryIdx)] = two[0].trainIdx;
  }
  return matches;
}

struct MatchedPoints {
  std::vector<cv::Point2f> first, second;
};

// Both ways: each is the other's match.
MatchedPoints Pairs(const Features& first, const Features& second,
                    double ratio) {
  const std::vector<int> there = Matches(first, second, ratio);
  const std::vector<int> back = Matches(second, first, ratio);
  MatchedPoints pairs;
  for (size_t i = 0; i < there.size(); ++i) {
    if (there[i] < 0) continue;
    const auto j = static_cast<size_t>(there[i]);
    if (back[j] != static_cast<int>(i)) continue;
    pairs.first.push_back(first.points[i].pt);
    pairs.second.push_back(second.points[j].pt);
  }
  return pairs;
}

cv::UsacParams Ransac(const HomographyOptions& options) {
  cv::UsacParams params;
  params.confidence = 0.999;
  params.maxIterations = 10000;
  params.threshold = options.most_error;
  params.score = cv::SCORE_METHOD_MAGSAC;
  params.loMethod = cv::LOCAL_OPTIM_SIGMA;
  params.randomGeneratorState = static_cast<int>(options.seed & 0x7fffffff);
  params.isParallel = false;
  return params;
}

std::optional<HomographyFit> Fit(const Frame& first, const Frame& second,
                                 const HomographyOptions& options) {
  cv::setNumThreads(1);  // the order of features must not depend on timing
  const Features a = Detect(first, options);
  const Features b = Detect(second, options);
  if (a.points.size() < kLeastMatches || b.points.size() < kLeastMatches) {
    return std::nullopt;
  }
  const MatchedPoints pairs = Pairs(a, b, options.ratio);
  if (pairs.first.size() < kLeastMatches) return std::nullopt;
  std::vector<uint8_t> inside;
  const cv::Mat found =
      cv::findHomography(pairs.first, pairs.second, inside, Ransac(options));
  if (found.rows != 3 || found.cols != 3) return std::nullopt;
  HomographyFit fit;
  fit.features_first = static_cast<int>(a.points.size());
  fit.features_second = static_cast<int>(b.points.size());
  fit.matches = static_cast<int>(pairs.first.size());
  const double scale = found.at<double>(2, 2);
  for (int i = 0; i < 9; ++i) {
    double& value = fit.first_to_second.m[static_cast<size_t>(i)];
    value = found.at<double>(i / 3, i % 3) / scale;
    if (!std::isfinite(value)) return std::nullopt;
  }
  // By the distance asked for: the estimator's own bound is wider.
  for (size_t i = 0; i < pairs.first.size(); ++i) {
    const auto p =
        MapPoint(fit.first_to_second, {static_cast<double>(pairs.first[i].x),
                                       static_cast<double>(pairs.first[i].y)});
    const auto x = static_cast<double>(pairs.second[i].x);
    const auto y = static_cast<double>(pairs.second[i].y);
    if (p && std::hypot(p->x - x, p->y - y) <= options.most_error) {
      fit.inliers.push_back({x, y});
    }
  }
  return fit;
}

}  // namespace
}  // namespace fovea

extern "C" {

__attribute__((visibility("default"))) const char*
fovea_homography_plugin_version() {
  return fovea::kHomographyPluginVersion;
}

__attribute__((visibility("default"))) void fovea_fit_homography(
    const fovea::Frame& first, const fovea::Frame& second,
    const fovea::HomographyOptions& options,
    absl::StatusOr<std::optional<fovea::HomographyFit>>* fit) {
  try {
    *fit = fovea::Fit(first, second, options);
  } catch (const std::exception& e) {  // the library's way to report
    *fit = absl::InternalError(absl::StrCat("homography: ", e.what()));
  }
}

}  // extern "C"
