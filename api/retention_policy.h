// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long recordings stay and how much room they may take, as people write
// it down:
//
//   max: 200GB            # of the store, all in all
//   min-free: 10%         # of the disk, or a size
//   keep: 30d             # left out: until room is needed
//   streams:              # the first match counts
//     - match: "door*"    # * any bytes, ? one
//       keep: 7d
//   labels:               # footage of these stays longer
//     - label: person
//       keep: 90d
//       match: "door*"    # left out: every stream
//   pins:                 # these stay, whatever else is said
//     - stream: gate
//       from: 2026-05-01T08:00:00Z     # left out: from the start
//       to: 2026-05-01T09:30:00Z       # left out: to the end
//       why: case 17
//
// docs/RETENTION.md explains it to users.

#ifndef FOVEA_API_RETENTION_POLICY_H_
#define FOVEA_API_RETENTION_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/retention_class.h"

namespace fovea {

struct RetentionPolicy {
  struct Rule {
    std::string match;
    std::optional<int64_t> keep_ns;  // none: until room is needed
  };
  // What was recorded while the label was observed stays at least so long.
  struct LabelRule {
    std::string label;
    int64_t keep_ns = 0;
    std::string match = "*";
  };
  struct Pin {
    std::string stream;
    int64_t from_ns = INT64_MIN;  // [from, to) of stream time
    int64_t to_ns = INT64_MAX;
    std::string why;
  };

  std::optional<uint64_t> max_bytes;
  std::optional<uint64_t> min_free_bytes;
  std::optional<double> min_free_share;  // of the disk, 0 to 1
  std::optional<int64_t> keep_ns;
  std::vector<Rule> rules;
  std::vector<LabelRule> labels;
  std::vector<Pin> pins;

  // What the first rule that matches says, else the policy itself.
  std::optional<int64_t> KeepOf(const std::string& stream) const;

  // What min-free asks for on a disk of so many bytes.
  uint64_t LeastFree(uint64_t disk_bytes) const;

  // False when nothing ever goes.
  bool lets_go() const;

  // Streams kept equally long share a class; 0 those without an end.
  RetentionClass ClassOf(const std::string& stream) const;

  // True when a pin holds something of [start_ns, end_ns) of the stream.
  bool IsPinned(const std::string& stream, int64_t start_ns,
                int64_t end_ns) const;
};

// kInvalidArgument names line, what was expected and what was found.
absl::StatusOr<RetentionPolicy> ParseRetentionPolicy(const std::string& yaml);

}  // namespace fovea

#endif  // FOVEA_API_RETENTION_POLICY_H_
