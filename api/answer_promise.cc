// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/answer_promise.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "filter/result_store.h"
#include "store/audit_rows.h"

namespace fovea {
namespace {

// Beside the rows of audits, in the place of a kind of input.
constexpr uint8_t kPromiseKind = 255;

absl::StatusOr<std::optional<AnswerPromise>> ReadRow(StoreReader* store,
                                                     StreamId stream,
                                                     const ModelKey& model,
                                                     uint8_t kind) {
  const auto value = store->Get(Family::kMeta, AuditKey(stream, model, kind));
  if (absl::IsNotFound(value.status())) return std::nullopt;
  if (!value.ok()) return value.status();
  const auto row = DecodeAuditRow(*value);
  if (!row.ok()) return row.status();
  return AnswerPromise{row->max_error, static_cast<AnswerLoss>(row->loss)};
}

AnswerPromise Laxer(const AnswerPromise& a, const AnswerPromise& b) {
  if (a.max_error == 0) return b;
  if (b.max_error == 0) return a;
  if (a.loss != b.loss) return {1, a.loss};
  return {std::max(a.max_error, b.max_error), a.loss};
}

}  // namespace

absl::StatusOr<AnswerPromise> ReadPromise(StoreReader* store, StreamId stream,
                                          const ModelKey& model) {
  for (const uint8_t kind :
       {kPromiseKind, static_cast<uint8_t>(InputKind::kFrame)}) {
    const auto row = ReadRow(store, stream, model, kind);
    if (!row.ok()) return row.status();
    if (row->has_value()) return **row;
  }
  return AnswerPromise();
}

absl::Status PutPromise(StoreReader* store, StreamId stream,
                        const ModelKey& model, const AnswerPromise& promise,
                        bool anew, CommitBatch* batch) {
  const auto before = ReadPromise(store, stream, model);
  if (!before.ok()) return before.status();
  const AnswerPromise now = anew ? promise : Laxer(*before, promise);
  if (now.max_error == 0 && before->max_error == 0) return absl::OkStatus();
  AuditRow row;
  row.max_error = now.max_error;
  row.loss = static_cast<uint8_t>(now.loss);
  batch->PutRow(Family::kMeta, AuditKey(stream, model, kPromiseKind),
                EncodeAuditRow(row));
  return absl::OkStatus();
}

}  // namespace fovea
