// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads and sets the policy row, and the classes that follow from it.

#include "api/stored_policy.h"

#include "api/stream_registry.h"
#include "store/retention_class.h"
#include "store/stream_rows.h"

namespace fovea {

absl::StatusOr<std::string> StoredPolicyText(ChunkStore* store) {
  const auto value = store->Get(Family::kMeta, kRetentionPolicyKey);
  if (absl::IsNotFound(value.status())) return std::string();
  if (!value.ok()) return value.status();
  return DecodeRetentionPolicy(*value);
}

absl::StatusOr<RetentionPolicy> StoredPolicy(ChunkStore* store) {
  const absl::StatusOr<std::string> text = StoredPolicyText(store);
  if (!text.ok()) return text.status();
  if (text->empty()) return RetentionPolicy();
  return ParseRetentionPolicy(*text);
}

absl::Status SetPolicy(ChunkStore* store, const std::string& yaml) {
  const absl::StatusOr<RetentionPolicy> policy = ParseRetentionPolicy(yaml);
  if (!policy.ok()) return policy.status();
  const absl::StatusOr<std::vector<StreamRow>> streams =
      StreamRegistry(store).List();
  if (!streams.ok()) return streams.status();
  CommitBatch batch;
  batch.PutRow(Family::kMeta, kRetentionPolicyKey, EncodeRetentionPolicy(yaml));
  for (const StreamRow& stream : *streams) {
    batch.PutRow(Family::kMeta, StreamClassKey(stream.id),
                 EncodeStreamClass(policy->ClassOf(stream.name)));
  }
  return store->Commit(std::move(batch)).status();
}

}  // namespace fovea
