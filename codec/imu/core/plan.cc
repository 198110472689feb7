// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kinds are chosen by the bits that windows of sixteen residuals would take
// if each were coded by its own mean magnitude.

#include "codec/imu/core/plan.h"

#include "codec/imu/core/tokens.h"

namespace fovea::imu {
namespace {

constexpr size_t kCostRows = 16;
constexpr size_t kHeadWindows = 1;  // that the start class is from
constexpr size_t kCostEvery = 4;    // windows, behind those
constexpr int kOddsBits = 4;
constexpr size_t kRepeatsPay = 16;  // one row in so many, or it is not tried
constexpr uint64_t kDoubt = 64;     // part by which such costs may be wrong
constexpr int kClassStep = 3;       // start classes are told in such steps
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

// Whether the row at `t` is looked at: choosing by a third is as good.
bool IsCosted(size_t t) {
  const size_t window = (t - 1) / kCostRows;
  return window < kHeadWindows || window % kCostEvery == 0;
}

bool EndsWindow(size_t t, size_t rows) {
  return t % kCostRows == 0 || t + 1 == rows;
}

// Costs of the polynomials of one channel.
void CostPolynomials(const int32_t* values, size_t rows, size_t channels,
                     Cost* cost) {
  const auto first = static_cast<uint32_t>(values[0]);
  const auto value = [&](size_t t) {
    return static_cast<uint32_t>(values[t * channels]) - first;
  };
  for (size_t t = 1; t < rows; ++t) {
    if (!IsCosted(t)) {
      t += kCostRows - 1;
      continue;
    }
    const Track track = {
        {value(t - 1), t > 1 ? value(t - 2) : 0, t > 2 ? value(t - 3) : 0}};
    const uint32_t now = value(t);
    cost[kConstant].window += Magnitude(now);
    cost[kLine0].window += Magnitude(now - track.last[0]);
    cost[kLine1].window += Magnitude(now - PolynomialGuess(track, kLine1));
    cost[kParabola].window +=
        Magnitude(now - PolynomialGuess(track, kParabola));
    if (!EndsWindow(t, rows)) continue;
    for (int k = 0; k <= kParabola; ++k) {
      cost[k].EndWindow(t <= kHeadWindows * kCostRows);
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
  for (size_t t = 1; t < rows; ++t) {
    const int32_t* row = values + t * static_cast<size_t>(channels);
    const bool costed = IsCosted(t);
    if (costed) {
      walk.BeginKnownRow(row);
    } else {
      walk.SkipKnownRow(row);
    }
    for (int c = 0; c < channels; ++c) {
      const uint32_t value =
          static_cast<uint32_t>(row[c]) - work->states[c].first;
      if (costed) {
        Scale& scale = work->states[c].scale;
        const Guess guess = walk.GuessOf(c);
        const uint64_t off =
            Magnitude(value - guess.base -
                      static_cast<uint32_t>((guess.eighths + 4) >> 3));
        scale.Add(2 * off);
        costs[c].window += off;
      }
      walk.Take(c, value);
    }
    walk.EndRow();
    if (!costed || !EndsWindow(t, rows)) continue;
    for (int c = 0; c < channels; ++c) {
      costs[c].EndWindow(t <= kHeadWindows * kCostRows);
    }
  }
}

// The class that a mean of |residual| over the first windows starts with.
int StartClass(uint64_t sum, size_t rows) {
  const size_t head = kHeadWindows * kCostRows;
  const size_t counted = rows - 1 < head ? rows - 1 : head;
  if (counted == 0) return 0;
  return Scale::ClassOf((sum << Scale::kPoint) / counted);
}

// `profile`: costs of the profile, null without.
void Choose(Workspace* work, const int32_t* values, size_t rows,
            const Cost* profile) {
  const int channels = work->channels;
  for (int c = 0; c < channels; ++c) {
    Cost cost[kKinds];
    CostPolynomials(values + c, rows, static_cast<size_t>(channels), cost);
    int best = kConstant;
    for (int k = 1; k <= kParabola; ++k) {
      if (cost[k].bits < cost[best].bits) best = k;
    }
    if (profile != nullptr &&
        profile[c].bits - profile[c].bits / kDoubt <= cost[best].bits) {
      best = kProfile;
      cost[kProfile] = profile[c];
    }
    ChannelState& state = work->states[c];
    state.kind = static_cast<Kind>(best);
    const int start = StartClass(cost[best].head, rows);
    state.start_class = static_cast<uint8_t>(start - start % kClassStep + 1);
  }
}

bool RowsEqual(const int32_t* a, const int32_t* b, size_t channels) {
  for (size_t c = 0; c < channels; ++c) {
    if (a[c] != b[c]) return false;
  }
  return true;
}

void TakeFirsts(Workspace* work, const int32_t* values) {
  for (int c = 0; c < work->channels; ++c) {
    work->states[c].first = static_cast<uint32_t>(values[c]);
  }
}

}  // namespace

void ChoosePolynomials(Workspace* work, const int32_t* values, size_t rows) {
  TakeFirsts(work, values);
  Choose(work, values, rows, nullptr);
}

void ChoosePlan(Workspace* work, const int32_t* values, size_t rows) {
  if (work->taps == nullptr) {
    ChoosePolynomials(work, values, rows);
    return;
  }
  TakeFirsts(work, values);
  Cost profile[kMaxProfileChannels];
  if (LanesOf(work->channels) == 8) {
    CostProfile<8>(work, values, rows, profile);
  } else {
    CostProfile<16>(work, values, rows, profile);
  }
  Choose(work, values, rows, profile);
}

bool FindRepeats(Workspace* work, const int32_t* values, size_t rows) {
  const auto channels = static_cast<size_t>(work->channels);
  size_t rows_after[2] = {};     // rows after no repeat, after one
  size_t repeats_after[2] = {};  // of those, repeats
  int before = 0;
  for (size_t t = 1; t < rows; ++t) {
    const int32_t* row = values + t * channels;
    const int now = RowsEqual(row, row - channels, channels) ? 1 : 0;
    ++rows_after[before];
    repeats_after[before] += static_cast<size_t>(now);
    before = now;
  }
  for (int i = 0; i < 2; ++i) {
    const size_t of16 =
        rows_after[i] == 0
            ? 8
            : (repeats_after[i] * 16 + rows_after[i] / 2) / rows_after[i];
    work->repeat_odds[i] = static_cast<uint8_t>(of16 < 1    ? 1
                                                : of16 > 15 ? 15
                                                            : of16);
  }
  return repeats_after[0] + repeats_after[1] > rows / kRepeatsPay;
}

void PutPlan(const Workspace& work, BitSink* bits) {
  bits->Put(work.repeats ? 1 : 0, 1);
  if (work.repeats) {
    for (const uint8_t odds : work.repeat_odds) bits->Put(odds, kOddsBits);
  }
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
  work->repeats = bits->Get(1) != 0;
  for (uint8_t& odds : work->repeat_odds) {
    if (!work->repeats) break;
    odds = static_cast<uint8_t>(bits->Get(kOddsBits));
    if (odds == 0) return false;
  }
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
