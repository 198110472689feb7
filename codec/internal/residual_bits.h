// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small numbers of either sign, any int64 among them, as bits of an adaptive
// range coder whose statistics follow what the number before was.

#ifndef FOVEA_CODEC_INTERNAL_RESIDUAL_BITS_H_
#define FOVEA_CODEC_INTERNAL_RESIDUAL_BITS_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "codec/internal/range_coder.h"

namespace fovea::internal {

inline constexpr int kResidualSizes = 8;

// Residuals as adaptive bits. `group` 1 keeps statistics of its own.
class ResidualBits {
 public:
  // `size`, below kResidualSizes: the statistics begin with what residuals of
  // a mean size of 2^(size - 2) have, or for 0 with none.
  explicit ResidualBits(int size = 0) {
    if (size == 0) return;
    constexpr int kOne = 1 << 16;
    constexpr int kSeen = 6;
    const Probability least(2 * kOne / (2 + (1 << (size - 1))), kSeen);
    any_.fill(least);
    for (auto& group : more_) group.fill(least);
    sign_.fill(Probability(kOne / 2, kSeen));
  }

  template <typename Coder>  // bool operator()(Probability*, bool)
  int64_t Pass(int64_t residual, int group, Coder coder) {
    const size_t before = group != 0 ? kContexts - 1 : Context(last_);
    last_ = 0;
    if (coder(&any_[before], residual != 0)) {
      const bool negative = coder(&sign_[before], residual < 0);
      const uint64_t rest =
          PassSize(Magnitude(residual) - 1, static_cast<size_t>(group), coder);
      last_ = static_cast<int64_t>(negative ? 0 - rest - 1 : rest + 1);
    }
    return last_;
  }

 private:
  static constexpr size_t kContexts = 8;
  static constexpr size_t kUnary = 14;
  static constexpr size_t kMaxWidth = 63;

  static uint64_t Magnitude(int64_t value) {
    return value < 0 ? 0 - static_cast<uint64_t>(value)
                     : static_cast<uint64_t>(value);
  }

  static size_t Context(int64_t last) {
    const uint64_t size = Magnitude(last);
    const size_t group = size == 0 ? 0 : size == 1 ? 1 : size <= 3 ? 3 : 5;
    return group + (last < 0 ? 1 : 0);
  }

  // In unary, above kUnary by an Exp-Golomb code.
  template <typename Coder>
  uint64_t PassSize(uint64_t size, size_t group, Coder coder) {
    for (size_t i = 0; i < kUnary; ++i) {
      if (!coder(&more_[group][i], size > i)) return i;
    }
    const uint64_t above = size - kUnary + 1;
    const int width = static_cast<int>(std::bit_width(above)) - 1;
    size_t bits = 0;
    while (bits < kMaxWidth &&
           coder(&width_[bits], static_cast<int>(bits) < width)) {
      ++bits;
    }
    uint64_t value = 1;
    for (size_t bit = bits; bit-- > 0;) {
      Probability even;
      value = value << 1 | (coder(&even, (above >> bit & 1) != 0) ? 1 : 0);
    }
    return value + kUnary - 1;
  }

  std::array<Probability, kContexts> any_;
  std::array<Probability, kContexts> sign_;
  std::array<std::array<Probability, kUnary>, 2> more_;
  std::array<Probability, kMaxWidth> width_;
  int64_t last_ = 0;
};

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_RESIDUAL_BITS_H_
