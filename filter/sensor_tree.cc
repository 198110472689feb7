// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8 version 1, varint cells, varint answers, varint depth, varint trees,
//   zigzag varint bias, then per tree
//     2^depth - 1 questions: varint input, zigzag varint threshold
//     2^depth leaves: zigzag varint, 1/4096 of log-odds

#include "filter/sensor_tree.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "filter/internal/pair_inputs.h"
#include "filter/internal/sensor_tree_format.h"
#include "filter/sensor_features.h"

namespace fovea {
namespace {

using internal::PairInputCount;

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError("sensor tree: " + what);
}

absl::Status CheckCount(const char* what, uint64_t found, uint64_t least,
                        uint64_t most) {
  if (found >= least && found <= most) return absl::OkStatus();
  return Damaged(absl::StrCat("expected ", least, " to ", most, " ", what,
                              ", found ", found));
}

}  // namespace

float SensorTree::LogOdds(const Features& input, const Features& reference,
                          int reference_answer) const {
  if (input.cells.size() != cells_ || reference.cells.size() != cells_ ||
      !AreSensorFeatures(input) || !AreSensorFeatures(reference)) {
    return std::numeric_limits<float>::infinity();
  }
  std::vector<int16_t> inputs(PairInputCount(cells_, answers_));
  internal::TakePairInputs(input, reference, reference_answer, inputs);
  int64_t sum = bias_;
  const Question* questions = questions_.data();
  const size_t leaves = size_t{1} << depth_;
  for (size_t first = 0; first < leaves_.size(); first += leaves) {
    size_t at = 0;
    for (size_t level = 0; level < depth_; ++level) {
      const Question& question = questions[at];
      at = 2 * at + 1 + (inputs[question.input] > question.threshold ? 1 : 0);
    }
    sum += leaves_[first + at - (leaves - 1)];
    questions += leaves - 1;
  }
  return static_cast<float>(sum) / internal::kLogOddsUnit;
}

std::vector<uint8_t> SensorTree::Encode() const {
  std::vector<uint8_t> out = {internal::kSensorTreeVersion};
  for (const size_t count : {cells_, answers_, depth_, trees()}) {
    PutVarint(count, &out);
  }
  PutVarint(ZigZag(bias_), &out);
  const size_t leaves = size_t{1} << depth_;
  for (size_t tree = 0; tree < trees(); ++tree) {
    for (size_t i = 0; i + 1 < leaves; ++i) {
      const Question& question = questions_[tree * (leaves - 1) + i];
      PutVarint(question.input, &out);
      PutVarint(ZigZag(question.threshold), &out);
    }
    for (size_t i = 0; i < leaves; ++i) {
      PutVarint(ZigZag(leaves_[tree * leaves + i]), &out);
    }
  }
  return out;
}

absl::StatusOr<SensorTree> SensorTree::Decode(std::span<const uint8_t> bytes,
                                              const FilterLimits& limits) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  if (in.ok() && version != internal::kSensorTreeVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("sensor tree of version ", static_cast<int>(version),
                     "; this build reads version ",
                     static_cast<int>(internal::kSensorTreeVersion)));
  }
  const uint64_t cells = in.Varint(), answers = in.Varint();
  const uint64_t depth = in.Varint(), trees = in.Varint();
  const int64_t bias = UnZigZag(in.Varint());
  if (!in.ok()) return Damaged("ends in its head");
  const absl::Status checks[] = {
      CheckCount("cells", cells, kSensorCells, limits.max_tree_cells),
      CheckCount("answers", answers, 0, limits.max_tree_answers),
      CheckCount("levels", depth, 1, limits.max_tree_depth),
      CheckCount("trees", trees, 1, limits.max_trees),
  };
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  // Two bytes of a question and one of a leaf at least.
  const uint64_t leaves = uint64_t{1} << depth;
  if (in.remaining() < trees * (3 * leaves - 2)) {
    return Damaged(absl::StrCat("expected ", trees, " trees, found ",
                                in.remaining(), " bytes"));
  }
  SensorTree tree;
  tree.cells_ = cells;
  tree.answers_ = answers;
  tree.depth_ = depth;
  tree.bias_ = internal::CutLogOdds(bias);
  bool fits = tree.bias_ == bias;
  const uint64_t inputs = PairInputCount(cells, answers);
  for (uint64_t i = 0; i < trees; ++i) {
    for (uint64_t j = 0; j + 1 < leaves; ++j) {
      const uint64_t input = in.Varint();
      const int64_t threshold = UnZigZag(in.Varint());
      fits &= input < inputs && threshold >= internal::kLeastPairInput &&
              threshold <= internal::kMostPairInput;
      if (!fits) break;
      tree.questions_.push_back(
          {static_cast<uint16_t>(input), static_cast<int16_t>(threshold)});
    }
    for (uint64_t j = 0; j < leaves && fits; ++j) {
      const int64_t leaf = UnZigZag(in.Varint());
      tree.leaves_.push_back(internal::CutLogOdds(leaf));
      fits = tree.leaves_.back() == leaf;
    }
    if (!in.ok() || !fits) {
      return Damaged(absl::StrCat(
          "tree ", i, ": ",
          in.ok() ? "asks or answers out of range" : "ends early"));
    }
  }
  if (in.remaining() > 0) {
    return Damaged(absl::StrCat(in.remaining(), " bytes left over"));
  }
  return tree;
}

}  // namespace fovea
