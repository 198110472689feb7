// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: the body of inertial blocks of mode
// normal.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_NORMAL_BODY_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_NORMAL_BODY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/prediction.h"
#include "tests/codec/imu/second_reader/residuals.h"
#include "tests/codec/imu/second_reader/token_words.h"

namespace fovea::second_reader {

class NormalBody {
 public:
  NormalBody(Bytes body, size_t channels, size_t rows, Bytes profile)
      : width_(channels), rows_(rows), body_(body), bits_(body) {
    if (!profile.empty()) profile_ = Profile::Read(profile);
  }

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

 private:
  struct Channel {
    int kind = 0;
    Scale scale;
    int64_t first = 0;
    Past past;
  };

  void OpenSegment(Bytes segment, bool first) {
    bits_ = LowBits(segment);
    if (first) ReadPlan();
    tokens_ = TokenWords(segment, width_ > 1 ? 2 : 1);
  }

  void ReadPlan() {
    flags_ = bits_.Bit() != 0;
    if (flags_) {
      after_no_ = static_cast<int>(bits_.Bits(4));
      after_yes_ = static_cast<int>(bits_.Bits(4));
    }
    const bool one_kind = bits_.Bit() != 0;
    for (size_t c = 0; c < width_; ++c) {
      Channel channel;
      channel.kind = one_kind && c > 0 ? channels_[0].kind
                                       : static_cast<int>(bits_.Bits(3));
      channel.scale = Scale(static_cast<int>(bits_.Bits(6)));
      const int64_t above = UnZigZag(bits_.Eg(c < 2 ? 0 : 9));
      channel.first = c < 2 ? above * 65536 : above;
      channels_.push_back(channel);
    }
  }

  // The low bits of the first two channels' first values are where the states
  // end.
  void FinishFirst() {
    for (size_t c = 0; c < std::min<size_t>(2, width_); ++c) {
      channels_[c].first +=
          static_cast<int64_t>(tokens_.state(c) & 0xffff) - 32768;
    }
    for (size_t c = 0; c < width_ && !profile_.channels.empty(); ++c) {
      channels_[c].first += profile_.channels[c].typical;
    }
  }

  void ReadRow(size_t t) {
    if (flags_) {
      repeats_ =
          tokens_.Next(0, FlagTable(repeats_ ? after_yes_ : after_no_)) == 1;
    }
    for (size_t c = 0; c < width_; ++c) {
      Channel& channel = channels_[c];
      const int64_t y = flags_ && repeats_ ? channel.past.a : ReadValue(c);
      differences_[c].push_back(Wrapped(y - channel.past.a));
      channel.past.Push(y);
      if (t == 1) channel.past.c = -y;
      values_[t * width_ + c] = static_cast<int32_t>(y);
    }
  }

  int64_t ReadValue(size_t c) {
    Channel& channel = channels_[c];
    const int scale_class = channel.scale.ScaleClass();
    const int64_t expected =
        channel.kind == 4
            ? 8 * channel.past.a + profile_.Sum(c, scale_class, differences_)
            : 8 * Wrapped(channel.past.Expected(channel.kind));
    return scale_class < kFirstWideClass
               ? ReadNarrow(c % 2, scale_class, expected, &channel.scale)
               : ReadWide(c % 2, scale_class, expected, &channel.scale);
  }

  int64_t ReadNarrow(size_t which, int scale_class, int64_t expected,
                     Scale* scale) {
    const int64_t whole = (expected + 4) >> 3;
    const auto fraction = static_cast<int>(expected - 8 * whole);
    const Table& table = Narrow(scale_class, std::abs(fraction));
    const int token = tokens_.Next(which, table);
    const int singles = SinglesOf(scale_class);
    int64_t residual = token % 2 == 1 ? (token + 1) / 2 : -token / 2;
    if (token > 2 * singles) {
      const int64_t magnitude =
          singles + 1 +
          static_cast<int64_t>(bits_.Eg(scale_class < 24 ? 1 : 3));
      residual = token == 2 * singles + 1 ? magnitude : -magnitude;
    }
    if (fraction < 0) residual = -residual;
    scale->Learn(std::abs(residual) << 16);
    return Wrapped(whole + residual);
  }

  int64_t ReadWide(size_t which, int scale_class, int64_t expected,
                   Scale* scale) {
    const int r = (scale_class - kFirstWideClass) / 4;
    const int token = tokens_.Next(which, Wide(scale_class % 4));
    const bool below = bits_.Bit() != 0;
    int64_t m = 0;
    if (token < 16) {
      m = static_cast<int64_t>(token) << r |
          static_cast<int64_t>(bits_.Bits(r));
    } else if (token < 28) {
      const int octave = (token - 16) / 2;
      const int open = 3 + octave + r;
      m = (int64_t{2} | (token & 1)) << open |
          static_cast<int64_t>(bits_.Bits(open));
    } else {
      m = static_cast<int64_t>(bits_.Bits(31));
    }
    scale->Learn((m << 16) + (1 << 15));
    return Wrapped((expected >> 3) + 1 + (below ? -m - 1 : m));
  }

  const Table& Narrow(int scale_class, int fraction) {
    Table& table = tables_[5 * scale_class + fraction];
    if (table.empty()) table = NarrowTable(scale_class, fraction);
    return table;
  }
  const Table& Wide(int quarter) {
    Table& table = tables_[160 + quarter];
    if (table.empty()) table = WideTable(quarter);
    return table;
  }

  const size_t width_;
  const size_t rows_;
  const Bytes body_;
  LowBits bits_;
  TokenWords tokens_;
  Profile profile_;
  bool flags_ = false;
  bool repeats_ = false;
  int after_no_ = 0, after_yes_ = 0;
  std::vector<Channel> channels_;
  std::vector<std::vector<int64_t>> differences_;
  std::map<int, Table> tables_;
  std::vector<int32_t> values_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_NORMAL_BODY_H_
