// SPDX-License-Identifier: GPL-2.0-or-later
//
// Results of models in a store: those of its own streams, which come and go
// with the footage they are about, and those of other stores
// (api/result_file.h).

#ifndef FOVEA_API_STORED_RESULTS_H_
#define FOVEA_API_STORED_RESULTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "filter/result_store.h"
#include "store/commit_batch.h"
#include "store/result_rows.h"
#include "store/store_reader.h"

namespace fovea {

// Between what is stored and what the filter knows. kInvalidArgument: beyond
// kRowLimits.
absl::StatusOr<ResultRow> RowOf(const Result& result);
Result ResultOf(const ResultKeyParts& key, ResultRow row);
ResultKeyParts KeyOf(const Result& result);

// An error about a stored row: names it and says what to do.
absl::Status AboutResult(const ResultKeyParts& key, const absl::Status& status);

// Not thread-safe.
class StoredResults final : public ResultStore {
 public:
  // `store` sees every commit, and must outlive this.
  explicit StoredResults(StoreReader* store) : store_(store) {}

  // `stream`'s own, then those of other stores, then those of the other
  // streams by their ids. Without what is only noted; results whose
  // fingerprints another release made are passed over.
  absl::Status Load(const ModelDigest& model, InputKind kind, uint64_t stream,
                    const std::function<bool(Result)>& visit) override;

  // kInvalidArgument: features or an answer beyond what docs/LIMITS.md says;
  // nothing is noted then. The last call about an input counts.
  absl::Status Put(const Result& result) override;
  absl::Status PutUses(const Result& result) override;
  absl::Status Erase(const Result& result) override;

  // Adds what was noted to the commit that brings what it is about. A result
  // that was only given again stays gone where it was removed meanwhile with
  // its footage, and stays marked where it was carried over.
  absl::Status MoveTo(CommitBatch* batch);

 private:
  struct Note {
    bool erased = false;
    bool is_new = false;  // not only given again
    ResultRow row;
  };
  absl::Status Take(const Result& result, bool is_new);
  absl::StatusOr<bool> Visit(InputKind kind, const std::string& begin,
                             const std::string& end,
                             const std::function<bool(Result)>& visit);

  StoreReader* const store_;
  std::map<std::string, Note> notes_;  // by key
};

}  // namespace fovea

#endif  // FOVEA_API_STORED_RESULTS_H_
