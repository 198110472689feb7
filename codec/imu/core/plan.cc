// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kinds are chosen by the bits that windows of sixteen residuals would take
// if each were coded by its own mean magnitude.

#include "codec/imu/core/plan.h"

#include "codec/imu/core/tokens.h"

namespace fovea::imu {
namespace {

constexpr size_t kCostRows = 16;
constexpr int kClassStep = 3;  // start classes are told in such steps
constexpr int kClassBits = 6;
constexpr int kFirstOrder = 9;  // of the code of first values

// Q8 of the binary logarithm of values from 1 on, linear within an octave.
uint64_t RoughLog2(uint64_t value) {
  const int octave = 63 - __builtin_clzll(value);
  const uint64_t part =
      octave >= 8 ? value >> (octave - 8) : value << (8 - octave);
  return static_cast<uint64_t>(octave) * 256 + (part & 255);
}

struct Cost {
  uint64_t window = 0;  // of |residual|, this window
  uint64_t bits = 0;    // Q8, windows before
  uint64_t head = 0;    // of |residual|, the first windows

  void EndWindow(bool in_head) {
    // Even a window without residuals is worth less than one with few.
    bits += RoughLog2(window * 4 + kCostRows);
    if (in_head) head += window;
    window = 0;
  }
};

uint64_t Magnitude(uint32_t difference) {
  const auto value = static_cast<int32_t>(difference);
  return value < 0 ? 0U - difference : difference;
}

// Costs of the polynomials of one channel.
void CostPolynomials(const int32_t* values, size_t rows, size_t channels,
                     Cost* cost) {
  Track track = {};
  const auto first = static_cast<uint32_t>(values[0]);
  size_t in_window = 0;
  for (size_t t = 1; t < rows; ++t) {
    const uint32_t value = static_cast<uint32_t>(values[t * channels]) - first;
    cost[kConstant].window += Magnitude(value);
    cost[kLine0].window += Magnitude(value - track.last[0]);
    cost[kLine1].window += Magnitude(value - PolynomialGuess(track, kLine1));
    cost[kParabola].window +=
        Magnitude(value - PolynomialGuess(track, kParabola));
    track.Push(value);
    if (t == 1) track.last[2] = 0U - value;
    if (++in_window == kCostRows || t + 1 == rows) {
      for (int k = 0; k <= kParabola; ++k)
        cost[k].EndWindow(t <= 2 * kCostRows);
      in_window = 0;
    }
  }
}

template <int kLanes>
void CostProfile(Workspace* work, const int32_t* values, size_t rows,
                 Cost* costs) {
  const int channels = work->channels;
  for (int c = 0; c < channels; ++c) {
    work->states[c].kind = kProfile;
    work->states[c].start_class = work->profile.channel[c].typical_class;
  }
  Walk<kLanes> walk(work->states, channels, &work->profile, work->taps,
                    work->own, work->rows);
  walk.Start();
  size_t in_window = 0;
  for (size_t t = 1; t < rows; ++t) {
    const int32_t* row = values + t * static_cast<size_t>(channels);
    for (int c = 0; c < channels; ++c) {
      Scale& scale = work->states[c].scale;
      const uint32_t value =
          static_cast<uint32_t>(row[c]) - work->states[c].first;
      const Guess guess = walk.GuessOf(c, scale.Class());
      const uint64_t off = Magnitude(
          value - guess.base - static_cast<uint32_t>((guess.eighths + 4) >> 3));
      scale.Add(2 * off);
      costs[c].window += off;
      walk.Take(c, value);
    }
    walk.EndRow();
    if (++in_window == kCostRows || t + 1 == rows) {
      for (int c = 0; c < channels; ++c) costs[c].EndWindow(t <= 2 * kCostRows);
      in_window = 0;
    }
  }
}

// The class that a mean of |residual| over the first windows starts with.
int StartClass(uint64_t sum, size_t rows) {
  const size_t counted = rows - 1 < 2 * kCostRows ? rows - 1 : 2 * kCostRows;
  if (counted == 0) return 0;
  return Scale::ClassOf((sum << Scale::kPoint) / counted);
}

}  // namespace

void ChoosePlan(Workspace* work, const int32_t* values, size_t rows) {
  const int channels = work->channels;
  for (int c = 0; c < channels; ++c) {
    work->states[c].first = static_cast<uint32_t>(values[c]);
  }
  Cost profile[kMaxProfileChannels];
  if (work->taps != nullptr) {
    if (LanesOf(channels) == 8) {
      CostProfile<8>(work, values, rows, profile);
    } else {
      CostProfile<16>(work, values, rows, profile);
    }
  }
  for (int c = 0; c < channels; ++c) {
    Cost cost[kKinds];
    CostPolynomials(values + c, rows, static_cast<size_t>(channels), cost);
    int best = kConstant;
    for (int k = 1; k <= kParabola; ++k) {
      if (cost[k].bits < cost[best].bits) best = k;
    }
    if (work->taps != nullptr && profile[c].bits <= cost[best].bits) {
      best = kProfile;
      cost[kProfile] = profile[c];
    }
    ChannelState& state = work->states[c];
    state.kind = static_cast<Kind>(best);
    const int start = StartClass(cost[best].head, rows);
    state.start_class = static_cast<uint8_t>(start - start % kClassStep + 1);
  }
}

void PutPlan(const Workspace& work, BitSink* bits) {
  bool all = true;
  for (int c = 1; c < work.channels; ++c) {
    all = all && work.states[c].kind == work.states[0].kind;
  }
  bits->Put(all ? 1 : 0, 1);
  for (int c = 0; c < work.channels; ++c) {
    const ChannelState& state = work.states[c];
    if (c == 0 || !all) bits->Put(state.kind, 3);
    bits->Put(state.start_class / kClassStep, kClassBits);
    uint32_t first = state.first;
    if (work.taps != nullptr) {
      first -= static_cast<uint32_t>(work.profile.channel[c].typical);
    }
    const bool split = c < 2;
    const auto part = static_cast<int32_t>(split ? first + 0x8000 : first) >>
                      (split ? 16 : 0);
    const uint32_t folded =
        static_cast<uint32_t>(part) << 1 ^ (part < 0 ? ~uint32_t{0} : 0U);
    PutExcess(folded, split ? 0 : kFirstOrder, bits);
  }
}

bool GetPlan(Workspace* work, BitTap* bits) {
  const bool all = bits->Get(1) != 0;
  uint32_t kind = 0;
  for (int c = 0; c < work->channels; ++c) {
    ChannelState& state = work->states[c];
    if (c == 0 || !all) kind = bits->Get(3);
    if (kind >= kKinds || (kind == kProfile && work->taps == nullptr)) {
      return false;
    }
    state.kind = static_cast<Kind>(kind);
    const uint32_t start = bits->Get(kClassBits) * kClassStep + 1;
    if (start >= kScaleClasses) return false;
    state.start_class = static_cast<uint8_t>(start);
    const bool split = c < 2;
    const uint32_t folded = GetExcess(split ? 0 : kFirstOrder, bits);
    const uint32_t part = folded >> 1 ^ (0U - (folded & 1));
    state.first = split ? (part << 16) - 0x8000 : part;
    if (work->taps != nullptr) {
      state.first += static_cast<uint32_t>(work->profile.channel[c].typical);
    }
  }
  return !bits->overrun();
}

}  // namespace fovea::imu
