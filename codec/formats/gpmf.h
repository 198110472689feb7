// SPDX-License-Identifier: GPL-2.0-or-later
//
// GoPro's GPMF telemetry: key-length-value payloads, one per second or so,
// that carry accelerometer, gyroscope, magnetometer, GPS, gravity and
// orientation samples with their scale (SCAL) and units (SIUN, UNIT).

#ifndef FOVEA_CODEC_FORMATS_GPMF_H_
#define FOVEA_CODEC_FORMATS_GPMF_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/limits.h"
#include "codec/formats/source.h"
#include "codec/sample.h"

namespace fovea {

struct GpmfPayload {
  std::span<const uint8_t> bytes;
  int64_t start_ns = 0;  // of the packet, stream time
  int64_t duration_ns = 0;
};

// Two passes: Scan() every payload, then Read() them again in order. Rates
// are measured by a line through the sample counts; nominal ones are wrong
// by per cents. Not thread-safe.
class GpmfReader {
 public:
  explicit GpmfReader(const FormatLimits& limits);
  ~GpmfReader();

  // kDataLoss, naming the offset, when the payload is damaged.
  absl::Status Scan(const GpmfPayload& payload);

  // The series found: ACCL and GYRO as one imu track of six channels where
  // their counts agree (else one each), MAGN, GPS5, GRAV, CORI and further
  // numeric ones as series. Ends the scan.
  std::vector<Track> Tracks();

  // Of the scan: axis orders (ORIN) and the like, for the user.
  std::vector<std::string> Notes() const;

  // Of the scan: what Tracks() leaves out, each with how often it was met
  // and why. The raw packets hold it still.
  std::vector<std::string> Skipped() const;

  // Appends (track, batch) pairs; track counts from 0 in Tracks().
  absl::Status Read(const GpmfPayload& payload,
                    std::vector<std::pair<int, SeriesBatch>>* out);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_GPMF_H_
