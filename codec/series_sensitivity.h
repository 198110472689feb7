// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much a model's answers depend on each channel of an inertial or other
// series, and on how fast it moves: energies per channel and frequency band,
// as a small text file. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_SERIES_SENSITIVITY_H_
#define FOVEA_CODEC_SERIES_SENSITIVITY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/limits.h"
#include "codec/model_id.h"
#include "codec/sample.h"

namespace fovea {

// The energy of a channel and band is the mean, over windows and over the
// coefficients of the band, of the squared derivative of the model's scalar
// by a coefficient of the window's orthonormal DCT-II: loss^2 / unit^2.
// The sum of energy * squared error over coefficients is error energy, and
// the mean over coefficients that over samples (Parseval).
struct SeriesSensitivity {
  std::vector<Channel> channels;  // names and units as the series has them
  double rate_hz = 0;             // of the windows' samples
  int window = 0;                 // samples
  int64_t windows = 0;            // that the mean is over
  // Rising, from 0; band b is [edges_hz[b], edges_hz[b + 1]). Coefficient k
  // is at k * rate_hz / (2 * window).
  std::vector<double> edges_hz;
  std::vector<double> energy;   // channels x bands, channel by channel
  std::vector<ModelId> models;  // whose losses are summed; may be none

  size_t bands() const { return edges_hz.empty() ? 0 : edges_hz.size() - 1; }
};

// kInvalidArgument: beyond the limits, names or units with control
// characters, counts that do not fit each other, or values that are
// negative or not finite.
absl::StatusOr<std::string> SeriesSensitivityText(
    const SeriesSensitivity& sensitivity);

// What SeriesSensitivityText() wrote, value for value. `name` begins every
// error. kInvalidArgument names the line, what was expected and what was
// found; kResourceExhausted: larger than the limits.
absl::StatusOr<SeriesSensitivity> ParseSeriesSensitivity(
    const std::string& name, std::string_view text, const CodecLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_SENSITIVITY_H_
