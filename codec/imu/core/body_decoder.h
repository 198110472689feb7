// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads what body_encoder.h writes.

#ifndef FOVEA_CODEC_IMU_CORE_BODY_DECODER_H_
#define FOVEA_CODEC_IMU_CORE_BODY_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codec/imu/core/bits.h"
#include "codec/imu/core/body_layout.h"
#include "codec/imu/core/plan.h"
#include "codec/imu/core/rans.h"
#include "codec/imu/core/tokens.h"
#include "codec/imu/core/workspace.h"

namespace fovea::imu {

template <typename WalkT>
class BodyDecoder {
 public:
  BodyDecoder(Workspace* work, WalkT* walk, int32_t* values, size_t rows)
      : work_(work), walk_(*walk), values_(values), rows_(rows) {}

  bool Run(const uint8_t* body, size_t size) {
    const size_t segments = SegmentsOf(rows_, work_->channels);
    const size_t lengths = kLengthBytes * (segments - 1);
    if (size < lengths) return false;
    const uint8_t* length = body;
    body += lengths;
    size -= lengths;
    for (size_t s = 0; s < segments; ++s) {
      size_t here = size;
      if (s + 1 < segments) {
        here = length[0] | static_cast<size_t>(length[1]) << 8;
        length += kLengthBytes;
      }
      if (here > size || !TakeSegment(s, body, body + here)) return false;
      body += here;
      size -= here;
    }
    MoveToPlace();
    return true;
  }

 private:
  bool TakeSegment(size_t number, const uint8_t* begin, const uint8_t* end) {
    BitTap bits(begin, end);
    const int channels = work_->channels;
    if (number == 0) {
      if (!GetPlan(work_, &bits)) return false;
      walk_.Start();
      std::memset(values_, 0, sizeof(*values_) * static_cast<size_t>(channels));
    }
    const size_t most = SegmentRows(channels);
    const size_t from = 1 + number * most;
    const size_t to = rows_ - from < most ? rows_ : from + most;
    RansTap tap(begin, end);
    uint32_t state[2] = {tap.Start(), channels > 1 ? tap.Start() : kRansLow};
    TakeRows(from, to, &tap, state, &bits);
    if (tap.overrun() || bits.overrun()) return false;
    for (int c = 0; number == 0 && c < 2 && c < channels; ++c) {
      work_->states[c].first += state[c] - kRansLow;
    }
    return true;
  }

  void TakeRows(size_t from, size_t to, RansTap* tap, uint32_t* states,
                BitTap* bits) {
    const int channels = work_->channels;
    RansTap words = *tap;
    BitTap raw = *bits;
    uint32_t even = states[0];
    uint32_t odd = states[1];
    // Damage ends it soon, whatever the number of rows.
    for (size_t t = from; t < to && !words.overrun(); ++t) {
      int32_t* row = values_ + t * static_cast<size_t>(channels);
      if (work_->repeats) {
        const int table = FlagTable(*work_, repeated_);
        repeated_ = words.Get(&even, kTokenTables.table[table]) != 0;
        if (repeated_) {
          std::memcpy(row, row - channels,
                      sizeof(*row) * static_cast<size_t>(channels));
          continue;
        }
      }
      walk_.BeginRow();
      int c = 0;
      for (; c + 1 < channels; c += 2) {
        row[c] = static_cast<int32_t>(TakeValue(c, &words, &even, &raw));
        row[c + 1] = static_cast<int32_t>(TakeValue(c + 1, &words, &odd, &raw));
      }
      if (c < channels) {
        row[c] = static_cast<int32_t>(TakeValue(c, &words, &even, &raw));
      }
      walk_.EndRow();
    }
    *tap = words;
    *bits = raw;
    states[0] = even;
    states[1] = odd;
  }

  uint32_t TakeValue(int c, RansTap* tap, uint32_t* state, BitTap* bits) {
    ChannelState& channel = work_->states[c];
    const int scale_class = walk_.ClassOf(c);
    uint64_t doubled = 0;
    uint32_t value = 0;
    if (scale_class >= kLowClasses) {
      const int token =
          tap->Get(state, kTokenTables.table[HighTableOf(scale_class)]);
      const Guess guess = walk_.GuessOf(c);
      value = TakeHigh(token, guess, scale_class, bits, &doubled);
    } else {
      const Guess guess = walk_.GuessOf(c);
      const int fraction = static_cast<int>(((guess.eighths + 4) & 7) - 4);
      const LowTable table(scale_class, fraction);
      const int token = tap->Get(state, kTokenTables.table[table.number]);
      value = TakeLow(token, guess, scale_class, bits, &doubled);
    }
    channel.scale.Add(doubled);
    walk_.Take(c, value);
    return value;
  }

  // Values were decoded as if every channel began at 0.
  void MoveToPlace() {
    const int channels = work_->channels;
    uint32_t firsts[kMaxChannels];
    for (int c = 0; c < channels; ++c) firsts[c] = work_->states[c].first;
    int32_t* value = values_;
    for (size_t t = 0; t < rows_; ++t) {
      for (int c = 0; c < channels; ++c, ++value) {
        *value =
            static_cast<int32_t>(static_cast<uint32_t>(*value) + firsts[c]);
      }
    }
  }

  Workspace* work_;
  WalkT& walk_;
  int32_t* values_;
  size_t rows_;
  bool repeated_ = false;  // the row before
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_BODY_DECODER_H_
