// SPDX-License-Identifier: GPL-2.0-or-later
//
// On OpenCV's imgproc, which these features were published with.

#include "bench/reuse/feature_bank.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <unordered_map>
#include <utility>

namespace fovea::bench::reuse {
namespace {

constexpr int kMostPixels = 1'000'000;  // of pictures taken whole
constexpr size_t kLately = 48;          // frames whose features are at hand
constexpr int kThumbSide = 50, kBlockSide = 10;
constexpr int kHandColumns = 16, kHandRows = 12;

cv::Mat ViewOf(const Plane& plane, int width, int height) {
  // OpenCV only reads; its matrix has no const view.
  return cv::Mat(height, width, CV_8U, const_cast<uint8_t*>(plane.data),
                 static_cast<size_t>(plane.stride));
}

DifferenceKind KindOf(Distance kind) {
  switch (kind) {
    case Distance::kArea:
      return DifferenceKind::kArea;
    case Distance::kEdge:
      return DifferenceKind::kEdge;
    case Distance::kCorner:
      return DifferenceKind::kCorner;
    default:
      return DifferenceKind::kPixel;
  }
}

// Mean and greatest block of squared differences of 0..255 levels.
std::pair<double, double> ThumbErrors(const SmallPicture& a,
                                      const SmallPicture& b) {
  constexpr int kBlocks = kThumbSide / kBlockSide;
  std::array<double, kBlocks * kBlocks> sums{};
  double all = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    const double d = 255.0 * (static_cast<double>(a.values[i]) - b.values[i]);
    const size_t pixel = i % (kThumbSide * kThumbSide);
    const size_t row = pixel / kThumbSide / kBlockSide;
    const size_t column = pixel % kThumbSide / kBlockSide;
    sums[row * kBlocks + column] += d * d;
    all += d * d;
  }
  return {all / static_cast<double>(a.values.size()),
          *std::ranges::max_element(sums) / (3.0 * kBlockSide * kBlockSide)};
}

std::pair<double, double> GridErrors(const Grid& a, const Grid& b) {
  double all = 0, greatest = 0;
  const auto at = [&](int row, int column) {
    const auto i = static_cast<size_t>(row * a.columns + column);
    return std::abs(static_cast<double>(a.mean[i]) - b.mean[i]);
  };
  for (int row = 0; row < a.rows; ++row) {
    for (int column = 0; column < a.columns; ++column) {
      all += at(row, column);
      if (row + 1 == a.rows || column + 1 == a.columns) continue;
      greatest =
          std::max(greatest, at(row, column) + at(row + 1, column) +
                                 at(row, column + 1) + at(row + 1, column + 1));
    }
  }
  return {all / static_cast<double>(a.mean.size()), greatest / 4};
}

std::vector<float> HandOf(const Grid& grid) {
  const cv::Mat mean(grid.rows, grid.columns, CV_8U,
                     const_cast<uint8_t*>(grid.mean.data()));
  cv::Mat small;
  cv::resize(mean, small, cv::Size(kHandColumns, kHandRows), 0, 0,
             cv::INTER_AREA);
  std::vector<float> hand(small.begin<uint8_t>(), small.end<uint8_t>());
  std::vector<float> sorted = hand;
  const auto middle = sorted.begin() + static_cast<int64_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  for (float& value : hand) value -= *middle;
  return hand;
}

// Means of areas. Halving as far as it goes first takes a fifth of the time.
cv::Mat Shrunk(const Plane& plane, int width, int height, int side) {
  cv::Mat view = ViewOf(plane, width, height);
  while (view.cols >= 4 * side && view.rows >= 4 * side) {
    cv::Mat half;
    cv::resize(view, half, cv::Size(view.cols / 2, view.rows / 2), 0, 0,
               cv::INTER_AREA);
    view = half;
  }
  cv::Mat small;
  cv::resize(view, small, cv::Size(side, side), 0, 0, cv::INTER_AREA);
  return small;
}

// Planes are shrunk before they are joined: most of the work is not done.
SmallPicture SmallOf(const Frame& frame, int side) {
  const int width = frame.chroma_width(), height = frame.chroma_height();
  const std::array<cv::Mat, 3> planes = {
      Shrunk(frame.y, frame.width, frame.height, side),
      Shrunk(frame.u, width, height, side),
      Shrunk(frame.v, width, height, side)};
  cv::Mat small;
  cv::merge(planes.data(), planes.size(), small);
  cv::cvtColor(small, small, cv::COLOR_YUV2BGR);
  SmallPicture picture{side, {}};
  for (int channel = 0; channel < 3; ++channel) {
    for (int i = 0; i < side * side; ++i) {
      picture.values.push_back(
          static_cast<float>(small.at<cv::Vec3b>(i / side, i % side)[channel]) /
          255.0F);
    }
  }
  return picture;
}

}  // namespace

class FeatureBank::State {
  class GateDetector;

 public:
  explicit State(const Footage& footage) : footage_(footage) {}

  double Get(Distance kind, size_t a, size_t b) {
    if (a == b) return 0;
    const uint64_t pair = std::min(a, b) * footage_.size() + std::max(a, b);
    auto& kept = kept_.distances[static_cast<size_t>(kind)];
    const auto known = kept.find(pair);
    if (known != kept.end()) return known->second;
    const double distance = Measure(kind, a, b);
    if (remember_) kept.emplace(pair, distance);
    return distance;
  }

  const SmallPicture& Small(size_t frame, int side) {
    const auto key = std::pair(frame, side);
    const auto known = kept_.smalls.find(key);
    if (known != kept_.smalls.end()) return known->second;
    if (!remember_ && kept_.smalls.size() >= kLately) kept_.smalls.clear();
    return kept_.smalls.emplace(key, SmallOf(footage_.frames[frame], side))
        .first->second;
  }

  const std::vector<float>& Hand(size_t frame) {
    const auto known = kept_.hands.find(frame);
    if (known != kept_.hands.end()) return known->second;
    return kept_.hands.emplace(frame, HandOf(footage_.grids[frame]))
        .first->second;
  }

  FeatureBank::Luma SampledLuma(size_t frame, int height) const {
    const Frame& from = footage_.frames[frame];
    FeatureBank::Luma luma{
        std::max(1, from.width * height / from.height), height, {}};
    luma.values.reserve(static_cast<size_t>(luma.width * height));
    for (int y = 0; y < height; ++y) {
      const uint8_t* row = from.y.data + static_cast<ptrdiff_t>(y) *
                                             from.height / height *
                                             from.y.stride;
      for (int x = 0; x < luma.width; ++x) {
        luma.values.push_back(row[x * from.width / luma.width]);
      }
    }
    return luma;
  }

  std::unique_ptr<PictureDetector> Detector(DifferenceKind kind);

  bool remembers() const { return remember_; }
  void Remember(bool on) {
    if (on == remember_) return;
    remember_ = on;
    std::swap(kept_, aside_);
    if (on) aside_ = Kept();
  }

 private:
  using Picture = PictureDetector::Picture;

  // What one kind of gate took, in order, and compared.
  struct GateKept {
    std::unique_ptr<PictureDetector> detector;
    std::vector<Picture> pictures;
    std::unordered_map<uint64_t, double> distances;
    std::unordered_map<const PictureFeature*, size_t> frames;
  };
  struct Kept {
    std::array<std::unordered_map<uint64_t, double>, kDistances> distances;
    std::array<std::map<size_t, Picture>, kDistances> features;
    std::array<GateKept, kDifferenceKinds> gates;
    std::map<std::pair<size_t, int>, SmallPicture> smalls;
    std::map<size_t, std::vector<float>> hands;
  };

  Picture Feature(Distance kind, size_t frame) {
    auto& features = kept_.features[static_cast<size_t>(kind)];
    const auto known = features.find(frame);
    if (known != features.end()) return known->second;
    // Copies of the picture are not worth their room.
    const bool keeps = remember_ && kind != Distance::kPixel;
    if (!keeps && features.size() >= kLately) features.clear();
    const Frame& from = footage_.frames[frame];
    return features
        .emplace(frame, std::make_shared<PictureFeature>(
                            FeatureOf(KindOf(kind), from, kMostPixels)))
        .first->second;
  }

  double Measure(Distance kind, size_t a, size_t b) {
    switch (kind) {
      case Distance::kThumb:
      case Distance::kThumbBlock: {
        // A picture may go when another comes: the first is copied.
        const SmallPicture first = Small(a, kThumbSide);
        const auto errors = ThumbErrors(first, Small(b, kThumbSide));
        return kind == Distance::kThumb ? errors.first : errors.second;
      }
      case Distance::kGrid:
        return GridErrors(footage_.grids[a], footage_.grids[b]).first;
      case Distance::kGridBlock:
        return GridErrors(footage_.grids[a], footage_.grids[b]).second;
      default: {
        const Picture first = Feature(kind, a);
        return DifferenceOf(KindOf(kind), *first, *Feature(kind, b));
      }
    }
  }

  const Footage& footage_;
  bool remember_ = true;
  Kept kept_, aside_;  // aside: what is remembered, while time is measured
};

// Takes each frame once for all gates of a kind, whatever they decide.
class FeatureBank::State::GateDetector final : public PictureDetector {
 public:
  GateDetector(DifferenceKind kind, State* bank) : kind_(kind), bank_(*bank) {}

  Picture Take(const Frame& frame) override {
    const auto& frames = bank_.footage_.frames;
    const auto index = static_cast<size_t>(&frame - frames.data());
    GateKept& kept = Kept();
    while (kept.pictures.size() <= index) {
      const size_t next = kept.pictures.size();
      kept.pictures.push_back(kept.detector->Take(frames[next]));
      kept.frames[kept.pictures.back().get()] = next;
    }
    return kept.pictures[index];
  }
  double Apart(const Picture& a, const Picture& b) override {
    GateKept& kept = Kept();
    const size_t first = kept.frames.at(a.get());
    const size_t second = kept.frames.at(b.get());
    const uint64_t pair = std::min(first, second) * bank_.footage_.size() +
                          std::max(first, second);
    const auto known = kept.distances.find(pair);
    if (known != kept.distances.end()) return known->second;
    return kept.distances[pair] = kept.detector->Apart(a, b);
  }
  void Reset() override {}  // a recording is one piece

 private:
  GateKept& Kept() {
    GateKept& kept = bank_.kept_.gates[static_cast<size_t>(kind_)];
    if (kept.detector == nullptr) kept.detector = MakePictureDetector(kind_);
    return kept;
  }

  const DifferenceKind kind_;
  State& bank_;
};

std::unique_ptr<PictureDetector> FeatureBank::State::Detector(
    DifferenceKind kind) {
  if (!remember_) return MakePictureDetector(kind);
  return std::make_unique<GateDetector>(kind, this);
}

FeatureBank::FeatureBank(const Footage& footage)
    : state_(std::make_unique<State>(footage)) {}
FeatureBank::~FeatureBank() = default;

double FeatureBank::Get(Distance kind, size_t a, size_t b) {
  return state_->Get(kind, a, b);
}
const SmallPicture& FeatureBank::Small(size_t frame, int side) {
  return state_->Small(frame, side);
}
FeatureBank::Luma FeatureBank::SampledLuma(size_t frame, int height) const {
  return state_->SampledLuma(frame, height);
}
const std::vector<float>& FeatureBank::Hand(size_t frame) {
  return state_->Hand(frame);
}
std::unique_ptr<PictureDetector> FeatureBank::Detector(DifferenceKind kind) {
  return state_->Detector(kind);
}
void FeatureBank::Remember(bool on) { state_->Remember(on); }
bool FeatureBank::remembers() const { return state_->remembers(); }

}  // namespace fovea::bench::reuse
