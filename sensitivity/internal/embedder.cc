// SPDX-License-Identifier: GPL-2.0-or-later
//
// A vector per picture whose direction counts: [1, size]; further sides of 1
// do no harm.

#include <cmath>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/internal/decoders.h"
#include "sensitivity/internal/outputs.h"
#include "sensitivity/internal/probe_weights.h"

namespace fovea::internal {
namespace {

using Vector = std::vector<double>;

double Dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// a - along * b.
Vector Less(const Vector& a, double along, const Vector& b) {
  Vector rest(a.size());
  for (size_t i = 0; i < a.size(); ++i) rest[i] = a[i] - along * b[i];
  return rest;
}

struct Direction {
  Vector unit;
  double length = 0;
};

class Embedder final : public Decoder {
 public:
  explicit Embedder(const ModelCard& card) : name_(card.name) {}

  absl::Status Check(std::span<const Tensor> outputs) const override {
    const bool fits = outputs.size() == 1 && IsLine(outputs[0]) &&
                      outputs[0].values.size() >= 2;
    return fits ? absl::OkStatus()
                : WrongShapes(name_, "embedding",
                              "one output [1, size] of two values or more",
                              outputs);
  }

  absl::StatusOr<Answer> Read(std::span<const Tensor> outputs,
                              const Placement&) const override {
    const auto embedding = DirectionOf(outputs);
    if (!embedding.ok()) return embedding.status();
    Answer answer;
    for (const double value : embedding->unit) {
      answer.embedding.push_back(static_cast<float>(value));
    }
    return answer;
  }

  bool uses_reference() const override { return true; }

  absl::StatusOr<ScalarGradient> Differentiate(
      std::span<const Tensor> outputs, std::span<const Tensor> reference,
      Probe probe, uint64_t seed) const override {
    const auto at = DirectionOf(outputs);
    if (!at.ok()) return at.status();
    absl::Status status = CheckAlike(name_, outputs, reference);
    if (!status.ok()) return status;
    const auto truth = DirectionOf(reference);
    if (!truth.ok()) return truth.status();
    const Vector along =
        probe == Probe::kRandom ? RandomAcross(truth->unit, seed) : truth->unit;
    ScalarGradient scalar{Dot(along, at->unit), ZerosLike(outputs)};
    const Vector across = Less(along, scalar.value, at->unit);
    std::vector<float>& gradient = scalar.by_output[0].values;
    for (size_t i = 0; i < across.size(); ++i) {
      gradient[i] = Bounded(across[i] / at->length);
    }
    return scalar;
  }

 private:
  absl::StatusOr<Direction> DirectionOf(std::span<const Tensor> outputs) const {
    absl::Status status = Check(outputs);
    if (status.ok()) status = CheckFinite(name_, outputs);
    if (!status.ok()) return status;
    Direction direction;
    direction.unit.assign(outputs[0].values.begin(), outputs[0].values.end());
    direction.length = std::sqrt(Dot(direction.unit, direction.unit));
    if (direction.length == 0) {
      return absl::DataLossError(absl::StrCat(
          "model ", name_, ": expected an embedding, found all zeros"));
    }
    for (double& value : direction.unit) value /= direction.length;
    return direction;
  }

  // Independent values of variance 1 without their part along `unit`: the
  // mean of v v^T is the identity less that direction, the curvature of
  // 1 - cosine. Signs instead might lie along `unit`.
  static Vector RandomAcross(const Vector& unit, uint64_t seed) {
    SplitMix64 random(seed);
    Vector vector(unit.size());
    for (double& value : vector) value = random.Spread();
    return Less(vector, Dot(vector, unit), unit);
  }

  const std::string name_;
};

}  // namespace

std::unique_ptr<Decoder> NewEmbedder(const ModelCard& card) {
  return std::make_unique<Embedder>(card);
}

}  // namespace fovea::internal
