// SPDX-License-Identifier: GPL-2.0-or-later
//
// A detector's boxes as CSV:
//
//   frame,left,top,right,bottom[,score[,label]]
//
// The first line names the columns, in any order; those of other names are
// passed over. Frames are presentation indices in any order, sides pixels of
// the true picture. What follows a # at a line's start is a comment.

#ifndef FOVEA_CODEC_BOX_FILE_H_
#define FOVEA_CODEC_BOX_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/box.h"
#include "codec/limits.h"

namespace fovea {

struct ScoredBox {
  Box box;
  float score = 1;    // 1 where the file has none
  std::string label;  // empty where it has none
  friend bool operator==(const ScoredBox&, const ScoredBox&) = default;
};

struct BoxSequence {
  std::map<int64_t, std::vector<ScoredBox>> frames;

  // Boxes of `frame` with a score of at least `least_score`. A frame without
  // boxes in the file has those of the last one that has, when that is at
  // most `hold` frames ago.
  std::vector<Box> At(int64_t frame, int64_t hold, float least_score) const;
};

// `name` begins every error, which names the line. kInvalidArgument: a
// column is missing, a field is no finite number, a box ends before it
// begins; kResourceExhausted: beyond the limits.
absl::StatusOr<BoxSequence> ParseBoxes(const std::string& name,
                                       std::string_view text,
                                       const CodecLimits& limits);

// A text ParseBoxes() reads the same from.
std::string BoxesText(const BoxSequence& sequence);

// One line of the table, with the columns of other names in the file's
// order. The views hold while the row is being taken.
struct BoxRow {
  int64_t frame = 0;
  ScoredBox box;
  std::vector<std::pair<std::string_view, std::string_view>> others;
};

// The same table line by line, for files too large to be held and for
// columns that ParseBoxes() passes over. Not thread-safe.
class BoxTableReader {
 public:
  // A status of `take` other than OK ends the reading, with name and line
  // before its message.
  using Taker = std::function<absl::Status(BoxRow)>;
  BoxTableReader(std::string name, const CodecLimits& limits, Taker take);

  // The file's next line without its end; `number` counts from 1. Faults as
  // ParseBoxes().
  absl::Status TakeLine(std::string_view line, int64_t number);
  absl::Status Finish();  // there were no lines: kInvalidArgument

 private:
  static constexpr size_t kColumns = 7;
  absl::Status TakeHeader(const std::vector<std::string>& fields);
  absl::Status TakeRow(const std::vector<std::string>& fields);
  absl::Status Give(int64_t frame, const std::array<float, kColumns>& value,
                    const std::vector<std::string>& fields);
  absl::Status Fault(absl::StatusCode code, std::string_view what) const;
  absl::Status Fail(std::string_view what) const;

  const std::string name_;
  const CodecLimits limits_;
  const Taker take_;
  int64_t line_ = 0;
  std::array<std::optional<size_t>, kColumns> place_;
  std::vector<std::pair<std::string, size_t>> others_;  // name, place
  size_t fields_ = 0;                                   // 0: no header yet
  size_t boxes_ = 0;
};

// `text` as a field of such a table: quoted where it must be.
std::string BoxTableField(std::string_view text);

}  // namespace fovea

#endif  // FOVEA_CODEC_BOX_FILE_H_
