// SPDX-License-Identifier: GPL-2.0-or-later
//
// Copying forward what is live of a segment that is to go: read without a
// lock in bounded portions, decided upon and written under the commit mutex.

#ifndef FOVEA_STORE_INTERNAL_SEGMENT_COPY_H_
#define FOVEA_STORE_INTERNAL_SEGMENT_COPY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "store/commit_plan.h"
#include "store/internal/catalogue.h"
#include "store/segment_reader.h"

namespace fovea {

// What of a segment may have to be copied; which of it still has to is
// decided when it is written.
struct CopyCandidates {
  struct Chunk {
    RecordHeader header;
    std::vector<uint8_t> payload;
  };
  std::vector<Chunk> chunks;
  std::vector<RowChange> rows;  // puts and deletes
  uint64_t bytes = 0;

  void Add(const RecordHeader& header, std::vector<uint8_t> payload);
  void Add(RowChange row);
};

struct CopyOrigin {
  uint64_t segment = 0;
  RetentionClass retention_class = 0;
  // Part of an older segment stays: deletes are still needed.
  bool keep_tombstones = false;
};

// True when `row`, a put or a delete in a journal of the origin, is still
// needed to say what is so.
absl::StatusOr<bool> IsCurrent(Catalogue* catalogue, const RowChange& row,
                               const CopyOrigin& origin);

// What is current of `candidates`, by the class its stream is in now.
// Payloads stay in `candidates`.
absl::StatusOr<std::map<RetentionClass, CommitPlan>> PlanCopy(
    Catalogue* catalogue, const CopyCandidates& candidates,
    const CopyOrigin& origin);

// A range that was deleted, deleted once more from `*begin` on, with what
// stands in it now put back: commits after the one that deleted it may have
// put rows there. Moves `*begin` to where a bounded portion ended, at last to
// range.range_end.
absl::StatusOr<CommitPlan> PlanRangeCopy(Catalogue* catalogue,
                                         const RowChange& range,
                                         std::string* begin);

// Reads a segment's candidates and hands them on in bounded portions.
class SegmentCopier {
 public:
  using WriteOut = std::function<absl::Status(const CopyCandidates&)>;

  SegmentCopier(Catalogue* catalogue, SegmentReader& reader, WriteOut write_out)
      : catalogue_(catalogue),
        reader_(reader),
        write_out_(std::move(write_out)) {}

  // False when something could not be read, so the file has to stay.
  absl::StatusOr<bool> Copy(uint64_t end);

  // Ranges that the segment's journals delete, as few as cover them.
  std::vector<RowChange> TakeRanges();

 private:
  absl::Status Visit(const RecordHeader& header);
  absl::Status WriteCollected();

  Catalogue* const catalogue_;
  SegmentReader& reader_;
  const WriteOut write_out_;
  CopyCandidates collected_;
  std::vector<RowChange> ranges_;
  bool whole_ = true;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_SEGMENT_COPY_H_
