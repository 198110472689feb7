// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model found sensitive in the pictures of one camera so far: a
// running mean per macroblock. A camera that does not move may be encoded
// by it before, or without, a profile of the frame at hand.
// codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_CAMERA_PRIOR_H_
#define FOVEA_CODEC_CAMERA_PRIOR_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/limits.h"
#include "codec/model_id.h"

namespace fovea {

// How many frames' weight the mean remembers: from then on a frame counts
// one part in so many, and what the camera sees now displaces what it saw.
inline constexpr uint64_t kPriorMemory = 1000;

struct CameraPrior {
  ModelId model;
  int columns = 0;  // macroblocks, as MacroblockCount() of the true size
  int rows = 0;
  uint64_t frames = 0;   // that were ever added
  double reference = 0;  // s_ref, the sensitivity of offset 0; 0: unknown
  // Row-major, in loss^2/grey^2: arithmetic means of the sensitivities, not
  // of their logarithms, so that a block which matters seldom but much
  // keeps its bits.
  std::vector<double> mean;

  // True when it can stand for frames of `model` on a picture of that many
  // macroblocks. The name of a model is for people and does not count.
  bool Fits(const ModelDigest& digest, int columns, int rows) const;

  friend bool operator==(const CameraPrior&, const CameraPrior&) = default;
};

// A prior of that size without frames, all of its mean zero.
CameraPrior NewCameraPrior(const ModelId& model, int columns, int rows);

// Takes a frame's sensitivities into the mean. kInvalidArgument, changing
// nothing: wrong count, a value that is NaN, infinite or negative.
absl::Status AddToPrior(std::span<const double> sensitivity,
                        CameraPrior* prior);

// As bytes: means within a sixteenth octave, as in a sensitivity file. Who
// adds frames keeps the prior itself: one that went to bytes and back after
// every few frames would lose what moves a mean by less than that.
// kInvalidArgument: sizes, numbers or name that DecodeCameraPrior() refuses.
absl::StatusOr<std::vector<uint8_t>> EncodeCameraPrior(
    const CameraPrior& prior);

// kDataLoss says what was expected and found; kFailedPrecondition: written
// by another release.
absl::StatusOr<CameraPrior> DecodeCameraPrior(std::span<const uint8_t> bytes,
                                              const CodecLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_CAMERA_PRIOR_H_
