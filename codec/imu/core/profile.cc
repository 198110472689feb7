// SPDX-License-Identifier: GPL-2.0-or-later
//
// A profile, version 1, little-endian:
//
//   "FIMP"    4 bytes
//   version   u8 = 1
//   channels  u8   1 to 12
//   regimes   u8   1 or 4
//   reserved  u8 = 0
//   channels x:
//     typical value i32, typical class u8, fine bits u8, 3 x border u8
//     regimes x: shift u8, then taps i16: 16 of the channel itself from
//       4 back, 3 rows of every channel, the current row's channels before
//   crc32c    u32  of all above
//
// Sums stay within 32 bits: a channel's |taps| add up to at most 65535, and
// differences are cut to 16 bits.

#include "codec/imu/core/profile.h"

#include "codec/imu/core/crc32c.h"
#include "codec/imu/core/residual_tables.h"

namespace fovea::imu {
namespace {

constexpr uint8_t kMagic[] = {'F', 'I', 'M', 'P'};
constexpr uint8_t kVersion = 1;
constexpr size_t kHeadBytes = 8;
constexpr size_t kChannelBytes = 9;
constexpr int kMaxFineBits = 16;
constexpr int kMinShift = 3;  // predictions keep eighths
constexpr int kMaxShift = 15;

size_t SizeOf(int channels, int regimes) {
  size_t size = kHeadBytes + 4;
  for (int c = 0; c < channels; ++c) {
    const int taps = kOlderTaps + kRowLags * channels + c;
    size += kChannelBytes +
            static_cast<size_t>(regimes) * (1 + 2 * static_cast<size_t>(taps));
  }
  return size;
}

// Visits the taps in the order of the bytes.
template <typename Visit>
void ForTaps(int c, int channels, int lanes, Visit visit) {
  for (int i = 0; i < kOlderTaps; ++i) visit(i);
  for (int lag = 0; lag < kRowLags; ++lag) {
    for (int lane = 0; lane < channels; ++lane) {
      visit(kOlderTaps + lag * lanes + lane);
    }
  }
  for (int lane = 0; lane < c; ++lane) {
    visit(kOlderTaps + kRowLags * lanes + lane);
  }
}

uint32_t Read32(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) |
         static_cast<uint32_t>(bytes[1]) << 8 |
         static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[3]) << 24;
}

void Write32(uint32_t value, uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

bool SaneChannel(const ProfileChannel& channel, int regimes) {
  bool sane = channel.fine_bits <= kMaxFineBits &&
              channel.typical_class < kScaleClasses;
  for (int r = 0; r < regimes; ++r) {
    sane =
        sane && channel.shift[r] >= kMinShift && channel.shift[r] <= kMaxShift;
  }
  return sane;
}

// The taps of one channel in one regime; false: they may overflow a sum.
bool ReadTaps(const uint8_t** bytes, int c, int channels, int16_t* taps) {
  const int lanes = LanesOf(channels);
  for (int i = 0; i < TapsOf(lanes); ++i) taps[i] = 0;
  int32_t sum = 0;
  ForTaps(c, channels, lanes, [&](int i) {
    taps[i] = static_cast<int16_t>((*bytes)[0] | (*bytes)[1] << 8);
    sum += taps[i] < 0 ? -taps[i] : taps[i];
    *bytes += 2;
  });
  return sum <= 65535;
}

}  // namespace

bool ParseProfile(const uint8_t* bytes, size_t size, int channels,
                  Profile* profile, int16_t* taps) {
  if (size < kHeadBytes || channels < 1 || channels > kMaxProfileChannels) {
    return false;
  }
  for (int i = 0; i < 4; ++i) {
    if (bytes[i] != kMagic[i]) return false;
  }
  const int regimes = bytes[6];
  if (bytes[4] != kVersion || bytes[5] != channels ||
      (regimes != 1 && regimes != kRegimes) || bytes[7] != 0 ||
      size != SizeOf(channels, regimes) ||
      Crc32c(bytes, size - 4) != Read32(bytes + size - 4)) {
    return false;
  }
  profile->id = Read32(bytes + size - 4);
  if (profile->id == 0) profile->id = 1;
  profile->channels = channels;
  profile->regimes = regimes;
  bytes += kHeadBytes;
  const int stride = TapsOf(LanesOf(channels));
  for (int c = 0; c < channels; ++c) {
    ProfileChannel& channel = profile->channel[c];
    channel.typical = static_cast<int32_t>(Read32(bytes));
    channel.typical_class = bytes[4];
    channel.fine_bits = bytes[5];
    for (int i = 0; i < kRegimes - 1; ++i) channel.borders[i] = bytes[6 + i];
    bytes += kChannelBytes;
    for (int r = 0; r < regimes; ++r) {
      channel.shift[r] = *bytes++;
      if (!ReadTaps(&bytes, c, channels, taps + (r * channels + c) * stride)) {
        return false;
      }
    }
    if (!SaneChannel(channel, regimes)) return false;
  }
  return true;
}

size_t WriteProfile(const Profile& profile, const int16_t* taps, uint8_t* bytes,
                    size_t capacity) {
  const int channels = profile.channels;
  const size_t size = SizeOf(channels, profile.regimes);
  if (capacity < size) return 0;
  uint8_t* out = bytes;
  for (const uint8_t letter : kMagic) *out++ = letter;
  *out++ = kVersion;
  *out++ = static_cast<uint8_t>(channels);
  *out++ = static_cast<uint8_t>(profile.regimes);
  *out++ = 0;
  const int lanes = LanesOf(channels);
  for (int c = 0; c < channels; ++c) {
    const ProfileChannel& channel = profile.channel[c];
    Write32(static_cast<uint32_t>(channel.typical), out);
    out[4] = channel.typical_class;
    out[5] = channel.fine_bits;
    for (int i = 0; i < kRegimes - 1; ++i) out[6 + i] = channel.borders[i];
    out += kChannelBytes;
    for (int r = 0; r < profile.regimes; ++r) {
      *out++ = channel.shift[r];
      const int16_t* row = taps + (r * channels + c) * TapsOf(lanes);
      ForTaps(c, channels, lanes, [&](int i) {
        *out++ = static_cast<uint8_t>(row[i]);
        *out++ = static_cast<uint8_t>(row[i] >> 8);
      });
    }
  }
  Write32(Crc32c(bytes, size - 4), out);
  return size;
}

}  // namespace fovea::imu
