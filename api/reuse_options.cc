// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reuse_options.h"

namespace fovea {

uint64_t CoinSeed(uint64_t seed, StreamId stream, const ModelDigest& model,
                  InputKind kind, uint64_t audits_before) {
  uint64_t mixed = seed;
  const auto add = [&mixed](uint64_t word) {
    mixed = (mixed ^ word) * 0x9E3779B97F4A7C15ULL;
    mixed ^= mixed >> 31;
  };
  add(stream);
  for (const uint8_t byte : model) add(byte);
  // Audits of frames were begun without it.
  if (kind != InputKind::kFrame) add(static_cast<uint64_t>(kind));
  // Beyond all kinds.
  if (audits_before > 0) add(255 + audits_before);
  return mixed;
}

AuditOptions AuditOf(const ReuseOptions& options) {
  AuditOptions audit;
  audit.max_error = options.max_error;
  audit.confidence = options.confidence;
  audit.seed = options.seed;
  return audit;
}

absl::Status CheckReuseOptions(const ReuseOptions& options) {
  if (options.blind_ns < 0) {
    return absl::InvalidArgumentError(
        "reuse: the longest time without a run is 0 or more");
  }
  return Auditor::Create(AuditOf(options)).status();
}

}  // namespace fovea
