// SPDX-License-Identifier: GPL-2.0-or-later
//
// What finished points say: curves by clip, policy and judge, their
// BD-rates, the best plain setting of each clip, and the noise floor.

#ifndef FOVEA_BENCH_ACCURACY_RESULTS_H_
#define FOVEA_BENCH_ACCURACY_RESULTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/accuracy/bootstrap.h"
#include "bench/accuracy/judge.h"
#include "bench/accuracy/points.h"
#include "bench/accuracy/policy.h"
#include "bench/accuracy/rate_curve.h"

namespace fovea::bench {

enum class Part : uint8_t { kWhole, kFirstHalf, kSecondHalf };

// One figure of a table, as shares: -0.2 is 20 % fewer bytes.
struct Figure {
  std::optional<double> value;
  Draws draws;  // for its interval, and for intervals of means
};

// F1 and soft BD-rate of one policy on one clip for one judge.
struct Cell {
  Figure f1;
  Figure soft;
};

using PolicyFilter = std::function<bool(const Policy& policy)>;
bool IsPlain(const Policy& policy);
// Plain as the encoder comes: chroma is not favoured.
bool IsPlainUnshifted(const Policy& policy);

// Immutable once made; thread-compatible.
class Results {
 public:
  // `crfs` are those every policy ran at; other points serve the noise
  // floor only. A clip whose curve lacks one of them has no such curve.
  Results(const std::vector<Point>& points, std::vector<double> crfs,
          const std::vector<JudgeInfo>& judges, uint64_t seed);

  // In order of first appearance.
  const std::vector<std::string>& clips() const { return clips_; }
  const std::vector<JudgeInfo>& judges() const { return judges_; }
  const std::vector<std::string>& policies() const { return policies_; }
  const std::vector<double>& crfs() const { return crfs_; }
  uint64_t seed() const { return seed_; }

  // Points of a curve by rising crf, empty where it is incomplete.
  std::vector<const Point*> Curve(const std::string& clip,
                                  const std::string& policy,
                                  const std::string& judge) const;

  Cell Compare(const std::string& clip, const std::string& reference,
               const std::string& policy, const JudgeInfo& judge,
               Part part = Part::kWhole) const;

  // Mean of the judges' soft BD-rates.
  std::optional<double> SoftMean(const std::string& clip,
                                 const std::string& reference,
                                 const std::string& policy,
                                 Part part = Part::kWhole) const;

  // The policy among `filter` that needs fewest bytes by SoftMean() against
  // kDefaultPlain; "" when none is complete.
  std::string Best(const std::string& clip, const PolicyFilter& filter,
                   Part part = Part::kWhole) const;

  // One clip and judge of the noise floor, from kDefaultPlain at crf and
  // crf + 1.
  struct Noise {
    double f1_step = 0;  // mean |F1(crf) - F1(crf + 1)|
    double soft_step = 0;
    std::optional<Scatter> f1, soft;
    // BD-rate of the points at crf + 1 against those at crf: truly 0.
    std::optional<double> f1_half, soft_half;
  };
  std::optional<Noise> NoiseOf(const std::string& clip,
                               const JudgeInfo& judge) const;

 private:
  using Key = std::vector<std::string>;  // clip, policy, judge

  std::vector<const Point*> AtRates(const std::string& clip,
                                    const std::string& policy,
                                    const std::string& judge,
                                    double shift) const;

  std::vector<double> crfs_;
  std::vector<JudgeInfo> judges_;
  uint64_t seed_;
  std::vector<std::string> clips_;
  std::vector<std::string> policies_;
  std::map<Key, std::map<double, Point>> points_;  // by crf
};

// Mean of figures that have a value, draw by draw for the interval.
Figure MeanOf(const std::vector<Figure>& figures);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_RESULTS_H_
