// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the learned rivals have in common: nets over small pictures, trained
// to tell whether the model is needed.

#ifndef FOVEA_BENCH_REUSE_LEARNING_H_
#define FOVEA_BENCH_REUSE_LEARNING_H_

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <vector>

#include "bench/reuse/policy.h"
#include "bench/reuse/same_memo.h"
#include "bench/reuse/small_net.h"

namespace fovea::bench::reuse {

inline constexpr int kPictureSide = 32;  // InFi's nets take 224
inline constexpr int kEmbedding = 200;

// InFi's feature net (MobiCom'22) from 3 planes of kPictureSide: two residual
// blocks, global max, dense 200, dropout 0.5. Here of 8 and 16 kernels instead
// of 32 and 64. `chance` outlives it.
std::vector<LayerPtr> PictureNet(Chance* chance);

struct Sample {
  Values in;
  bool positive = false;
};

// Cross-entropy of the logistic of the net's one output.
void TrainBinary(std::vector<Sample> samples, int epochs, Net* net,
                 Chance* chance);

// The frame whose answer is the same as most others'; 0 of none.
size_t CommonestAnswer(const Lessons& lessons, SameMemo* same);

// Numbers by key, computed once; not while the bank of features does not
// remember either.
class NumberMemo {
 public:
  float Get(const FeatureBank& bank, uint64_t key,
            const std::function<float()>& compute);

 private:
  std::unordered_map<uint64_t, float> known_;
};

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_LEARNING_H_
