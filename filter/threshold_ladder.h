// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which thresholds of a risk score may be tried: a finite grid, tested from
// the strictest up on inputs whose answers are all known.

#ifndef FOVEA_FILTER_THRESHOLD_LADDER_H_
#define FOVEA_FILTER_THRESHOLD_LADDER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

// The grid: the 0.20, 0.25 ... 0.95 quantiles of the first kLadderInputs
// risks, equal ones once, so at most 16 levels. It rests on risks alone, hence
// the outcomes of those inputs still count as samples. A sample of a level is
// an input of at most its risk. A level is passed when, at an error rate of
// the limit, so few wrong samples as were seen had probability `alpha` at
// most: 59, 93, 124, 153 samples with 0, 1, 2, 3 wrong at 5 % and 5 %; and
// only after all stricter ones. That is fixed-sequence testing, from two
// starts: the strictest level, and the ninth or, of fewer, the loosest. Where
// no two are equal the ninth is the 0.60 quantile, of which an easy scene has
// 59 samples within 128 inputs instead of 300. Levels between the two are
// passed with the latter. Each start errs with probability `alpha` at most.
//
// What passing means: little. The test is exact for independent inputs and
// one look. Frames of a video are not independent, and it is looked at after
// every sample: of independent inputs with a rate equal to the limit 22 % pass
// within 1,000 samples. It says where to begin; what is claimed afterwards
// rests on the auditor's coins alone. Not thread-safe.
class ThresholdLadder {
 public:
  static constexpr size_t kLadderInputs = 128;
  static constexpr size_t kMostLevels = 16;

  struct Level {
    double threshold = 0;
    int64_t samples = 0;
    int64_t wrong = 0;
    friend bool operator==(const Level&, const Level&) = default;
  };
  struct Sample {
    double risk = 0;
    bool wrong = false;
    friend bool operator==(const Sample&, const Sample&) = default;
  };

  // 0 < limit < 1, 0 < alpha < 1.
  ThresholdLadder(double limit, double alpha);

  // An input that the model was run on, and whether the answer that would
  // have been given for it was wrong. `risk` is not NaN.
  void Add(double risk, bool wrong);

  // Levels passed; empty grid: 0. Passed once is passed until Fail().
  size_t passed() const { return passed_; }
  const std::vector<Level>& levels() const { return levels_; }
  bool has_grid() const { return !levels_.empty(); }

  // Level `level` and the looser ones are to be passed anew, on fresh
  // samples.
  void Fail(size_t level);
  void Clear();
  void SetAlpha(double alpha) { alpha_ = alpha; }

  // State, to be kept beyond the process.
  const std::vector<Sample>& first() const { return first_; }
  // False, changing nothing: not what the accessors gave.
  bool Resume(const std::vector<Sample>& first,
              const std::vector<Level>& levels, size_t passed);

 private:
  void MakeGrid();
  void Count(double risk, bool wrong);
  bool Passes(const Level& level) const;
  void Test();

  double limit_, alpha_;
  std::vector<Sample> first_;  // until there is a grid
  std::vector<Level> levels_;  // strictest first
  size_t passed_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_THRESHOLD_LADDER_H_
