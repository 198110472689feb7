// SPDX-License-Identifier: GPL-2.0-or-later
//
// The state that encoder and decoder walk through a block with, row by row
// and channel by channel: what each channel is expected to be next, and how
// far off it was of late.

#ifndef FOVEA_CODEC_IMU_CORE_WALK_H_
#define FOVEA_CODEC_IMU_CORE_WALK_H_

#include <cstdint>

#include "codec/imu/core/predictor.h"
#include "codec/imu/core/profile.h"
#include "codec/imu/core/scale.h"

namespace fovea::imu {

// Where a value is expected: `base` plus `eighths` / 8, modulo 2^32.
struct Guess {
  uint32_t base = 0;
  int64_t eighths = 0;
};

struct ChannelState {
  Track track = {};
  Scale scale;
  Kind kind = kLine0;
  uint8_t start_class = 0;
  uint32_t first = 0;
};

inline int16_t Cut16(int32_t difference, int fine_bits) {
  const int32_t coarse = difference >> fine_bits;
  // A branch, as it is hardly ever taken, and others wait for the result.
  if (__builtin_expect(coarse != static_cast<int16_t>(coarse), 0)) {
    return coarse < 0 ? -32768 : 32767;
  }
  return static_cast<int16_t>(coarse);
}

// Which of a profile's regimes a scale class belongs to.
inline int RegimeOf(const ProfileChannel& channel, int regimes,
                    int scale_class) {
  if (regimes == 1) return 0;
  return (scale_class >= channel.borders[0]) +
         (scale_class >= channel.borders[1]) +
         (scale_class >= channel.borders[2]);
}

template <int kLanes>
class Walk {
 public:
  static constexpr int kStride = TapsOf(kLanes);
  static constexpr int kPastTaps = kOlderTaps + kRowLags * kLanes;

  // `profile` and `taps` null: no channel may be of kProfile.
  Walk(ChannelState* state, int channels, const Profile* profile,
       const int16_t* taps, int16_t* own, int16_t* rows)
      : state_(state), channels_(channels), profile_(profile), taps_(taps) {
    if (profile_ != nullptr) differences_.Reset(own, rows, channels);
  }

  // To the first row, all of whose values count as 0 here. Kinds and start
  // classes are set.
  void Start() {
    for (int c = 0; c < channels_; ++c) {
      state_[c].track = {};
      state_[c].scale.Start(state_[c].start_class);
    }
  }

  // What rows before say of all channels of the next one. All at once, as
  // no sum then waits for the row's own values.
  void BeginRow() {
    for (int c = 0; c < channels_; ++c) {
      BeginChannel(c);
      if (now_[c].taps == nullptr) continue;
      now_[c].sum = differences_.PastSum(now_[c].taps, c);
    }
    known_ = false;
  }

  // The same where the row is known, as to an encoder: `values` less `first`
  // of each channel. Take() still follows for each.
  void BeginKnownRow(const int32_t* values) {
    SkipKnownRow(values);
    for (int c = 0; c < channels_; ++c) {
      BeginChannel(c);
      if (now_[c].taps == nullptr) continue;
      now_[c].sum = differences_.PastSum(now_[c].taps, c) +
                    row_.Sum(now_[c].taps + kPastTaps);
    }
  }

  // The same for a row of which no guess will be asked.
  void SkipKnownRow(const int32_t* values) {
    known_ = profile_ != nullptr;
    for (int c = 0; known_ && c < channels_; ++c) {
      SetStep(c, static_cast<uint32_t>(values[c]) - state_[c].first);
    }
  }

  int ClassOf(int c) const { return now_[c].scale_class; }

  Guess GuessOf(int c) const {
    const ChannelState& state = state_[c];
    if (state.kind != kProfile) {
      return {PolynomialGuess(state.track, state.kind), 0};
    }
    return {state.track.last[0], ProfileEighths(c)};
  }

  // The value of channel `c` of this row has become known.
  void Take(int c, uint32_t value) {
    if (profile_ != nullptr && !known_) SetStep(c, value);
    state_[c].track.Push(value);
  }

  void EndRow() {
    if (profile_ != nullptr) differences_.Push(row_);
    if (second_row_) MakeLines();
    second_row_ = false;
  }

 private:
  // Parabolas through two points and one made up go on as their lines.
  void MakeLines() {
    for (int c = 0; c < channels_; ++c) {
      Track& track = state_[c].track;
      track.last[2] = 0U - track.last[0];
    }
  }

  void SetStep(int c, uint32_t value) {
    row_.Set(c, Cut16(static_cast<int32_t>(value - state_[c].track.last[0]),
                      profile_->channel[c].fine_bits));
  }

  void BeginChannel(int c) {
    Now& now = now_[c];
    now.scale_class = state_[c].scale.Class();
    now.taps = nullptr;
    if (state_[c].kind != kProfile) return;
    const ProfileChannel& channel = profile_->channel[c];
    const int regime = RegimeOf(channel, profile_->regimes, now.scale_class);
    now.taps = taps_ + (regime * channels_ + c) * kStride;
    now.shift = channel.shift[regime] - 3;
    now.half = (int64_t{1} << now.shift) >> 1;
  }

  int64_t ProfileEighths(int c) const {
    const Now& now = now_[c];
    int32_t sum = now.sum;
    if (!known_) {
      const int16_t* current = now.taps + kPastTaps;
      for (int i = 0; i < c; ++i) sum += current[i] * row_[i];
    }
    const auto scaled =
        static_cast<int64_t>(static_cast<uint64_t>(static_cast<int64_t>(sum))
                             << profile_->channel[c].fine_bits);
    return (scaled + now.half) >> now.shift;
  }

  // Of the row that begins.
  struct Now {
    int scale_class = 0;
    int shift = 0;
    int32_t sum = 0;
    int64_t half = 0;               // of the last bit that shift leaves
    const int16_t* taps = nullptr;  // null: not by the profile
  };

  ChannelState* state_;
  int channels_;
  const Profile* profile_;
  const int16_t* taps_;
  bool second_row_ = true;
  bool known_ = false;  // this row, all of it
  Differences<kLanes> differences_;
  Row<kLanes> row_;
  Now now_[kMaxChannels] = {};
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_WALK_H_
