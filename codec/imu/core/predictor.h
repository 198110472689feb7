// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the next value of a channel is expected, in eighths of a whole
// number: by a polynomial through its last values, or by a device's profile:
// a weighted sum of the channel's last 16 differences, of the last three of
// every other channel, and of the current ones of channels before it in the
// row. The sums are of whole numbers, alike on every machine.
//
// A prediction never looks at where zero is, so that values may be decoded
// first and moved to their place later.

#ifndef FOVEA_CODEC_IMU_CORE_PREDICTOR_H_
#define FOVEA_CODEC_IMU_CORE_PREDICTOR_H_

#include <cstdint>
#include <cstring>

#include "codec/imu/core/dot_product.h"
#include "codec/imu/core/profile.h"

namespace fovea::imu {

enum Kind : uint8_t {
  kConstant = 0,  // the channel's first value
  kLine0 = 1,     // the value before
  kLine1 = 2,     // the line through the two before
  kParabola = 3,  // the parabola through the three before
  kProfile = 4,
  kKinds = 5
};

// The last values of one channel, less its first one, modulo 2^32.
struct Track {
  uint32_t last[3];

  void Push(uint32_t value) {
    last[2] = last[1];
    last[1] = last[0];
    last[0] = value;
  }
};

// A polynomial's guess once three rows are known.
inline uint32_t PolynomialGuess(const Track& track, Kind kind) {
  switch (kind) {
    case kConstant:
      return 0;
    case kLine0:
      return track.last[0];
    case kLine1:
      return 2 * track.last[0] - track.last[1];
    default:
      return 3 * (track.last[0] - track.last[1]) + track.last[2];
  }
}

// Differences of all channels, newest first, as a profile's taps want them.
// Rows are `kLanes` wide; the window slides down and jumps back at its end.
// A channel's own differences are read from the fourth on alone: reading in
// vectors what has just been written in parts is slow.
template <int kLanes>
class Differences {
 public:
  void Reset(int16_t* own, int16_t* rows, int channels) {
    own_ = own;
    rows_ = rows;
    channels_ = channels;
    std::memset(own_, 0,
                sizeof(int16_t) * kWindow * static_cast<size_t>(channels));
    std::memset(rows_, 0, sizeof(int16_t) * kWindow * kLanes);
    at_ = kWindow - kOwnLags;
  }

  // What the rows before say of channel `c`.
  int32_t PastSum(const int16_t* taps, int c) const {
    return DotProduct<kOlderTaps, kRowLags * kLanes>(
        taps, own_ + c * kWindow + at_ + kRowLags, rows_ + at_ * kLanes);
  }

  // Puts in the next row.
  void Push(const Row<kLanes>& row) {
    if (at_ == 0) Jump();
    --at_;
    for (int c = 0; c < channels_; ++c) own_[c * kWindow + at_] = row[c];
    row.Store(rows_ + at_ * kLanes);
  }

 private:
  void Jump() {
    constexpr int kTo = kWindow - kOwnLags;
    for (int c = 0; c < channels_; ++c) {
      int16_t* own = own_ + c * kWindow;
      std::memcpy(own + kTo, own, sizeof(int16_t) * kOwnLags);
    }
    std::memcpy(rows_ + kTo * kLanes, rows_,
                sizeof(int16_t) * kRowLags * kLanes);
    at_ = kTo;
  }

  int16_t* own_ = nullptr;
  int16_t* rows_ = nullptr;
  int channels_ = 0;
  int at_ = 0;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_PREDICTOR_H_
