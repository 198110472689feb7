// SPDX-License-Identifier: GPL-2.0-or-later
//
// A query put to a store: what it is evaluated over.

#ifndef FOVEA_API_QUESTION_H_
#define FOVEA_API_QUESTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store_facts.h"
#include "index/query.h"
#include "store/chunk_store.h"

namespace fovea {

// Not to outlive the store, nor kStoreLimits.lease_ns.
struct Question {
  std::unique_ptr<StoreReader> snapshot;
  std::unique_ptr<StoreFacts> facts;  // of the snapshot
  std::vector<std::string> notes;     // QueryAnswer::notes
};

// kInvalidArgument: what CheckQuery() refuses, pixels outside a picture;
// kNotFound: names that are misspelt.
absl::StatusOr<Question> Ask(ChunkStore* store, const Query& query);

}  // namespace fovea

#endif  // FOVEA_API_QUESTION_H_
