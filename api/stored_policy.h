// SPDX-License-Identifier: GPL-2.0-or-later
//
// The retention policy a store keeps.

#ifndef FOVEA_API_STORED_POLICY_H_
#define FOVEA_API_STORED_POLICY_H_

#include <string>

#include "absl/status/statusor.h"
#include "api/retention_policy.h"
#include "store/chunk_store.h"

namespace fovea {

// As its text; empty when there is none.
absl::StatusOr<std::string> StoredPolicyText(ChunkStore* store);
// One without rules when there is none.
absl::StatusOr<RetentionPolicy> StoredPolicy(ChunkStore* store);

// Keeps `yaml` as the store's policy, and puts each stream into the class it
// gives; what lies in segments stays where it is. kInvalidArgument as
// ParseRetentionPolicy().
absl::Status SetPolicy(ChunkStore* store, const std::string& yaml);

}  // namespace fovea

#endif  // FOVEA_API_STORED_POLICY_H_
