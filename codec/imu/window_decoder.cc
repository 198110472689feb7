// SPDX-License-Identifier: GPL-2.0-or-later

#include <algorithm>
#include <cmath>

#include "codec/imu/window_body.h"
#include "codec/imu/window_symbols.h"
#include "codec/imu/window_walk.h"

namespace fovea::imu {
namespace {

// The bytes in front of the numbers.
class HeadReader {
 public:
  explicit HeadReader(std::span<const uint8_t> body) : left_(body) {}

  uint8_t Byte() {
    if (left_.empty()) {
      whole_ = false;
      return 0;
    }
    const uint8_t byte = left_.front();
    left_ = left_.subspan(1);
    return byte;
  }

  uint32_t Varint() {
    uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    whole_ = false;
    return 0;
  }

  bool whole() const { return whole_; }
  std::span<const uint8_t> left() const { return left_; }

 private:
  std::span<const uint8_t> left_;
  bool whole_ = true;
};

}  // namespace

uint8_t StoredChange(double change) {
  if (!(change > 0)) return 0;
  const double eighths = std::round(kEighths * std::log2(change));
  return static_cast<uint8_t>(std::clamp(eighths + kNoOctave, 1.0, 255.0));
}

double ChangeOf(uint8_t stored) {
  if (stored == 0) return 0;
  return std::exp2((static_cast<double>(stored) - kNoOctave) / kEighths);
}

bool DecodeWindowBody(const WindowPlan& plan, std::span<const uint8_t> body,
                      std::span<int32_t> values, WindowVerdict* verdict) {
  HeadReader head(body);
  const size_t rows = values.size() / plan.channels;
  const size_t windows = (rows - 1) / plan.window + 1;
  const uint8_t flags = head.Byte();
  const int strength = head.Byte();
  verdict->windows = static_cast<uint32_t>(windows);
  verdict->margin_change = static_cast<float>(ChangeOf(head.Byte()));
  verdict->judged = (flags & kJudged) != 0;
  if (verdict->judged) {
    const uint32_t other = head.Varint();
    if (other > windows) return false;
    verdict->agreeing = verdict->windows - other;
  }
  std::vector<int32_t> bounds;
  for (size_t c = 0; (flags & kBounded) != 0 && c < plan.channels; ++c) {
    bounds.push_back(static_cast<int32_t>(head.Varint() - 1U));
  }
  if (!head.whole() || flags > (kJudged | kBounded)) return false;
  SymbolReader symbols(head.left());
  WindowWalk<SymbolReader> walk(plan, verdict->judged, bounds, &symbols);
  WindowContexts contexts(plan, strength);
  WindowNumbers numbers(plan);
  std::vector<int32_t> window(plan.channels * plan.window);
  for (size_t at = 0; at < values.size(); at += window.size()) {
    if (!walk.CodeLevels(&contexts, &numbers, window)) return false;
    walk.CodeCorrections(&contexts, &numbers, window);
    if (symbols.overrun()) return false;
    std::copy_n(window.begin(), std::min(window.size(), values.size() - at),
                values.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return true;
}

}  // namespace fovea::imu
