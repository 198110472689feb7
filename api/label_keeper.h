// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of one stream stays because of what was observed in it.

#ifndef FOVEA_API_LABEL_KEEPER_H_
#define FOVEA_API_LABEL_KEEPER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/retention_policy.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// Reads observations a day of the stream at a time: cheap where it is asked
// in order. Not thread-safe.
class LabelKeeper {
 public:
  // All outlive it.
  LabelKeeper(StoreReader* store, const RetentionPolicy& policy,
              StreamId stream, const std::string& name);

  // True when a label that the policy keeps longer than `age_ns` was observed
  // in [start_ns, end_ns), or at start_ns.
  absl::StatusOr<bool> Keeps(int64_t start_ns, int64_t end_ns, int64_t age_ns);

 private:
  struct Span {
    int64_t start_ns = 0;
    int64_t end_ns = 0;  // still observed then
  };
  struct Label {
    std::string name;
    int64_t keep_ns = 0;
    int64_t from_ns = 0, to_ns = 0;  // what `spans` is about
    std::vector<Span> spans = {};    // those that touch it
  };

  absl::Status Load(int64_t from_ns, int64_t to_ns, Label* label);

  StoreReader* const store_;
  const StreamId stream_;
  std::vector<Label> labels_;
};

}  // namespace fovea

#endif  // FOVEA_API_LABEL_KEEPER_H_
