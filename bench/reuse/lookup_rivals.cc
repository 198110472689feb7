// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/lookup_rivals.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace fovea::bench {
namespace {

// The heap's top is the worst of the best.
using Heap = std::vector<std::pair<int, uint32_t>>;

void Offer(Heap& heap, size_t most, int distance, uint32_t place) {
  if (heap.size() == most) {
    if (heap.front().first <= distance) return;
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
  heap.emplace_back(distance, place);
  std::push_heap(heap.begin(), heap.end());
}

std::vector<uint32_t> PlacesOf(const Heap& heap) {
  std::vector<uint32_t> places;
  for (const auto& [distance, place] : heap) places.push_back(place);
  return places;
}

void ScanPlain(const std::vector<uint64_t>& hashes, uint64_t key, size_t most,
               Heap& heap) {
  for (size_t i = 0; i < hashes.size(); ++i) {
    Offer(heap, most, std::popcount(hashes[i] ^ key), static_cast<uint32_t>(i));
  }
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) void ScanPopcnt(
    const std::vector<uint64_t>& hashes, uint64_t key, size_t most,
    Heap& heap) {
  int worst = 64;
  for (size_t i = 0; i < hashes.size(); ++i) {
    const int distance = __builtin_popcountll(hashes[i] ^ key);
    if (heap.size() == most && distance >= worst) continue;
    Offer(heap, most, distance, static_cast<uint32_t>(i));
    worst = heap.front().first;
  }
}
#endif

int TileSum(const Features& a, const Features& b, int left, int top, int width,
            int height) {
  int sum = 0;
  for (int y = top; y < top + height; ++y) {
    for (int x = left; x < left + width; ++x) {
      const size_t at = static_cast<size_t>(y * a.columns + x);
      sum += std::abs(a.cells[at] - b.cells[at]);
    }
  }
  return sum;
}

}  // namespace

HeapScan::HeapScan(const std::vector<Result>& entries) {
  hashes_.reserve(entries.size());
  for (const Result& entry : entries) {
    hashes_.push_back(entry.fingerprint.coarse);
  }
}

std::vector<uint32_t> HeapScan::Plain(const Fingerprint& to,
                                      size_t most) const {
  Heap heap;
  ScanPlain(hashes_, to.coarse, most, heap);
  return PlacesOf(heap);
}

std::vector<uint32_t> HeapScan::Popcnt(const Fingerprint& to,
                                       size_t most) const {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt")) {
    Heap heap;
    ScanPopcnt(hashes_, to.coarse, most, heap);
    return PlacesOf(heap);
  }
#endif
  return Plain(to, most);
}

float PlainFeatureDistance(const Features& a, const Features& b) {
  const int width = std::min<int>(a.columns, 5);
  const int height = std::min<int>(a.rows, 5);
  int greatest = 0;
  for (int y = 0; y < a.rows - height + 3; y += 3) {
    for (int x = 0; x < a.columns - width + 3; x += 3) {
      greatest = std::max(greatest,
                          TileSum(a, b, std::min(x, a.columns - width),
                                  std::min(y, a.rows - height), width, height));
    }
  }
  return static_cast<float>(greatest) / static_cast<float>(width * height);
}

}  // namespace fovea::bench
