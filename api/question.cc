// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/question.h"

#include <utility>

#include "api/query_names.h"
#include "index/query_check.h"
#include "store/limits.h"

namespace fovea {

absl::StatusOr<Question> Ask(ChunkStore* store, const Query& query) {
  if (absl::Status s = CheckQuery(query); !s.ok()) return s;
  auto snapshot = store->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  auto facts = StoreFacts::Load(snapshot->get());
  if (!facts.ok()) return facts.status();
  auto notes = CheckQueryNames(query, **facts, snapshot->get());
  if (!notes.ok()) return notes.status();
  return Question{*std::move(snapshot), *std::move(facts), *std::move(notes)};
}

}  // namespace fovea
