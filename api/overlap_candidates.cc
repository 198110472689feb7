// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_candidates.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <set>
#include <tuple>
#include <utility>

namespace fovea {
namespace {

constexpr size_t kLumaBins = 16;
constexpr size_t kChromaSide = 8;  // of each of Cb and Cr
constexpr size_t kDirections = 8;
constexpr size_t kHeights = 8;
constexpr size_t kPartEnds[] = {kLumaBins, kLumaBins + kChromaSide* kChromaSide,
                                kViewBins};
constexpr int kStep = 2;  // pixels between those looked at

// Chroma of most pictures lies close about grey: cells of 8 levels there.
size_t ChromaBin(int value) {
  return static_cast<size_t>(std::clamp((value - 128) / 8 + 4, 0, 7));
}

void AddColours(const Frame& frame, ViewDescriptor* view) {
  for (int y = 0; y < frame.height; y += kStep) {
    const uint8_t* row = frame.y.data + y * frame.y.stride;
    for (int x = 0; x < frame.width; x += kStep) view->bins[row[x] / 16U] += 1;
  }
  if (frame.u.data == nullptr || frame.v.data == nullptr) return;
  for (int y = 0; y < frame.chroma_height(); y += kStep) {
    const uint8_t* u = frame.u.data + y * frame.u.stride;
    const uint8_t* v = frame.v.data + y * frame.v.stride;
    for (int x = 0; x < frame.chroma_width(); x += kStep) {
      view->bins[kLumaBins + ChromaBin(u[x]) * kChromaSide + ChromaBin(v[x])] +=
          1;
    }
  }
}

void AddEdges(const Frame& frame, ViewDescriptor* view) {
  const Plane& luma = frame.y;
  for (int y = 1; y + 1 < frame.height; y += kStep) {
    const uint8_t* row = luma.data + y * luma.stride;
    const auto height =
        static_cast<size_t>(y) * kHeights / static_cast<size_t>(frame.height);
    for (int x = 1; x + 1 < frame.width; x += kStep) {
      const int dx = row[x + 1] - row[x - 1];
      const int dy = row[x + luma.stride] - row[x - luma.stride];
      const double strength = std::hypot(dx, dy);
      if (strength < 8) continue;                           // noise
      double turn = std::atan2(dy, dx) / std::numbers::pi;  // -1..1
      if (turn < 0) turn += 1;  // dark to light or light to dark alike
      const auto direction =
          std::min(kDirections - 1, static_cast<size_t>(turn * kDirections));
      view->bins[kPartEnds[1] + height * kDirections + direction] +=
          static_cast<float>(strength);
    }
  }
}

void Normalise(ViewDescriptor* view) {
  size_t begin = 0;
  for (const size_t end : kPartEnds) {
    float sum = 0;
    for (size_t i = begin; i < end; ++i) sum += view->bins[i];
    for (size_t i = begin; i < end && sum > 0; ++i) view->bins[i] /= sum;
    begin = end;
  }
}

const ViewedStream::At& NearestTo(const ViewedStream& stream, int64_t time_ns) {
  return *std::min_element(
      stream.views.begin(), stream.views.end(), [&](auto& a, auto& b) {
        return std::abs(a.time_ns - time_ns) < std::abs(b.time_ns - time_ns);
      });
}

// Mean distance at the times `a` was looked at while `b` ran.
double MeanDistance(const ViewedStream& a, const ViewedStream& b) {
  double sum = 0;
  int count = 0;
  for (const ViewedStream::At& at : a.views) {
    if (at.time_ns < b.start_ns || at.time_ns > b.end_ns) continue;
    sum += DistanceOf(at.view, NearestTo(b, at.time_ns).view);
    ++count;
  }
  return count > 0 ? sum / count : 1;
}

bool TimesOverlap(const ViewedStream& a, const ViewedStream& b) {
  return !a.views.empty() && !b.views.empty() && a.start_ns < b.end_ns &&
         b.start_ns < a.end_ns;
}

}  // namespace

ViewDescriptor DescribeView(const Frame& frame) {
  ViewDescriptor view;
  AddColours(frame, &view);
  AddEdges(frame, &view);
  Normalise(&view);
  return view;
}

double DistanceOf(const ViewDescriptor& a, const ViewDescriptor& b) {
  double sum = 0;
  for (size_t i = 0; i < kViewBins; ++i) {
    sum += std::abs(static_cast<double>(a.bins[i]) -
                    static_cast<double>(b.bins[i]));
  }
  return sum / 2 / std::size(kPartEnds);
}

std::vector<Candidate> FindCandidates(std::span<const ViewedStream> streams,
                                      size_t nearest) {
  std::set<std::pair<size_t, size_t>> chosen;
  std::vector<Candidate> all;
  for (size_t i = 0; i < streams.size(); ++i) {
    std::vector<std::pair<double, size_t>> others;
    for (size_t j = 0; j < streams.size(); ++j) {
      if (i == j || !TimesOverlap(streams[i], streams[j])) continue;
      const size_t low = std::min(i, j), high = std::max(i, j);
      others.emplace_back(MeanDistance(streams[low], streams[high]), j);
    }
    std::sort(others.begin(), others.end());
    if (others.size() > nearest) others.resize(nearest);
    for (const auto& [distance, j] : others) {
      const std::pair pair{std::min(i, j), std::max(i, j)};
      if (!chosen.insert(pair).second) continue;
      all.push_back({pair.first, pair.second, distance});
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.distance, a.first, a.second) <
           std::tie(b.distance, b.first, b.second);
  });
  return all;
}

}  // namespace fovea
