// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was learned of one device: how its channels go on from their past,
// for up to four levels of how much goes on. Learned once by
// profile_trainer.h, kept apart from the blocks; a block that was coded by
// a profile decodes by the same one alone, and says so in its checksum.

#ifndef FOVEA_CODEC_IMU_CORE_PROFILE_H_
#define FOVEA_CODEC_IMU_CORE_PROFILE_H_

#include <cstddef>
#include <cstdint>

namespace fovea::imu {

inline constexpr int kMaxChannels = 64;
inline constexpr int kMaxProfileChannels = 12;
inline constexpr int kRowLags = 3;     // rows before, of every channel
inline constexpr int kOlderTaps = 16;  // of the channel itself, behind those
inline constexpr int kOwnLags = kRowLags + kOlderTaps;
inline constexpr int kRegimes = 4;
inline constexpr int kWindow = kOwnLags + 45;

// Lanes of a row of differences: eight channels, or sixteen.
constexpr int LanesOf(int channels) { return channels <= 8 ? 8 : 16; }

// Taps of one channel in one regime: its older differences, the rows before
// from the newest, the current row.
constexpr int TapsOf(int lanes) { return kOlderTaps + (kRowLags + 1) * lanes; }

// One channel of a profile.
struct ProfileChannel {
  int32_t typical = 0;        // value at a block's start
  uint8_t typical_class = 0;  // of the scale at a block's start
  uint8_t fine_bits = 0;      // low bits that differences lose for the sums
  uint8_t borders[kRegimes - 1] = {};  // first scale classes of regimes 1 to 3
  uint8_t shift[kRegimes] = {};        // fraction bits of the taps
};

struct Profile {
  uint32_t id = 0;  // its checksum; 0: there is none
  int channels = 0;
  int regimes = 0;
  ProfileChannel channel[kMaxProfileChannels];
};

// Bytes of a profile, at most.
inline constexpr size_t kMaxProfileBytes =
    8 + kMaxProfileChannels *
            (12 + kRegimes * (1 + 2 * TapsOf(kMaxProfileChannels)));

// Reads a profile and checks all of it; `taps` gets regimes x channels x
// TapsOf(lanes), the caller has room for kRegimes of them. False: damaged, of
// another version, or of another number of channels.
bool ParseProfile(const uint8_t* bytes, size_t size, int channels,
                  Profile* profile, int16_t* taps);

// Writes what ParseProfile reads; the size, or 0 where `capacity` is less.
size_t WriteProfile(const Profile& profile, const int16_t* taps, uint8_t* bytes,
                    size_t capacity);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_PROFILE_H_
