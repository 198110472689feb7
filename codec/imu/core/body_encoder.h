// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes an entropy-coded body by a plan that is chosen: see body_layout.h.

#ifndef FOVEA_CODEC_IMU_CORE_BODY_ENCODER_H_
#define FOVEA_CODEC_IMU_CORE_BODY_ENCODER_H_

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

// `WalkT` says what is expected: Walk, or one with its members.
template <typename WalkT>
class BodyEncoder {
 public:
  BodyEncoder(Workspace* work, WalkT* walk, const int32_t* values, size_t rows)
      : work_(work), walk_(*walk), values_(values), rows_(rows) {
    walk_.Start();
  }

  // The rows after the first; null when the memory was too small.
  uint8_t* Run(uint8_t* out, uint8_t* end) {
    const size_t segments = SegmentsOf(rows_, work_->channels);
    const size_t lengths = kLengthBytes * (segments - 1);
    if (static_cast<size_t>(end - out) < lengths) return nullptr;
    uint8_t* length = out;
    out += lengths;
    for (size_t s = 0; s < segments; ++s) {
      uint8_t* const begin = out;
      out = CodeSegment(s, out, end);
      if (out == nullptr) return nullptr;
      if (s + 1 == segments) break;
      *length++ = static_cast<uint8_t>(out - begin);
      *length++ = static_cast<uint8_t>((out - begin) >> 8);
    }
    return out;
  }

 private:
  uint8_t* CodeSegment(size_t number, uint8_t* out, uint8_t* end) {
    BitSink bits(out, end);
    if (number == 0) PutPlan(*work_, &bits);
    const size_t from = 1 + number * SegmentRows(work_->channels);
    const size_t left = rows_ - from;
    const size_t most = SegmentRows(work_->channels);
    CodeTokens(from, left < most ? left : most, &bits);
    out = bits.Finish();
    return out == nullptr ? nullptr : CodeStates(number == 0, out, end);
  }

  void CodeTokens(size_t from, size_t count, BitSink* bits) {
    const auto channels = static_cast<size_t>(work_->channels);
    next_ = work_->tokens;
    for (size_t t = from; t < from + count; ++t) {
      const int32_t* row = values_ + t * channels;
      if (work_->repeats) {
        const bool repeats =
            std::memcmp(row, row - channels, channels * sizeof(*row)) == 0;
        AddToken(FlagTable(*work_, repeated_), repeats ? 1 : 0);
        repeated_ = repeats;
        if (repeats) continue;
      }
      CodeRow(row, bits);
    }
  }

  void CodeRow(const int32_t* row, BitSink* bits) {
    walk_.BeginKnownRow(row);
    for (int c = 0; c < work_->channels; ++c) {
      ChannelState& state = work_->states[c];
      const uint32_t value = static_cast<uint32_t>(row[c]) - state.first;
      const int scale_class = walk_.ClassOf(c);
      const Guess guess = walk_.GuessOf(c);
      const Coded coded = scale_class < kLowClasses
                              ? PutLow(value, guess, scale_class, bits)
                              : PutHigh(value, guess, scale_class, bits);
      state.scale.Add(coded.doubled);
      walk_.Take(c, value);
      AddToken(coded.table, coded.token);
    }
    walk_.EndRow();
  }

  void AddToken(int table, int token) {
    *next_++ = static_cast<uint16_t>(table << kTokenBits | token);
  }

  uint8_t* CodeStates(bool first, uint8_t* out, uint8_t* end) {
    const int channels = work_->channels;
    uint32_t states[2] = {kRansLow, kRansLow};
    for (int c = 0; first && c < 2 && c < channels; ++c) {
      states[c] += LowPart(*work_, c);
    }
    RansSink sink(out, end);
    int c = channels;
    while (next_ > work_->tokens) {
      const int coded = *--next_;
      const int table = coded >> kTokenBits;
      const bool flag = table >= kFlagTable;
      c = flag ? 0 : c == 0 ? channels - 1 : c - 1;
      sink.Put(&states[c & 1], kTokenTables.table[table],
               coded & ((1 << kTokenBits) - 1));
    }
    if (channels > 1) sink.Finish(states[1]);
    sink.Finish(states[0]);
    return sink.end();
  }

  Workspace* work_;
  WalkT& walk_;
  const int32_t* values_;
  size_t rows_;
  uint16_t* next_ = nullptr;  // token to be written
  bool repeated_ = false;     // the row before
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_BODY_ENCODER_H_
