// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/normal_body.h"

#include "codec/imu/core/bits.h"
#include "codec/imu/core/plan.h"
#include "codec/imu/core/rans.h"
#include "codec/imu/core/tokens.h"

namespace fovea::imu {
namespace {

constexpr int kTokenBits = 6;
constexpr size_t kLengthBytes = 2;

// Rows of a segment, whose tokens fit the workspace.
size_t SegmentRows(int channels) {
  return kSegmentTokens / static_cast<size_t>(channels);
}

size_t SegmentsOf(size_t rows, int channels) {
  const size_t most = SegmentRows(channels);
  return rows <= 1 ? 1 : (rows - 2) / most + 1;
}

// The part of a first value that a state of the entropy coder starts with.
uint32_t LowPart(const Workspace& work, int c) {
  uint32_t first = work.states[c].first;
  if (work.taps != nullptr) {
    first -= static_cast<uint32_t>(work.profile.channel[c].typical);
  }
  return (first + 0x8000) & 0xffff;
}

template <int kLanes>
class Encoder {
 public:
  Encoder(Workspace* work, const int32_t* values, size_t rows)
      : work_(work),
        values_(values),
        rows_(rows),
        walk_(work->states, work->channels, work->profile_or_null(), work->taps,
              work->own, work->rows) {
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
    const int channels = work_->channels;
    uint16_t* tokens = work_->tokens;
    for (size_t t = from; t < from + count; ++t) {
      const int32_t* row = values_ + t * static_cast<size_t>(channels);
      walk_.BeginRow();
      for (int c = 0; c < channels; ++c) {
        ChannelState& state = work_->states[c];
        const uint32_t value = static_cast<uint32_t>(row[c]) - state.first;
        const int scale_class = walk_.ClassOf(c);
        const Guess guess = walk_.GuessOf(c);
        const Coded coded = scale_class < kLowClasses
                                ? PutLow(value, guess, scale_class, bits)
                                : PutHigh(value, guess, scale_class, bits);
        state.scale.Add(coded.doubled);
        walk_.Take(c, value);
        *tokens++ =
            static_cast<uint16_t>(coded.table << kTokenBits | coded.token);
      }
      walk_.EndRow();
    }
    count_ = count;
  }

  uint8_t* CodeStates(bool first, uint8_t* out, uint8_t* end) {
    const int channels = work_->channels;
    uint32_t state[2] = {kRansLow, kRansLow};
    for (int c = 0; first && c < 2 && c < channels; ++c) {
      state[c] += LowPart(*work_, c);
    }
    RansSink sink(out, end);
    const uint16_t* token =
        work_->tokens + count_ * static_cast<size_t>(channels);
    for (size_t t = 0; t < count_; ++t) {
      for (int c = channels - 1; c >= 0; --c) {
        const int coded = *--token;
        sink.Put(&state[c & 1], kTokenTables.table[coded >> kTokenBits],
                 coded & ((1 << kTokenBits) - 1));
      }
    }
    if (channels > 1) sink.Finish(state[1]);
    sink.Finish(state[0]);
    return sink.end();
  }

  Workspace* work_;
  const int32_t* values_;
  size_t rows_;
  Walk<kLanes> walk_;
  size_t count_ = 0;
};

template <int kLanes>
class Decoder {
 public:
  Decoder(Workspace* work, int32_t* values, size_t rows)
      : work_(work),
        values_(values),
        rows_(rows),
        walk_(work->states, work->channels, work->profile_or_null(), work->taps,
              work->own, work->rows) {}

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
    if (number == 0) {
      if (!GetPlan(work_, &bits)) return false;
      walk_.Start();
    }
    const int channels = work_->channels;
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
    for (size_t t = from; t < to; ++t) {
      int32_t* row = values_ + t * static_cast<size_t>(channels);
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
    const auto channels = static_cast<size_t>(work_->channels);
    for (size_t c = 0; c < channels; ++c) {
      const uint32_t first = work_->states[c].first;
      values_[c] = static_cast<int32_t>(first);
      for (size_t t = 1; t < rows_; ++t) {
        int32_t& value = values_[t * channels + c];
        value = static_cast<int32_t>(static_cast<uint32_t>(value) + first);
      }
    }
  }

  Workspace* work_;
  int32_t* values_;
  size_t rows_;
  Walk<kLanes> walk_;
};

}  // namespace

size_t EncodeNormalBody(Workspace* work, const int32_t* values, size_t rows,
                        uint8_t* out, size_t capacity) {
  ChoosePlan(work, values, rows);
  uint8_t* const end = out + capacity;
  uint8_t* const stop = LanesOf(work->channels) == 8
                            ? Encoder<8>(work, values, rows).Run(out, end)
                            : Encoder<16>(work, values, rows).Run(out, end);
  return stop == nullptr ? 0 : static_cast<size_t>(stop - out);
}

bool DecodeNormalBody(Workspace* work, const uint8_t* body, size_t size,
                      size_t rows, int32_t* values) {
  return LanesOf(work->channels) == 8
             ? Decoder<8>(work, values, rows).Run(body, size)
             : Decoder<16>(work, values, rows).Run(body, size);
}

}  // namespace fovea::imu
