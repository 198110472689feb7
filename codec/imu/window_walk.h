// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walk through a window that writer and reader share: numbers in their
// order, and the rows they give.

#ifndef FOVEA_CODEC_IMU_WINDOW_WALK_H_
#define FOVEA_CODEC_IMU_WINDOW_WALK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/imu/window_contexts.h"
#include "codec/imu/window_dct.h"
#include "codec/imu/window_plan.h"

namespace fovea::imu {

// What a block tells of one window.
struct WindowNumbers {
  explicit WindowNumbers(const WindowPlan& plan)
      : ends(plan.channels),
        levels(plan.channels * plan.window),
        corrected(plan.channels),
        corrections(plan.channels * plan.window) {}

  int32_t coarser = 0;               // half octaves above the strength
  std::vector<int32_t> ends;         // bands with a level, per channel
  std::vector<int32_t> levels;       // channel by channel
  std::vector<int32_t> corrected;    // per channel: corrections follow
  std::vector<int32_t> corrections;  // in steps of 2 bound + 1
};

inline int32_t WrappedSum(int32_t a, uint32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + b);
}

// Coefficients from which no level follows once `end` bands were told; the
// first one always is.
inline size_t LevelsIn(const WindowPlan& plan, int32_t end) {
  size_t k = 1;
  while (k < plan.window && plan.BandOf(k) < static_cast<size_t>(end)) ++k;
  return k;
}

template <typename Symbols>
class WindowWalk {
 public:
  WindowWalk(const WindowPlan& plan, bool coarser_told,
             std::span<const int32_t> bounds, Symbols* symbols)
      : plan_(plan),
        coarser_told_(coarser_told),
        bounds_(bounds),
        symbols_(symbols),
        line_(plan.window) {}

  // False: damaged. `rows`: channels x window, of the levels alone.
  bool CodeLevels(WindowContexts* contexts, WindowNumbers* numbers,
                  std::span<int32_t> rows) {
    if (coarser_told_) {
      symbols_->Code(contexts->coarser(), &contexts->coarser_scale(),
                     &numbers->coarser);
      if (numbers->coarser < 0 || numbers->coarser >= 1 << kCoarserBits) {
        return false;
      }
    }
    contexts->BeginWindow(numbers->coarser);
    for (size_t c = 0; c < plan_.channels; ++c) {
      contexts->BeginChannel(c);
      if (!CodeChannel(contexts, c, numbers)) return false;
      contexts->EndChannel();
      InverseIntegerDct(line_);
      for (size_t t = 0; t < plan_.window; ++t) {
        rows[t * plan_.channels + c] = line_[t];
      }
    }
    return true;
  }

  void CodeCorrections(WindowContexts* contexts, WindowNumbers* numbers,
                       std::span<int32_t> rows) {
    for (size_t c = 0; c < bounds_.size(); ++c) {
      if (bounds_[c] < 0) continue;
      contexts->BeginChannel(c);
      symbols_->Code(0, &contexts->side(kCorrected), &numbers->corrected[c]);
      if (numbers->corrected[c] == 0) continue;
      const uint32_t step = 2 * static_cast<uint32_t>(bounds_[c]) + 1;
      int32_t* const corrections = &numbers->corrections[c * plan_.window];
      for (size_t t = 0; t < plan_.window; ++t) {
        symbols_->Code(0, &contexts->side(kCorrection), &corrections[t]);
        int32_t& value = rows[t * plan_.channels + c];
        value = WrappedSum(value, static_cast<uint32_t>(corrections[t]) * step);
      }
    }
  }

 private:
  // Levels to coefficients in line_.
  bool CodeChannel(WindowContexts* contexts, size_t c, WindowNumbers* numbers) {
    int32_t& end = numbers->ends[c];
    symbols_->Code(contexts->end(), &contexts->side(kEnd), &end);
    if (end < 0 || static_cast<size_t>(end) > plan_.bands) return false;
    contexts->SetEnd(end);
    std::ranges::fill(line_, 0);
    int32_t* const levels = &numbers->levels[c * plan_.window];
    const size_t count = LevelsIn(plan_, end);
    for (size_t k = 0; k < count; ++k) {
      symbols_->Code(contexts->MeanOf(k), &levels[k]);
      contexts->Take(k, levels[k]);
      line_[k] =
          WrappedSum(0, static_cast<uint32_t>(levels[k]) * contexts->step(k));
    }
    line_[0] = WrappedSum(line_[0], static_cast<uint32_t>(contexts->first()));
    contexts->SetFirst(line_[0]);
    return true;
  }

  const WindowPlan& plan_;
  const bool coarser_told_;
  const std::span<const int32_t> bounds_;
  Symbols* const symbols_;
  std::vector<int32_t> line_;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_WINDOW_WALK_H_
