// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/audit_state.h"

#include <bit>
#include <concepts>
#include <string>

#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"

namespace fovea::internal {
namespace {

constexpr uint8_t kVersion = 1;
// Counts stay so far below overflow that a process cannot reach it.
constexpr uint64_t kMostCount = uint64_t{1} << 56;

class Writer {
 public:
  explicit Writer(std::vector<uint8_t>* out) : out_(*out) {}

  template <std::integral T>
  void Number(const T& value) {
    PutVarint(static_cast<uint64_t>(value), &out_);
  }
  void Number(const double& value) {
    PutU64(std::bit_cast<uint64_t>(value), &out_);
  }
  void Number(const AuditPhase& value) { Number(static_cast<int>(value)); }
  void Number(const AuditAction& value) { Number(static_cast<int>(value)); }
  void Text(const std::string& text) {
    const std::string_view part =
        std::string_view(text).substr(0, kAlarmReasonBytes);
    Number(part.size());
    out_.insert(out_.end(), part.begin(), part.end());
  }
  template <typename T>
  void Length(const std::vector<T>& list, size_t /*most*/) {
    Number(list.size());
  }

 private:
  std::vector<uint8_t>& out_;
};

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : in_(bytes) {}

  bool ok() const { return ok_ && in_.ok(); }
  size_t remaining() const { return in_.remaining(); }

  void Number(int64_t& value) { value = static_cast<int64_t>(Count()); }
  void Number(uint64_t& value) { value = in_.Varint(); }
  void Number(uint32_t& value) {
    value = static_cast<uint32_t>(UpTo(INT32_MAX));
  }
  void Number(bool& value) { value = UpTo(1) == 1; }
  void Number(double& value) { value = std::bit_cast<double>(in_.U64()); }
  void Number(AuditPhase& value) { value = static_cast<AuditPhase>(UpTo(3)); }
  void Number(AuditAction& value) { value = static_cast<AuditAction>(UpTo(2)); }
  void Text(std::string& text) {
    const auto bytes = in_.Take(UpTo(kAlarmReasonBytes));
    text.assign(bytes.begin(), bytes.end());
  }
  template <typename T>
  void Length(std::vector<T>& list, size_t most) {
    list.resize(UpTo(most));
  }

 private:
  uint64_t Count() { return UpTo(kMostCount); }
  uint64_t UpTo(uint64_t most) {
    const uint64_t value = in_.Varint();
    if (value <= most) return value;
    ok_ = false;
    return 0;
  }

  ByteReader in_;
  bool ok_ = true;
};

// The ladder and the detectors, as plain numbers.
struct Parts {
  std::vector<ThresholdLadder::Sample> first;
  std::vector<ThresholdLadder::Level> levels;
  uint64_t passed = 0;
  std::array<double, ErrorMonitor::kNumbers> monitor = {};
  std::array<double, ErrorSurge::kNumbers> surge = {};
};

void Visit(auto& tally, auto& fields) {
  fields.Number(tally.decisions);
  fields.Number(tally.checks);
  fields.Number(tally.told);
  fields.Number(tally.caught);
}

void VisitTallies(auto& state, auto& fields) {
  fields.Number(state.phase);
  fields.Number(state.next_sequence);
  fields.Number(state.inputs);
  fields.Number(state.warm_up_runs);
  for (auto& kind : state.counts) {
    for (auto& count : kind) fields.Number(count);
  }
  for (auto& kind : state.tallies) {
    for (auto& tally : kind) Visit(tally, fields);
  }
}

void VisitCourse(auto& state, auto& fields) {
  fields.Number(state.learning_inputs);
  fields.Number(state.level);
  fields.Number(state.rung);
  fields.Number(state.version);
  Visit(state.window, fields);
  fields.Number(state.alarmed_at);
  fields.Number(state.strikes);
  fields.Number(state.bypasses);
  fields.Number(state.bypass_left);
  fields.Number(state.loosen_from);
  fields.Number(state.loosen_wait);
  fields.Number(state.review_at);
  fields.Number(state.alarm_count);
  fields.Length(state.alarms, kAuditAlarms);
  for (auto& alarm : state.alarms) {
    fields.Number(alarm.action);
    fields.Number(alarm.sequence);
    fields.Number(alarm.version);
    fields.Text(alarm.reason);
  }
}

void VisitParts(auto& parts, auto& fields) {
  fields.Length(parts.first, ThresholdLadder::kLadderInputs);
  for (auto& sample : parts.first) {
    fields.Number(sample.risk);
    fields.Number(sample.wrong);
  }
  fields.Length(parts.levels, ThresholdLadder::kMostLevels);
  for (auto& level : parts.levels) {
    fields.Number(level.threshold);
    fields.Number(level.samples);
    fields.Number(level.wrong);
  }
  fields.Number(parts.passed);
  for (auto& number : parts.monitor) fields.Number(number);
  for (auto& number : parts.surge) fields.Number(number);
}

bool IsTally(const RungTally& tally) {
  return tally.checks <= tally.decisions && tally.told <= tally.checks &&
         tally.caught <= tally.told;
}

bool IsPossible(const AuditState& state) {
  bool good = IsTally(state.window) && state.rung < kAuditRungs;
  for (const RungTallies& kind : state.tallies) {
    for (const RungTally& tally : kind) good = good && IsTally(tally);
  }
  return good;
}

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError("audit state: " + what);
}

absl::Status OfAnother(const std::string& what) {
  return absl::FailedPreconditionError("audit state: " + what);
}

}  // namespace

uint64_t AuditStateCheck(std::span<const uint8_t> bytes) {
  uint64_t check = bytes.size();
  for (const uint8_t byte : bytes) check = Mix64(check + byte + 1);
  return check;
}

std::vector<uint8_t> EncodeAuditState(const AuditState& state, uint64_t mark) {
  std::vector<uint8_t> out = {kVersion};
  PutU64(mark, &out);
  Writer fields(&out);
  VisitTallies(state, fields);
  VisitCourse(state, fields);
  const Parts parts = {state.ladder.first(), state.ladder.levels(),
                       state.ladder.passed(), state.monitor.Numbers(),
                       state.surge.Numbers()};
  VisitParts(parts, fields);
  PutU64(AuditStateCheck(out), &out);
  return out;
}

absl::Status DecodeAuditState(std::span<const uint8_t> bytes, uint64_t mark,
                              AuditState* state) {
  constexpr size_t kFrame = 1 + 8 + 8;  // version, mark, check
  if (bytes.size() < kFrame) {
    return Damaged(absl::StrCat("expected ", kFrame, " bytes or more, found ",
                                bytes.size()));
  }
  const auto body = bytes.first(bytes.size() - 8);
  if (ByteReader(bytes.last(8)).U64() != AuditStateCheck(body)) {
    return Damaged("its check differs: bytes were changed or are missing");
  }
  if (body[0] != kVersion) {
    return OfAnother(absl::StrCat("of version ", static_cast<int>(body[0]),
                                  "; this build reads version ",
                                  static_cast<int>(kVersion)));
  }
  if (ByteReader(body.subspan(1, 8)).U64() != mark) {
    return OfAnother(
        "of another target, confidence, coin or seed: learn anew without it");
  }
  Reader fields(body.subspan(1 + 8));
  Parts parts;
  VisitTallies(*state, fields);
  VisitCourse(*state, fields);
  VisitParts(parts, fields);
  if (!fields.ok() || fields.remaining() > 0) {
    return Damaged(absl::StrCat("a number beyond its limit, or ",
                                fields.remaining(), " bytes left over"));
  }
  if (!IsPossible(*state) ||
      !state->ladder.Resume(parts.first, parts.levels, parts.passed) ||
      !state->monitor.Resume(parts.monitor) ||
      !state->surge.Resume(parts.surge)) {
    return Damaged("its numbers contradict each other");
  }
  return absl::OkStatus();
}

}  // namespace fovea::internal
