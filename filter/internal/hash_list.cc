// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/hash_list.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace fovea::internal {

void HashList::Append(const Fingerprint& fingerprint) {
  coarse_.push_back(fingerprint.coarse);
  fine_.push_back(fingerprint.fine);
  distances_.push_back(0);
}

void HashList::Remove(size_t place) {
  coarse_[place] = coarse_.back();
  fine_[place] = fine_.back();
  coarse_.pop_back();
  fine_.pop_back();
  distances_.pop_back();
}

void HashList::Measure(uint64_t coarse) const {
  kernels_.distances(coarse_.data(), size(), coarse, distances_.data());
}

uint8_t HashList::Radius(size_t most) const {
  uint8_t low = 0, high = 64;
  while (low < high) {
    const uint8_t middle = static_cast<uint8_t>((low + high) / 2);
    if (kernels_.count_up_to(distances_.data(), size(), middle) >= most) {
      high = middle;
    } else {
      low = static_cast<uint8_t>(middle + 1);
    }
  }
  return low;
}

std::vector<uint32_t> HashList::UpTo(uint8_t radius) const {
  std::vector<uint32_t> places(
      kernels_.count_up_to(distances_.data(), size(), radius));
  kernels_.places_up_to(distances_.data(), size(), radius, places.data());
  return places;
}

std::vector<uint32_t> HashList::Nearest(const Fingerprint& to,
                                        size_t most) const {
  if (size() <= most) {
    std::vector<uint32_t> all(size());
    std::iota(all.begin(), all.end(), 0U);
    return all;
  }
  Measure(to.coarse);
  std::vector<uint32_t> places = UpTo(Radius(most));
  if (places.size() == most) return places;
  // A camera that stands still has thousands as near as each other.
  std::vector<uint16_t> fine(places.size());
  kernels_.fine_distances(fine_.data(), places.data(), places.size(), to.fine,
                          fine.data());
  struct Place {
    uint8_t coarse;
    uint16_t fine;
    uint32_t place;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> order(places.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = {distances_[places[i]], fine[i], places[i]};
  }
  std::nth_element(order.begin(), order.begin() + static_cast<ptrdiff_t>(most),
                   order.end());
  places.resize(most);
  for (size_t i = 0; i < most; ++i) places[i] = order[i].place;
  return places;
}

std::vector<uint32_t> HashList::Equal(uint64_t coarse) const {
  Measure(coarse);
  return UpTo(0);
}

}  // namespace fovea::internal
