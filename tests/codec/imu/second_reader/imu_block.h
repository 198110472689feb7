// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: inertial blocks of the modes raw, fast,
// normal, max and LZ4, with a profile or without.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_IMU_BLOCK_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_IMU_BLOCK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/block_head.h"
#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/max_body.h"
#include "tests/codec/imu/second_reader/normal_body.h"

namespace fovea::second_reader {

// The low bits of residuals, 16 rows of a channel at a time, and their
// quotients from the block's last byte down.
class FastBody {
 public:
  FastBody(Bytes body, size_t channels, size_t rows)
      : channels_(channels),
        rows_(rows),
        quotient_bytes_(body.rbegin(), body.rend()),
        low_(body),
        quotients_(quotient_bytes_) {}

  std::vector<int32_t> Read() {
    std::vector<int32_t> values(rows_ * channels_);
    for (size_t c = 0; c < channels_; ++c) {
      Channel channel;
      channel.kind = static_cast<int>(low_.Bits(2));
      channel.sum = (int64_t{24} << low_.Bits(5)) + 8;
      channel.first = UnZigZag(low_.Eg(9));
      channel.past = {UnZigZag(low_.Eg(5))};
      values[c] = static_cast<int32_t>(channel.first);
      if (rows_ > 1) {
        values[channels_ + c] =
            static_cast<int32_t>(channel.first + channel.past.a);
      }
      channel.past.c = -channel.past.a;
      all_.push_back(channel);
    }
    low_.ToByte();
    for (size_t begin = 2; begin < rows_; begin += 16) {
      for (size_t c = 0; c < channels_; ++c) {
        ReadGroup(begin, std::min(begin + 16, rows_), c, &values);
      }
    }
    return values;
  }

 private:
  struct Channel {
    int kind = 0;
    int64_t sum = 0;
    int64_t first = 0;
    Past past;
  };

  static int LowBitsOf(int64_t sum) {
    const auto scaled = static_cast<uint64_t>((246 * sum) >> 12);
    return std::min(31,
                    std::max(1, static_cast<int>(std::bit_width(scaled))) - 1);
  }

  void ReadGroup(size_t begin, size_t end, size_t c,
                 std::vector<int32_t>* values) {
    Channel& channel = all_[c];
    const int k = LowBitsOf(channel.sum);
    std::vector<uint64_t> folded(end - begin);
    for (uint64_t& n : folded) n = low_.Bits(k);
    low_.ToByte();
    int64_t group_sum = 0;
    for (size_t i = 0; i < folded.size(); ++i) {
      int zeros = 0;
      while (quotients_.Bit() == 0) ++zeros;
      if (zeros > 20) Fail("quotient");
      folded[i] = zeros < 20 ? folded[i] | static_cast<uint64_t>(zeros) << k
                             : low_.Bits(32);
      group_sum += static_cast<int64_t>(folded[i]);
      const int64_t y =
          Wrapped(channel.past.Expected(channel.kind) + UnZigZag(folded[i]));
      channel.past.Push(y);
      (*values)[(begin + i) * channels_ + c] =
          static_cast<int32_t>(Wrapped(channel.first + y));
    }
    channel.sum = (channel.sum + group_sum + 1) >> 1;
  }

  const size_t channels_;
  const size_t rows_;
  const std::vector<uint8_t> quotient_bytes_;
  LowBits low_;
  HighBits quotients_;
  std::vector<Channel> all_;
};

// Literals and matches of LZ4's block format.
inline std::vector<uint8_t> UnpackLz4(Bytes packed) {
  ByteCursor in(packed);
  std::vector<uint8_t> out;
  const auto length = [&in](uint64_t nibble) {
    uint64_t more = nibble == 15 ? 255 : 0;
    while (more == 255) nibble += more = in.U8();
    return nibble;
  };
  while (true) {
    const uint8_t token = in.U8();
    const Bytes literals = in.Take(length(token >> 4));
    out.insert(out.end(), literals.begin(), literals.end());
    if (in.empty()) return out;
    const size_t back = in.Number(2);
    const uint64_t size = length(token & 15) + 4;
    if (back == 0 || back > out.size()) Fail("match of LZ4");
    for (uint64_t i = 0; i < size; ++i) out.push_back(out[out.size() - back]);
  }
}

inline std::vector<int32_t> ReadImuBody(int mode, Bytes body, size_t channels,
                                        size_t rows, Bytes profile) {
  const size_t count = rows * channels;
  if (mode == 0) {
    return ReadRaw(ByteCursor(body.subspan(1)), body[0], count);
  }
  if (mode == 4) {
    const std::vector<uint8_t> raw = UnpackLz4(body.subspan(1));
    return ReadRaw(ByteCursor(raw), body[0], count);
  }
  if (mode == 1) return FastBody(body, channels, rows).Read();
  if (mode == 2) return NormalBody(body, channels, rows, profile).Read();
  if (mode == 3) return MaxBody(body, channels, rows, profile).Read();
  Fail("a mode that this reader does not know");
}

// Rows of `channels` values. `profile`: its bytes, empty for none.
inline std::vector<int32_t> ReadImuBlock(Bytes block, Bytes profile,
                                         size_t* channels) {
  const ImuBlockHead head = ImuBlockHead::Read(block, profile);
  *channels = head.channels;
  return ReadImuBody(head.mode, head.body, head.channels, head.rows,
                     head.learned ? profile : Bytes());
}

// Within a series block, which tells its shape.
inline std::vector<int32_t> ReadBareImuBlock(Bytes block, Bytes profile,
                                             size_t channels, size_t rows) {
  const int head = ByteCursor(block).U8();
  if ((head >> 4 & 7) != 1) Fail("unknown version of an inertial block");
  if (head < 128) profile = {};
  return ReadImuBody(head & 15, block.subspan(1), channels, rows, profile);
}

// The columns of a group of a series block, as many as `width`.
inline std::vector<std::vector<int64_t>> ReadColumns(ByteCursor* in,
                                                     size_t rows, size_t width,
                                                     Bytes profile) {
  std::vector<std::vector<int64_t>> columns(width);
  for (size_t begin = 0; width > 0 && begin < rows; begin += 65536) {
    const std::vector<int32_t> values =
        ReadBareImuBlock(in->Take(in->Varint()), profile, width,
                         std::min<size_t>(65536, rows - begin));
    for (size_t i = 0; i < values.size(); ++i) {
      columns[i % width].push_back(values[i]);
    }
  }
  return columns;
}

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_IMU_BLOCK_H_
