// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much a picture may change until a model's answer does, by the kind of
// footage that runs: Reducto's thresholds per segment (Li et al., SIGCOMM'20),
// learnt and looked up without reading ahead.

#ifndef FOVEA_FILTER_SEGMENT_THRESHOLD_H_
#define FOVEA_FILTER_SEGMENT_THRESHOLD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace fovea {

// A segment is a second of inputs, or longer, until it has five. The
// differences of the others to its first input make a histogram; where the
// model was run on all of them, it is labelled with the largest threshold up to
// which 90 % of the answers were that of the first. The threshold of the
// running segment is the mean of those of the five labelled segments most like
// the one before it, weighted by nearness.
//
// Reducto compares neighbouring frames, and knows a segment's histogram before
// it decides about it, five seconds late. Differences are shares, 0 to 1, on a
// logarithmic scale here. Not thread-safe.
class SegmentThreshold {
 public:
  static constexpr int64_t kSegmentNs = 1'000'000'000;
  static constexpr size_t kMostLabelled = 256;  // the oldest goes

  // The next input. True: a segment begins with it, and Difference() is to
  // be told from the one after it on. Times do not run backward.
  bool Begins(int64_t time_ns);

  // Of the input that came last, to the segment's first. Not NaN.
  void Difference(double difference);

  // The model was run on the input that came last, and its answer was that of
  // the segment's first, or not. Inputs of which this is not told leave their
  // segment without a label.
  void Answered(bool same);

  // In force; 0 until a segment has been labelled and another one has passed.
  double threshold() const { return threshold_; }

  // What comes belongs to no segment so far. What was learnt stays.
  void Reset();

 private:
  static constexpr size_t kBins = 30;
  using Histogram = std::array<double, kBins>;

  struct Labelled {
    Histogram histogram = {};
    double threshold = 0;
  };

  void End();
  Histogram HistogramOf() const;
  double LargestHarmless() const;
  double LookUp(const Histogram& histogram) const;

  bool running_ = false;
  int64_t begun_ns_ = 0;
  std::vector<double> differences_;  // of inputs behind the first
  std::vector<bool> same_;           // of those of them that were run
  std::deque<Labelled> labelled_;
  double threshold_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_SEGMENT_THRESHOLD_H_
