// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of the family sem: packs of 1 to 256 observations of one stream, label
// and model, in order of start and track, under the key of the first one.
// store/FORMAT.md draws them.

#ifndef FOVEA_INDEX_OBSERVATION_PACK_H_
#define FOVEA_INDEX_OBSERVATION_PACK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation.h"
#include "store/row_codec.h"

namespace fovea {

struct PackLimits {
  size_t max_observations = 256;
  // From the first start to the last: bounds, with the length of one
  // observation, how far back rows begin that hold at a given time.
  int64_t max_span_ns = 86'400'000'000'000;
  // Of boxes; and as many places where frames leave their even rate.
  size_t max_runs = size_t{1} << 16;
};
inline constexpr PackLimits kPackLimits;

// The body of the row that holds `pack`, under KeyOf() the first; nothing
// where they are beyond kPackLimits or kRowLimits, which one alone never is.
// Requires CheckObservation() of each, one stream, label and model, and rising
// (start, track).
std::optional<std::string> EncodePack(std::span<const Observation* const> pack);
std::string EncodeObservation(const Observation& observation);

// What there is in a row, by columns; an observation is made when asked for.
class ObservationPack {
 public:
  // Of any row that is no mark (index/span_mark.h), of version 1 too.
  // kDataLoss; kFailedPrecondition: written by another release.
  static absl::StatusOr<ObservationPack> Decode(std::string_view key,
                                                std::string_view value);
  ObservationPack(ObservationPack&&) noexcept;
  ObservationPack& operator=(ObservationPack&&) noexcept;
  ~ObservationPack();

  struct Entry {
    int64_t start_ns = 0;
    int64_t end_ns = 0;
    uint64_t first_index = 0;
    uint64_t last_index = 0;
    uint64_t track = 0;
    uint16_t mean_score = 0;
    uint16_t max_score = 0;
  };

  size_t size() const { return entries_.size(); }  // not 0
  const Entry& operator[](size_t i) const { return entries_[i]; }
  // With its boxes. kDataLoss, naming the row.
  absl::StatusOr<Observation> At(size_t i) const;
  absl::StatusOr<std::vector<Observation>> All() const;

  StreamId stream() const { return stream_; }
  const std::string& label() const { return label_; }
  const ModelKey& model() const { return model_; }
  uint64_t epoch() const { return epoch_; }

 private:
  friend class PackReader;
  struct Contents;
  ObservationPack();
  absl::Status Read(std::string_view body, int64_t start_ns, uint64_t track);
  absl::Status ReadOld(RowReader& in, int64_t start_ns, uint64_t track);

  StreamId stream_ = 0;
  std::string label_;
  ModelKey model_ = {};
  uint64_t epoch_ = 0;
  std::vector<Entry> entries_;
  std::unique_ptr<Contents> contents_;
};

// What a row says before its columns, for those who need not read them.
struct PackSummary {
  size_t observations = 0;
  // None of them holds at this time or later; up to a second too late.
  int64_t until_ns = 0;
  ModelKey model = {};
};
absl::StatusOr<PackSummary> SummarisePack(std::string_view key,
                                          std::string_view value);

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATION_PACK_H_
