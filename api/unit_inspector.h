// SPDX-License-Identifier: GPL-2.0-or-later
//
// Access units in, what is known of them out.

#ifndef FOVEA_API_UNIT_INSPECTOR_H_
#define FOVEA_API_UNIT_INSPECTOR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/inspect.h"
#include "codec/h264_syntax.h"

namespace fovea {

class UnitInspector {
 public:
  // `result` outlives this; its camera is set.
  static absl::StatusOr<std::unique_ptr<UnitInspector>> Create(
      NalFraming framing, std::span<const uint8_t> codec_config,
      const InspectOptions& options, Inspection* result);

  // Units come in decoding order.
  void Add(const AccessUnit& unit);

  // After the last: what is still inside the decoder, and the GOPs.
  void Finish();

 private:
  UnitInspector(const InspectOptions& options, Inspection* result)
      : options_(options), result_(result) {}

  void ReadHeaders(std::span<const uint8_t> annex_b, InspectedFrame* frame);
  void ReadSideData(std::span<const uint8_t> annex_b);
  absl::StatusOr<std::vector<uint8_t>> ToAnnexB(const AccessUnit& unit) const;
  void Decode(const std::vector<uint8_t>& annex_b);
  void Take(std::vector<Frame>* frames);
  void CheckSize(uint32_t pps_id);
  void Damage(const std::string& what);

  const InspectOptions options_;
  Inspection* const result_;
  NalFraming framing_ = kAnnexB;
  std::vector<uint8_t> config_sets_;  // parameter sets as Annex B
  ParameterSets sets_;
  uint32_t columns_ = 0;  // of the first picture
  uint32_t map_height_ = 0;
  std::unique_ptr<VideoDecoder> decoder_;
  int64_t next_index_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_UNIT_INSPECTOR_H_
