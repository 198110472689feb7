// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: the body of inertial blocks of mode
// normal.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_NORMAL_BODY_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_NORMAL_BODY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/prediction.h"
#include "tests/codec/imu/second_reader/residual_tokens.h"
#include "tests/codec/imu/second_reader/residuals.h"

namespace fovea::second_reader {

class NormalBody {
 public:
  NormalBody(Bytes body, size_t channels, size_t rows, Bytes profile)
      : width_(channels), rows_(rows), body_(body) {
    if (!profile.empty()) profile_ = Profile::Read(profile);
  }

  virtual ~NormalBody() = default;

  std::vector<int32_t> Read() {
    const size_t longest = 4096 / (width_ + 1);
    const size_t segments =
        std::max<size_t>(1, (rows_ - 1 + longest - 1) / longest);
    ByteCursor in(body_);
    std::vector<size_t> sizes(segments - 1);
    for (size_t& size : sizes) size = in.Number(2);
    values_.resize(rows_ * width_);
    differences_.resize(width_);
    for (size_t s = 0; s < segments; ++s) {
      const Bytes segment = s + 1 < segments ? in.Take(sizes[s]) : in.Rest();
      OpenSegment(segment, s == 0);
      const size_t begin = 1 + s * longest;
      for (size_t t = begin; t < std::min(rows_, begin + longest); ++t) {
        ReadRow(t);
      }
      if (s == 0) FinishFirst();
    }
    for (size_t i = 0; i < values_.size(); ++i) {
      values_[i] = static_cast<int32_t>(
          Wrapped(values_[i] + channels_[i % width_].first));
    }
    return values_;
  }

 protected:
  // Where the next value of a channel is expected, in eighths.
  virtual int64_t Expected(size_t c, int scale_class) {
    const Channel& channel = channels_[c];
    return channel.kind == 4
               ? 8 * channel.past.a + profile_.Sum(c, scale_class, differences_)
               : 8 * Wrapped(channel.past.Expected(channel.kind));
  }
  // By how much it then differs from the one before.
  virtual void Known(size_t, int, int64_t) {}

  size_t width() const { return width_; }
  int kind(size_t c) const { return channels_[c].kind; }
  const Past& past(size_t c) const { return channels_[c].past; }
  // Newest last.
  const std::vector<int64_t>& differences(size_t c) const {
    return differences_[c];
  }

 private:
  struct Channel {
    int kind = 0;
    Scale scale;
    int64_t first = 0;
    Past past;
  };

  void OpenSegment(Bytes segment, bool first) {
    tokens_.OpenBits(segment);
    if (first) ReadPlan(tokens_.bits());
    tokens_.OpenWords(segment, width_ > 1 ? 2 : 1);
  }

  void ReadPlan(LowBits* bits) {
    flags_ = bits->Bit() != 0;
    if (flags_) {
      after_no_ = static_cast<int>(bits->Bits(4));
      after_yes_ = static_cast<int>(bits->Bits(4));
    }
    const bool one_kind = bits->Bit() != 0;
    for (size_t c = 0; c < width_; ++c) {
      Channel channel;
      channel.kind = one_kind && c > 0 ? channels_[0].kind
                                       : static_cast<int>(bits->Bits(3));
      channel.scale = Scale(1 + 3 * static_cast<int>(bits->Bits(6)));
      const int64_t above = UnZigZag(bits->Eg(c < 2 ? 0 : 9));
      channel.first = c < 2 ? above * 65536 : above;
      channels_.push_back(channel);
    }
  }

  // The low bits of the first two channels' first values are where the states
  // end.
  void FinishFirst() {
    for (size_t c = 0; c < std::min<size_t>(2, width_); ++c) {
      channels_[c].first +=
          static_cast<int64_t>(tokens_.words().state(c) & 0xffff) - 32768;
    }
    for (size_t c = 0; c < width_ && !profile_.channels.empty(); ++c) {
      channels_[c].first += profile_.channels[c].typical;
    }
  }

  // Of rows that repeat nothing else is kept.
  void ReadRow(size_t t) {
    if (flags_) {
      repeats_ = tokens_.Flag(repeats_ ? after_yes_ : after_no_);
    }
    for (size_t c = 0; c < width_; ++c) {
      Channel& channel = channels_[c];
      int64_t y = channel.past.a;
      if (!repeats_) {
        y = ReadValue(c);
        differences_[c].push_back(Wrapped(y - channel.past.a));
        channel.past.Push(y);
        if (differences_[c].size() == 1) channel.past.c = -y;
      }
      values_[t * width_ + c] = static_cast<int32_t>(y);
    }
  }

  int64_t ReadValue(size_t c) {
    Channel& channel = channels_[c];
    const int scale_class = channel.scale.ScaleClass();
    const ResidualTokens::Number number =
        tokens_.Next(c % 2, scale_class, Expected(c, scale_class));
    channel.scale.Learn(number.magnitude);
    Known(c, scale_class, Wrapped(number.value - channel.past.a));
    return number.value;
  }

  const size_t width_;
  const size_t rows_;
  const Bytes body_;
  ResidualTokens tokens_;
  Profile profile_;
  bool flags_ = false;
  bool repeats_ = false;
  int after_no_ = 0, after_yes_ = 0;
  std::vector<Channel> channels_;
  std::vector<std::vector<int64_t>> differences_;
  std::vector<int32_t> values_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_NORMAL_BODY_H_
