// SPDX-License-Identifier: GPL-2.0-or-later
//
// Scales and first weights of the reuse predictor, as tables.

#ifndef FOVEA_FILTER_REUSE_DEFAULTS_H_
#define FOVEA_FILTER_REUSE_DEFAULTS_H_

#include <array>

#include "filter/answer_history.h"

namespace fovea {

struct FeatureScale {
  double mean, deviation;
};

// Means and deviations over seven recordings (pedestrians, car park, bottles,
// junction, motorway, two walks), compared as RareRunExamples() does.
inline constexpr std::array<FeatureScale, PairTraits::kCount> kPairScales = {{
    {3.3, 1.2},  // kDistance
    {4.3, 2.1},  // kCells
    {5.2, 2.8},  // kDoubtfulChange
    {1.6, 1.0},  // kAge
    {3.2, 1.6},  // kChange
    {0, 1},      // kIsLast
    {0.5, 2},    // kLastDoubt
    {4, 4},      // kDoubt
    {1.2, 0.7},  // kThumbnail
    {2.4, 0.9},  // kThumbnailPart
}};
inline constexpr std::array<FeatureScale, PresentTraits::kCount>
    kPresentScales = {{
        {0, 1},        // kOne
        {2.7, 1.3},    // kDistance
        {3.4, 2.2},    // kCells
        {4.0, 2.5},    // kDoubtfulChange
        {0.7, 0.7},    // kAge
        {2.0, 1.4},    // kChange
        {4, 4},        // kDoubt
        {0.57, 0.36},  // kTurns
        {1.2, 0.7},    // kThumbnail, as above
        {2.4, 0.9},    // kThumbnailPart
    }};

// A run weighs less by 1 / (1 + distance) and 1 / (1 + age). Weights learnt
// from other cameras were no better on a camera of which nothing is known.
inline constexpr std::array<double, PairTraits::kCount> kDefaultPairWeights = {
    -1.2, 0, 0, -1, 0, 0, 0, 0, 0, 0};
inline constexpr std::array<double, PresentTraits::kCount>
    kDefaultPresentWeights = {1.9, 0, 0, 0, 0, 0, 0, 0, 0, 0};

// The usual answer weighs, against one not seen yet, as much as the skip head
// says; runs weigh by themselves.
inline constexpr std::array<double, 3> kDefaultUsualWeights = {1.9, 1, 0};

}  // namespace fovea

#endif  // FOVEA_FILTER_REUSE_DEFAULTS_H_
