// SPDX-License-Identifier: GPL-2.0-or-later
//
// What reuse of one model's answers about one stream leaves in a store:
// results, decisions, and how far their audit has come.

#ifndef FOVEA_API_REUSE_LEDGER_H_
#define FOVEA_API_REUSE_LEDGER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/decision_book.h"
#include "api/reuse_options.h"
#include "api/stored_results.h"
#include "codec/model_id.h"
#include "filter/auditor.h"
#include "filter/decision.h"
#include "filter/result_cache.h"
#include "filter/result_store.h"
#include "store/audit_rows.h"
#include "store/commit_batch.h"
#include "store/store_reader.h"

namespace fovea {

// Not thread-safe.
class ReuseLedger {
 public:
  // `store` outlives this. `gate`: equal of gates whose risks are in one unit;
  // an audit goes on with such a one alone.
  ReuseLedger(StoreReader* store, StreamId stream, const ModelId& model,
              InputKind kind, const ReuseOptions& options, uint64_t gate,
              std::function<int64_t()> monotonic_ns);

  // Reads what is cached of the model.
  absl::Status LoadCache() { return cache_.Load(stream_); }
  ResultCache* cache() { return &cache_; }

  // The auditor of these very options as far as it had come, or a new one where
  // there was none, or one of another release. Errors of StoredAudit(), and of
  // Auditor::Create() and Load(), with whose audit it is.
  // An audit that is begun anew throws coins of its own: those of the one
  // before have been seen, and what they chose is in the cache.
  absl::StatusOr<Auditor> OpenAuditor();

  absl::Status Note(uint64_t index, uint32_t region, const Decision& decision);

  // Puts results and decisions since the last call into the commit that
  // brings what they are about, and now and then the audit's state.
  absl::Status Put(const Auditor& auditor, CommitBatch* batch);

  // The next Put() brings the audit's state.
  void SaveAudit() { save_audit_ns_ = INT64_MIN; }

 private:
  AuditRow AskedFor() const;  // without a state
  // The audit kept last, whatever was asked for. kDataLoss names one that
  // cannot be read.
  absl::StatusOr<std::optional<AuditRow>> StoredAudit() const;
  // An error of that audit, with whose it is.
  absl::Status AboutAudit(const absl::Status& error) const;

  StoreReader* const store_;
  const StreamId stream_;
  const ModelId model_;
  const InputKind kind_;
  const ReuseOptions options_;
  const uint64_t gate_;
  const std::function<int64_t()> monotonic_ns_;
  StoredResults results_;
  ResultCache cache_;
  DecisionBook decisions_;
  const std::string audit_key_;
  uint64_t audits_before_ = 0;
  int64_t save_audit_ns_ = INT64_MIN;  // by monotonic_ns_
};

}  // namespace fovea

#endif  // FOVEA_API_REUSE_LEDGER_H_
