// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/fast_body.h"

#include <cstring>

#include "codec/imu/core/bits.h"
#include "codec/imu/core/plan.h"
#include "codec/imu/core/tokens.h"

namespace fovea::imu {
namespace {

constexpr int kGroup = 16;      // residuals whose low bits have one width
constexpr int kMostZeros = 20;  // of a quotient; so many: the value is whole
constexpr int kMaxWidth = 31;
constexpr int kFirstOrder = 9;  // of the code of first values
constexpr int kStepOrder = 5;   // of the code of first steps
constexpr int kKindBits = 2;
constexpr int kWidthBits = 5;

uint32_t Fold(uint32_t difference) {
  return difference << 1 ^ (0U - (difference >> 31));
}
uint32_t Unfold(uint32_t folded) { return folded >> 1 ^ (0U - (folded & 1)); }

// What the sum of sixteen folded residuals is taken to be where they have
// this many low bits.
uint64_t SumOf(int width) { return (uint64_t{24} << width) + 8; }

// Rice codes of widths k and k + 1 are level at a mean of 2^k / 0.4812, the
// logarithm of the golden ratio.
int WidthOf(uint64_t sum) {
  const uint64_t doubled = (sum * 246) >> 12;  // 2 x 0.4812 / 16
  if (doubled < 2) return 0;
  const int width = 63 - __builtin_clzll(doubled);
  return width < kMaxWidth ? width : kMaxWidth;
}

void AddGroup(uint64_t group, FastChannel* fast) {
  fast->sum = (fast->sum + group + 1) >> 1;
}

// Quotients, written from the end of memory down: a number of zeros and a
// one each, the first ones highest.
class QuotientSink {
 public:
  QuotientSink(const uint8_t* begin, uint8_t* end)
      : begin_(begin), end_(end), next_(end) {}

  void Put(int zeros) {
    window_ = window_ << (zeros + 1) | 1;
    held_ += zeros + 1;
    if (held_ >= 32) Flush();
  }

  // Moves what was written to `to`, in front of which all else ends; the end
  // of it, or null when memory was too small.
  uint8_t* Finish(uint8_t* to) {
    window_ <<= 32 - held_;
    held_ = (held_ + 7) / 8 * 8;
    for (; held_ > 0 && next_ > begin_; held_ -= 8) {
      *--next_ = static_cast<uint8_t>(window_ >> 24);
      window_ <<= 8;
    }
    if (full_ || held_ > 0 || next_ < to) return nullptr;
    const auto size = static_cast<size_t>(end_ - next_);
    std::memmove(to, next_, size);
    return to + size;
  }

  // What may be written below without touching this.
  const uint8_t* floor() const { return next_; }

 private:
  void Flush() {
    held_ -= 32;
    if (next_ - begin_ < 4) {
      full_ = true;
      return;
    }
    next_ -= 4;
    const uint64_t out = window_ >> held_;
    for (int i = 0; i < 4; ++i) next_[i] = static_cast<uint8_t>(out >> 8 * i);
  }

  const uint8_t* begin_;
  uint8_t* end_;
  uint8_t* next_;
  uint64_t window_ = 0;
  int held_ = 0;  // low bits of window_ not yet written, below 32 at rest
  bool full_ = false;
};

// Below the beginning come zeros, and then no quotient ends.
class QuotientTap {
 public:
  QuotientTap(const uint8_t* begin, const uint8_t* end)
      : end_(end), bits_(static_cast<uint64_t>(end - begin) * 8) {}

  void GetGroup(int* zeros) {
    uint64_t window = Window();
    if (__builtin_popcountll(window >> 7) < kGroup) {
      for (int i = 0; i < kGroup; ++i) zeros[i] = Get();
      return;
    }
    uint64_t used = 0;
    for (int i = 0; i < kGroup; ++i) {
      const int run = __builtin_clzll(window);
      zeros[i] = run;
      window <<= run + 1;
      used += static_cast<uint64_t>(run) + 1;
    }
    at_ += used;
  }

  int Get() {
    const uint64_t window = Window();
    const int run = window == 0 ? 64 : __builtin_clzll(window);
    at_ += static_cast<uint64_t>(run) + 1;
    return run;
  }

  bool overrun() const { return at_ > bits_; }

 private:
  // At least 57 bits, the next one highest.
  uint64_t Window() const {
    const uint64_t bytes = at_ >> 3;
    if (at_ + 64 <= bits_) return Load64(end_ - 8 - bytes) << (at_ & 7);
    uint64_t window = 0;
    for (uint64_t i = 0; i < 8; ++i) {
      const bool there = bytes + i < bits_ >> 3;
      window = window << 8 | (there ? *(end_ - 1 - bytes - i) : 0U);
    }
    return window << (at_ & 7);
  }

  const uint8_t* end_;
  uint64_t bits_;
  uint64_t at_ = 0;
};

size_t LowBytes(int count, int width) {
  return static_cast<size_t>(count * width + 7) / 8;
}

// The low `width` bits of a group's values; `out` has 8 bytes to spare.
void PutLowBits(const uint32_t* folded, int count, int width, uint8_t* out) {
  const uint32_t mask = (1U << width) - 1;
  uint64_t window = 0;
  int held = 0;
  for (int i = 0; i < count; ++i) {
    window |= static_cast<uint64_t>(folded[i] & mask) << held;
    held += width;
    Store64(window, out);
    out += held >> 3;
    window >>= held & ~7;
    held &= 7;
  }
}

template <Kind kind>
uint32_t Restore(uint32_t difference, Track* track) {
  const uint32_t value = PolynomialGuess(*track, kind) + difference;
  track->Push(value);
  return value;
}

template <Kind kind>
void RestoreGroup(const uint32_t* folded, int count, size_t channels,
                  uint32_t first, Track* kept, int32_t* values) {
  Track track = *kept;
  for (int i = 0; i < count; ++i) {
    const uint32_t value = Restore<kind>(Unfold(folded[i]), &track);
    *values = static_cast<int32_t>(value + first);
    values += channels;
  }
  *kept = track;
}

// The residuals of a group of one channel, folded; their sum.
template <Kind kind>
uint64_t FoldGroup(const int32_t* values, int count, size_t channels,
                   uint32_t first, Track* kept, uint32_t* folded) {
  Track track = *kept;
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    const uint32_t value = static_cast<uint32_t>(*values) - first;
    values += channels;
    folded[i] = Fold(value - PolynomialGuess(track, kind));
    sum += folded[i];
    track.Push(value);
  }
  *kept = track;
  return sum;
}

class Encoder {
 public:
  Encoder(Workspace* work, uint8_t* out, uint8_t* end)
      : work_(work), out_(out), quotients_(out, end) {}

  uint8_t* Run(const int32_t* values, size_t rows) {
    const auto channels = static_cast<size_t>(work_->channels);
    for (size_t t = 2; t < rows; t += kGroup) {
      const size_t left = rows - t;
      const int count = left < kGroup ? static_cast<int>(left) : kGroup;
      for (size_t c = 0; c < channels; ++c) {
        if (!CodeGroup(static_cast<int>(c), values + t * channels + c, count)) {
          return nullptr;
        }
      }
    }
    return quotients_.Finish(out_);
  }

 private:
  bool CodeGroup(int c, const int32_t* values, int count) {
    uint32_t folded[kGroup];
    FastChannel& fast = work_->fast[c];
    const uint64_t sum = Residuals(c, values, count, folded);
    const int width = WidthOf(fast.sum);
    if (quotients_.floor() - out_ < kMostGroupBytes) return false;
    PutLowBits(folded, count, width, out_);
    out_ += LowBytes(count, width);
    for (int i = 0; i < count; ++i) {
      const uint32_t zeros = folded[i] >> width;
      if (zeros < kMostZeros) {
        quotients_.Put(static_cast<int>(zeros));
        continue;
      }
      quotients_.Put(kMostZeros);
      for (int b = 0; b < 4; ++b) {
        *out_++ = static_cast<uint8_t>(folded[i] >> 8 * b);
      }
    }
    AddGroup(sum, &fast);
    return true;
  }

  uint64_t Residuals(int c, const int32_t* values, int count,
                     uint32_t* folded) {
    const auto channels = static_cast<size_t>(work_->channels);
    const ChannelState& state = work_->states[c];
    Track* track = &work_->fast[c].track;
    switch (state.kind) {
      case kConstant:
        return FoldGroup<kConstant>(values, count, channels, state.first, track,
                                    folded);
      case kLine0:
        return FoldGroup<kLine0>(values, count, channels, state.first, track,
                                 folded);
      case kLine1:
        return FoldGroup<kLine1>(values, count, channels, state.first, track,
                                 folded);
      default:
        return FoldGroup<kParabola>(values, count, channels, state.first, track,
                                    folded);
    }
  }

  // Low bits, whole values, and what stores write beyond.
  static constexpr int kMostGroupBytes = kGroup * 8 + 8;

  Workspace* work_;
  uint8_t* out_;
  QuotientSink quotients_;
};

class Decoder {
 public:
  Decoder(Workspace* work, const uint8_t* begin, const uint8_t* end)
      : work_(work), in_(begin), end_(end), quotients_(begin, end) {}

  bool Run(int32_t* values, size_t rows) {
    const auto channels = static_cast<size_t>(work_->channels);
    for (size_t c = 0; c < channels; ++c) {
      const uint32_t first = work_->states[c].first;
      values[c] = static_cast<int32_t>(first);
      if (rows < 2) continue;
      values[channels + c] =
          static_cast<int32_t>(first + work_->fast[c].track.last[0]);
    }
    for (size_t t = 2; t < rows; t += kGroup) {
      const size_t left = rows - t;
      const int count = left < kGroup ? static_cast<int>(left) : kGroup;
      for (size_t c = 0; c < channels; ++c) {
        if (!TakeGroup(static_cast<int>(c), values + t * channels + c, count)) {
          return false;
        }
      }
    }
    return !quotients_.overrun();
  }

 private:
  bool TakeGroup(int c, int32_t* values, int count) {
    int zeros[kGroup];
    if (count == kGroup) {
      quotients_.GetGroup(zeros);
    } else {
      for (int i = 0; i < count; ++i) zeros[i] = quotients_.Get();
    }
    FastChannel& fast = work_->fast[c];
    const int width = WidthOf(fast.sum);
    const size_t bytes = LowBytes(count, width);
    if (static_cast<size_t>(end_ - in_) < bytes) return false;
    uint32_t folded[kGroup];
    Join(zeros, count, width, bytes, folded);
    in_ += bytes;
    if (!TakeWhole(zeros, count, folded)) return false;
    uint64_t sum = 0;
    for (int i = 0; i < count; ++i) sum += folded[i];
    AddGroup(sum, &fast);
    Values(c, folded, count, values);
    return true;
  }

  void Join(const int* zeros, int count, int width, size_t bytes,
            uint32_t* folded) const {
    const uint8_t* low = in_;
    uint8_t copy[kGroup * 4 + 8];
    if (static_cast<size_t>(end_ - in_) < bytes + 8) {
      std::memcpy(copy, in_, bytes);
      low = copy;
    }
    const uint32_t mask = (1U << width) - 1;
    for (int i = 0; i < count; ++i) {
      const int at = i * width;
      const auto bits =
          static_cast<uint32_t>(Load64(low + (at >> 3)) >> (at & 7));
      folded[i] = static_cast<uint32_t>(zeros[i]) << width | (bits & mask);
    }
  }

  // Values whose quotients were too long follow whole.
  bool TakeWhole(const int* zeros, int count, uint32_t* folded) {
    int longest = 0;
    for (int i = 0; i < count; ++i) longest |= zeros[i] >= kMostZeros ? 1 : 0;
    if (longest == 0) return true;
    for (int i = 0; i < count; ++i) {
      if (zeros[i] < kMostZeros) continue;
      if (zeros[i] > kMostZeros || end_ - in_ < 4) return false;
      folded[i] = 0;
      for (int b = 0; b < 4; ++b) {
        folded[i] |= static_cast<uint32_t>(*in_++) << 8 * b;
      }
    }
    return true;
  }

  void Values(int c, const uint32_t* folded, int count, int32_t* values) {
    const auto channels = static_cast<size_t>(work_->channels);
    const ChannelState& state = work_->states[c];
    Track* track = &work_->fast[c].track;
    switch (state.kind) {
      case kConstant:
        return RestoreGroup<kConstant>(folded, count, channels, state.first,
                                       track, values);
      case kLine0:
        return RestoreGroup<kLine0>(folded, count, channels, state.first, track,
                                    values);
      case kLine1:
        return RestoreGroup<kLine1>(folded, count, channels, state.first, track,
                                    values);
      default:
        return RestoreGroup<kParabola>(folded, count, channels, state.first,
                                       track, values);
    }
  }

  Workspace* work_;
  const uint8_t* in_;
  const uint8_t* end_;
  QuotientTap quotients_;
};

// From the first two rows a line goes on, through both and one made up.
Track TrackFrom(uint32_t step) { return {{step, 0, 0U - step}}; }

void PutHead(const Workspace& work, const int32_t* values, size_t rows,
             BitSink* bits) {
  FastChannel* fast = work.fast;
  for (int c = 0; c < work.channels; ++c) {
    const ChannelState& state = work.states[c];
    const int32_t* second = values + (rows > 1 ? work.channels : 0) + c;
    const uint32_t step = static_cast<uint32_t>(*second) - state.first;
    const int octave = state.start_class / 4 + kLowestOctave;
    const int width = octave < 0 ? 0 : octave;
    bits->Put(state.kind, kKindBits);
    bits->Put(static_cast<uint32_t>(width), kWidthBits);
    PutExcess(Fold(state.first), kFirstOrder, bits);
    PutExcess(Fold(step), kStepOrder, bits);
    fast[c].sum = SumOf(width);
    fast[c].track = TrackFrom(step);
  }
}

bool GetHead(Workspace* work, BitTap* bits) {
  FastChannel* fast = work->fast;
  for (int c = 0; c < work->channels; ++c) {
    ChannelState& state = work->states[c];
    state.kind = static_cast<Kind>(bits->Get(kKindBits));
    fast[c].sum = SumOf(static_cast<int>(bits->Get(kWidthBits)));
    state.first = Unfold(GetExcess(kFirstOrder, bits));
    fast[c].track = TrackFrom(Unfold(GetExcess(kStepOrder, bits)));
  }
  return !bits->overrun();
}

}  // namespace

size_t EncodeFastBody(Workspace* work, const int32_t* values, size_t rows,
                      uint8_t* out, size_t capacity) {
  ChoosePolynomials(work, values, rows);
  uint8_t* const end = out + capacity;
  BitSink bits(out, end);
  PutHead(*work, values, rows, &bits);
  uint8_t* const groups = bits.Finish();
  if (groups == nullptr) return 0;
  uint8_t* const stop = Encoder(work, groups, end).Run(values, rows);
  return stop == nullptr ? 0 : static_cast<size_t>(stop - out);
}

bool DecodeFastBody(Workspace* work, const uint8_t* body, size_t size,
                    size_t rows, int32_t* values) {
  BitTap bits(body, body + size);
  if (!GetHead(work, &bits)) return false;
  const uint8_t* const groups = body + bits.BytesUsed();
  return Decoder(work, groups, body + size).Run(values, rows);
}

}  // namespace fovea::imu
