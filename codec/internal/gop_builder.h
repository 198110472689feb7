// SPDX-License-Identifier: GPL-2.0-or-later
//
// One canonical GOP while it grows: payload, picture rows and trim record,
// with the access unit just added put back and compared each time.

#ifndef FOVEA_CODEC_INTERNAL_GOP_BUILDER_H_
#define FOVEA_CODEC_INTERNAL_GOP_BUILDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/canonical_gop.h"
#include "codec/h264_syntax.h"
#include "codec/limits.h"
#include "codec/trim_record.h"

namespace fovea {

// Bytes of the parameter sets in force, by kind and id. SPS sort before
// PPS, the order a decoder wants them in.
using SetsInForce =
    std::map<std::pair<NalType, uint32_t>, std::vector<uint8_t>>;

class GopBuilder {
 public:
  // `namer` and `limits` must outlive this.
  GopBuilder(NalFraming framing, const SetsInForce& in_force,
             const ParameterSetNamer& namer, bool open,
             const CodecLimits& limits);

  // Takes one access unit; `picture` lacks offset and size. Leaves the GOP
  // as it was on error: kResourceExhausted beyond the limits, kInternal
  // when the unit does not come back byte-exactly.
  absl::Status Add(std::span<const uint8_t> unit, const SplitUnit& split,
                   GopPicture picture);

  // The finished GOP; nothing may be added afterwards.
  absl::StatusOr<std::optional<CanonicalGop>> Close();

 private:
  struct Mark;
  Mark Here() const;
  void Rewind(const Mark& mark);

  absl::Status CheckLimits(std::span<const uint8_t> unit,
                           const SplitUnit& split) const;
  TrimPiece AddPiece(std::span<const uint8_t> nal, uint64_t zeros);
  void AddPattern(TrimPattern pattern);
  void AddInline(std::span<const uint8_t> bytes);
  uint32_t SetRow(std::span<const uint8_t> nal);
  uint32_t LiteralRow(std::span<const uint8_t> nal);
  uint32_t NewRow(TrimRow row, std::span<const uint8_t> nal);
  absl::Status CheckTrimSize() const;
  absl::Status CheckComesBack(std::span<const uint8_t> unit,
                              const Mark& before) const;

  const ParameterSetNamer& namer_;
  const CodecLimits& limits_;
  CanonicalGop gop_;
  TrimRecord record_;
  std::vector<std::vector<uint8_t>> rows_;  // NAL units of record_.rows
  std::map<std::vector<uint8_t>, uint32_t> row_of_;
  std::map<TrimPattern, uint32_t> pattern_of_;
  size_t unit_pieces_ = 0;  // over all access units
  size_t pieces_ = 0;       // over all patterns
  uint64_t original_bytes_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_INTERNAL_GOP_BUILDER_H_
