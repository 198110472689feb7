// SPDX-License-Identifier: GPL-2.0-or-later
//
// How likely the answer about a stream's newest picture differs from the one
// held, told from sizes of packets alone; and how many right answers a look
// would bring. Learns from what looks turned out to be.

#ifndef FOVEA_FILTER_INTERNAL_PACKET_NEED_H_
#define FOVEA_FILTER_INTERNAL_PACKET_NEED_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace fovea::internal {

// Where a stream's sizes of one picture type usually lie: three running
// quantiles of their logarithm, moved a little by each size.
class SizeScale {
 public:
  // How far above the usual (below: negative), in units of what lies between
  // its 50th and 90th percentile; -4 to 8. 0 of the first size.
  float Surprise(int64_t bytes);

 private:
  float low_ = 0, middle_ = 0, high_ = 0;  // 10, 50, 90 %; log2 of bytes
  int64_t seen_ = 0;
};

// The last few, oldest first overwritten; those not there yet are 0.
class SurpriseWindow {
 public:
  void Add(float surprise) { last_[next_++ % last_.size()] = surprise; }
  float Mean() const;

 private:
  std::array<float, 5> last_ = {};  // PacketGame's window
  size_t next_ = 0;
};

inline constexpr size_t kAgeBuckets = 8;  // 1, 2-3, 4-7 ... 128 and above
// Of an age in packets, from 1 on.
inline size_t AgeBucket(int64_t age) {
  const auto bits = std::bit_width(static_cast<uint64_t>(age < 1 ? 1 : age));
  const auto bucket = static_cast<size_t>(bits - 1);
  return bucket < kAgeBuckets ? bucket : kAgeBuckets - 1;
}

// How often an answer of an age no longer did, forgetting slowly. What is
// not known of an age is taken from `prior` (null: 5 % a packet), at the pace
// at which answers were found to grow old here.
class NeedCurve {
 public:
  void Add(int64_t age, bool needed, float keep, const NeedCurve* prior);
  float At(size_t bucket, const NeedCurve* prior) const;
  float looks() const { return looks_; }  // in all, forgotten ones less

 private:
  static constexpr float kPriorLooks = 4;
  static float Hazard(size_t bucket, const NeedCurve* prior);
  std::array<float, kAgeBuckets> looks_at_ = {}, needs_at_ = {};
  float looks_ = 0, log_pace_ = 0;
};

inline constexpr size_t kNeedInputs = 7;
using NeedInputs = std::array<float, kNeedInputs>;

// Logistic with a given offset, adapted after every look (AdaGrad).
class NeedModel {
 public:
  NeedModel();
  float Chance(float offset, const NeedInputs& inputs) const;
  void Learn(float offset, const NeedInputs& inputs, bool needed);

 private:
  NeedInputs weights_, squares_ = {};
};

// In right answers.
struct PacketWorth {
  float gain = 0;  // if it is followed by no other look
  // What further looks, one a packet and each for the price of one picture,
  // bring above their price: none is as cheap where one was left out.
  float future = 0;
};

// What is remembered of a stream's sizes and answers. Copies are cheap.
class StreamNeed {
 public:
  // A packet that came; `intra` begins a GOP.
  void See(int64_t bytes, bool intra, bool bidirectional);
  // The model ran on a picture that `packets` packets have followed.
  void Looked(bool needed, bool first, int64_t packets, NeedCurve* pool,
              NeedModel* model);

  float looks() const { return curve_.looks(); }

  // 0 to 1.
  float Chance(const NeedCurve& pool, const NeedModel* model) const;
  // What a look now brings in the next `horizon` packets.
  PacketWorth Worth(int64_t horizon, float price, const NeedCurve& pool,
                    const NeedModel* model) const;

 private:
  NeedInputs Inputs() const;
  float Offset(const NeedCurve& pool) const;

  std::array<SizeScale, 3> scales_;  // I, P, B
  SurpriseWindow intra_, inter_;
  float sum_ = 0, greatest_ = 0;  // of surprises since the last look
  float intra_then_ = 0, intra_now_ = 0;
  int64_t age_ = 0;  // packets since the last look's
  bool was_needed_ = false;
  NeedCurve curve_;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_PACKET_NEED_H_
