// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reuse_ledger.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// A state is some 2 KB; what was decided since is in the log.
constexpr int64_t kSaveAuditEveryNs = 10'000'000'000;

}  // namespace

ReuseLedger::ReuseLedger(StoreReader* store, StreamId stream,
                         const ModelId& model, InputKind kind,
                         const ReuseOptions& options, uint64_t gate,
                         std::function<int64_t()> monotonic_ns)
    : store_(store),
      stream_(stream),
      model_(model),
      kind_(kind),
      options_(options),
      gate_(gate),
      monotonic_ns_(std::move(monotonic_ns)),
      results_(store),
      cache_(model.digest, kind, ResultCacheOptions(), &results_),
      decisions_(store, stream),
      audit_key_(AuditKey(stream, model.digest, static_cast<uint8_t>(kind))) {}

absl::StatusOr<Auditor> ReuseLedger::OpenAuditor() {
  AuditOptions audit = AuditOf(options_);
  const auto seed = [this] {
    return CoinSeed(options_.seed, stream_, model_.digest, kind_,
                    audits_before_);
  };
  auto stored = StoredAudit();
  if (!stored.ok()) return stored.status();
  if (stored->has_value()) {
    AuditRow row = **std::move(stored);
    const std::vector<uint8_t> state = std::exchange(row.state, {});
    audits_before_ = row.before;
    audit.seed = seed();
    if (row == AskedFor()) {
      auto auditor = Auditor::Load(audit, state);
      if (auditor.ok()) return auditor;
      // Of another release it is begun anew.
      if (!absl::IsFailedPrecondition(auditor.status())) {
        return AboutAudit(auditor.status());
      }
    }
    ++audits_before_;
  }
  audit.seed = seed();
  return Auditor::Create(audit);
}

AuditRow ReuseLedger::AskedFor() const {
  return {options_.max_error,
          options_.confidence,
          options_.seed,
          static_cast<uint8_t>(options_.loss),
          gate_,
          audits_before_,
          {}};
}

absl::StatusOr<std::optional<AuditRow>> ReuseLedger::StoredAudit() const {
  const auto value = store_->Get(Family::kMeta, audit_key_);
  if (absl::IsNotFound(value.status())) return std::nullopt;
  if (!value.ok()) return value.status();
  auto row = DecodeAuditRow(*value);
  if (!row.ok()) return AboutAudit(row.status());
  return *std::move(row);
}

absl::Status ReuseLedger::AboutAudit(const absl::Status& error) const {
  return absl::Status(
      error.code(),
      absl::StrCat("audit of model '", model_.name, "' in stream ", stream_,
                   ": ", std::string(error.message())));
}

absl::Status ReuseLedger::Note(uint64_t index, uint32_t region,
                               const Decision& decision) {
  DecidedInput decided;
  decided.model = model_.digest;
  decided.kind = kind_;
  decided.index = index;
  decided.region = region;
  decided.decision = decision;
  return decisions_.Add(decided);
}

absl::Status ReuseLedger::Put(const Auditor& auditor, CommitBatch* batch) {
  if (absl::Status s = cache_.WriteUses(); !s.ok()) return s;
  if (absl::Status s = results_.MoveTo(batch); !s.ok()) return s;
  // Offline nothing is audited, whatever target is asked for.
  if (!options_.offline && monotonic_ns_() >= save_audit_ns_) {
    AuditRow row = AskedFor();
    row.state = auditor.Save();
    batch->PutRow(Family::kMeta, audit_key_, EncodeAuditRow(row));
    save_audit_ns_ = monotonic_ns_() + kSaveAuditEveryNs;
  }
  return decisions_.Put(batch);
}

}  // namespace fovea
