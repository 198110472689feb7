// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far a model's answers on decoded pictures agree with those on the
// originals, as sums, so that any set of pictures can be put together.

#ifndef FOVEA_SENSITIVITY_AGREEMENT_H_
#define FOVEA_SENSITIVITY_AGREEMENT_H_

namespace fovea {

struct Agreement {
  int found = 0;        // boxes of the original that are there again
  int extra = 0;        // boxes the original does not have
  int missed = 0;       // boxes of the original that are gone
  double distance = 0;  // soft: sum of differences of scores ...
  double weight = 0;    // ... and of the original's scores that matter

  Agreement& operator+=(const Agreement& other);

  // 2 found / (2 found + extra + missed); 1 where there was nothing to find.
  double F1() const;
  // Soft distance: 0 is the same answer; may exceed 1.
  double Soft() const;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_AGREEMENT_H_
