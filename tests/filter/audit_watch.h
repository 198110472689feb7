// SPDX-License-Identifier: GPL-2.0-or-later
//
// An auditor at work on made inputs, for tests.

#ifndef FOVEA_TESTS_FILTER_AUDIT_WATCH_H_
#define FOVEA_TESTS_FILTER_AUDIT_WATCH_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <utility>

#include "filter/auditor.h"

namespace fovea {

// An auditor at work on a source, and the truth beside it.
class Watch {
 public:
  explicit Watch(const AuditOptions& options, uint64_t seed = 1)
      : dice_(seed), options_(options), auditor_(*Auditor::Create(options)) {}

  // One input, its model run where it has to be.
  Verdict Next(double risk, bool wrong) {
    const Verdict verdict = auditor_.Decide(
        next_++, {DecisionKind::kHold, DecisionCause::kGate, risk});
    given_ += verdict.give;
    wrong_given_ += verdict.give && wrong;
    alarm_.reset();
    if (verdict.learn) alarm_ = auditor_.Learn(verdict, wrong);
    return verdict;
  }
  void Feed(int inputs, double error_rate) {
    for (int i = 0; i < inputs; ++i) Next(Uniform(), Uniform() < error_rate);
  }
  // The number of inputs until a threshold is in force, at most `most`.
  int UntilGiving(double error_rate, int most = 100'000) {
    for (int i = 0; i < most; ++i) {
      if (auditor_.threshold()) return i;
      Feed(1, error_rate);
    }
    return most;
  }
  // Checks until the next alarm; -1: none came within `most` inputs.
  int ChecksUntilAlarm(double error_rate, int most = 300'000) {
    int checks = 0;
    for (int i = 0; i < most; ++i) {
      checks += Next(Uniform(), Uniform() < error_rate).check;
      if (alarm_) return checks;
    }
    return -1;
  }
  void Restore() {
    auto loaded = Auditor::Load(options_, auditor_.Save());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    auditor_ = *std::move(loaded);
  }

  double Uniform() { return uniform_(dice_); }
  double realised() const {
    return given_ == 0 ? 0
                       : static_cast<double>(wrong_given_) /
                             static_cast<double>(given_);
  }
  int64_t given() const { return given_; }
  int64_t wrong_given() const { return wrong_given_; }
  Auditor& auditor() { return auditor_; }
  AuditReport report() const { return auditor_.Report(); }
  const std::optional<AuditAlarm>& alarm() const { return alarm_; }

 private:
  std::mt19937_64 dice_;
  std::uniform_real_distribution<double> uniform_;
  AuditOptions options_;
  Auditor auditor_;
  uint64_t next_ = 0;
  int64_t given_ = 0;
  int64_t wrong_given_ = 0;
  std::optional<AuditAlarm> alarm_;
};

inline AuditOptions Seeded(uint64_t seed) {
  AuditOptions options;
  options.seed = seed;
  return options;
}

}  // namespace fovea

#endif  // FOVEA_TESTS_FILTER_AUDIT_WATCH_H_
